"""The `gpen` command."""

from __future__ import annotations

import argparse
import io
import logging
import sys
from collections.abc import Sequence

from .. import version
from ..errors import GPENError
from . import advise, evaluate, faces, info, restore, weights

_INTERRUPTED = 130  # as shells report a program stopped by Ctrl-C


def main(argv: Sequence[str] | None = None) -> int:
    """Run `gpen` with the given or the command line's arguments. Returns the exit code: 0 when all went well."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a file name that the console cannot show must not stop the work
            stream.reconfigure(errors="backslashreplace")
    parser = argparse.ArgumentParser(
        prog="gpen", description="Restore the faces in old, blurred, small or generated pictures."
    )
    parser.add_argument("--version", action="version", version=f"gpen {version.__version__}")
    subparsers = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    for command in (restore, faces, advise, evaluate, weights, info):
        command.add_parser(subparsers)
    args = parser.parse_args(argv)
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s: %(message)s")
    try:
        return args.func(args)
    except GPENError as error:
        print(f"gpen: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("gpen: stopped.", file=sys.stderr)
        return _INTERRUPTED
