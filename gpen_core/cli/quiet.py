"""`--quiet`: nothing but what went wrong."""

from __future__ import annotations

import argparse
import contextlib
import os
from collections.abc import Generator


def add_quiet_option(parser: argparse.ArgumentParser) -> None:
    """--quiet."""
    parser.add_argument("--quiet", action="store_true", help="print failures and notes only")


@contextlib.contextmanager
def quiet_or_not(args: argparse.Namespace) -> Generator[None, None, None]:
    """Within, nothing is printed to the standard output if --quiet was given."""
    if not getattr(args, "quiet", False):
        yield
        return
    with open(os.devnull, "w") as nowhere, contextlib.redirect_stdout(nowhere):
        yield


def without_bar(args: argparse.Namespace) -> bool | None:
    """The `disable` of a progress bar: True with --quiet, else None, which draws it where somebody can see it."""
    return True if args.quiet else None
