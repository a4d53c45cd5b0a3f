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


def add_archive_options(parser: argparse.ArgumentParser) -> None:
    """--resume, --start-over, --shard."""
    group = parser.add_argument_group("archives")
    group.add_argument(
        "--resume",
        action="store_true",
        help="keep a journal in the output folder, and go on where an earlier run with it ended",
    )
    group.add_argument(
        "--start-over", action="store_true", help="with --resume: restore all pictures again, with other settings too"
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
        raise GPENError("--resume and --shard are for pictures, and there are only clips.\nLeave them out for clips.")
    if clips:
        what = "a clip is" if len(clips) == 1 else f"{len(clips)} clips are"
        print(f"note: {what} passed over: journals are for pictures; restore clips without --resume", file=sys.stderr)
    return []
