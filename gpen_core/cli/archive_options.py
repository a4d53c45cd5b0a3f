"""Options of runs that can be interrupted or divided, and the journal they ask for."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Generator, Sequence
from contextlib import contextmanager

from ..archive import Job, Journal, Shard, refuse_held
from ..archive.targets import is_file_name
from ..checkpoints import resolve, sha256_of
from ..errors import GPENError
from ..image import FoundPicture

ENGINES = ("local", "ray")


def add_archive_options(parser: argparse.ArgumentParser) -> None:
    """--resume, --start-over, --shard, --engine and what belongs to it."""
    group = parser.add_argument_group("archives")
    group.add_argument(
        "--resume",
        action="store_true",
        help="keep a journal in the output folder, and go on where an earlier run with it ended",
    )
    group.add_argument(
        "--start-over", action="store_true", help="with --resume: restore all pictures again, with other settings too"
    )
    group.add_argument("--engine", choices=ENGINES, default="local", help="what runs the work (default: %(default)s)")
    group.add_argument("--address", help="of a Ray cluster, for --engine ray (default: Ray on this machine)")
    group.add_argument("--workers", type=int, default=2, metavar="N", help="of Ray (default: %(default)s)")
    group.add_argument(
        "--gpus-per-worker", type=float, default=0.0, metavar="SHARE", help="0.5 for two workers on one (default: 0)"
    )
    group.add_argument("--shard", metavar="I/N", help="restore part I of N of the pictures, with a journal of its own")


def shard_of(args: argparse.Namespace) -> Shard:
    """The part that --shard asks for, or all. Raises GPENError."""
    return Shard() if args.shard is None else Shard.parse(args.shard)


@contextmanager
def open_journal(args: argparse.Namespace, job: Job, shard: Shard) -> Generator[Journal | None, None, None]:
    """The journal, held, or None where none is asked for. Raises GPENError as `Journal`, and for options that clash."""
    asked = args.resume or args.shard is not None
    if args.start_over and not asked:
        raise GPENError("--start-over is for runs with a journal.\nAdd --resume, or --overwrite without one.")
    if not asked:
        if args.output.is_dir():
            refuse_held(args.output)
        yield None
        return
    if is_file_name(args.output):
        raise GPENError(f"{args.output} is a file; a journal lies in a folder.\nGive a folder to -o.")
    with Journal(args.output, job, sha256_of(resolve(job.model)), shard, args.start_over) as journal:
        yield journal


def without_clips(pictures: Sequence[FoundPicture], clips: Sequence[FoundPicture]) -> list[FoundPicture]:
    """No clips, and a note that they are passed over. Raises GPENError where there is nothing else."""
    if clips and not pictures:
        text = "--resume, --shard and --engine ray are for pictures; there are only clips.\nLeave them out."
        raise GPENError(text)
    if clips:
        what = "a clip is" if len(clips) == 1 else f"{len(clips)} clips are"
        print(f"note: {what} passed over; restore clips without --resume, --shard and --engine ray", file=sys.stderr)
    return []
