"""The `gpen` command."""

from __future__ import annotations

import argparse
import io
import logging
import os
import sys
from collections.abc import Sequence

from ..errors import GPENError
from ..heap import keep_memory_flat
from ..version import __version__
from .quiet import quiet_or_not
from .signals import Told, end_at_once_when_told, stopping_in_order

_INTERRUPTED = 130  # as shells report a program stopped by Ctrl-C
_PIPE_CLOSED = 141  # and one whose reader has gone


def main(argv: Sequence[str] | None = None) -> int:
    """Run `gpen` with the given or the command line's arguments. Returns the exit code: 0 when all went well."""
    if argv is None:  # the process is ours, not a caller's
        end_at_once_when_told()
        keep_memory_flat()
        argv = sys.argv[1:]
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a file name that the console cannot show must not stop the work
            stream.reconfigure(errors="backslashreplace", line_buffering=True)  # a pipe sees each line at once
    args = _parse(argv)
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s: %(message)s")
    try:
        with stopping_in_order(), quiet_or_not(args):
            return args.func(args)
    except GPENError as error:
        print(f"gpen: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt as stopped:
        print("gpen: stopped.", file=sys.stderr)
        return stopped.code if isinstance(stopped, Told) else _INTERRUPTED
    except BrokenPipeError:  # whoever read the output has seen enough, as `gpen info | head` has
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # else Python complains when it flushes
        return _PIPE_CLOSED


def _parse(argv: Sequence[str]) -> argparse.Namespace:
    """What the words ask for. The commands, and torch with them, are imported only where that is not the version."""
    version = argparse.ArgumentParser(prog="gpen", add_help=False)
    version.add_argument("--version", action="version", version=f"gpen {__version__}")
    version.parse_known_args(argv[:1])

    from .commands import COMMANDS

    parser = argparse.ArgumentParser(
        prog="gpen",
        description="Restore the faces in old, blurred, small or generated pictures.",
        parents=[version],
    )
    subparsers = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    for command in COMMANDS:
        command.add_parser(subparsers)
    return parser.parse_args(argv)
