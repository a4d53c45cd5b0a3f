"""`gpen watch`: restore what appears in a folder."""

from __future__ import annotations

import argparse
import logging
import os
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import NoReturn

from ..archive import Job, Journal, LocalEngine, Task, error_text, kept_outputs, plan_targets, remaining, restore_tasks
from ..archive.arrivals import Arrivals
from ..archive.resume import stamp_of
from ..archive.worker import unseen
from ..checkpoints import resolve, sha256_of
from ..errors import GPENError
from ..image import FoundPicture
from .file_path import file_path
from .inputs import collect_pictures
from .job_options import add_job_options, job_of
from .outputs import Outputs
from .quiet import add_quiet_option
from .restoring_pictures import start_engine
from .subparsers import Subparsers

_EVERY = 2.0  # seconds between two looks at the folder


def add_parser(subparsers: Subparsers) -> None:
    """Add the command to `gpen`."""
    parser = subparsers.add_parser("watch", help="restore what appears in a folder", description=__doc__)
    parser.add_argument("input", type=file_path, metavar="IN", help="folder to watch")
    parser.add_argument("output", type=file_path, metavar="OUT", help="folder for the results and their journal")
    add_job_options(parser)
    parser.add_argument("--recursive", action="store_true", help="also folders within the folder")
    parser.add_argument(
        "--settled",
        type=float,
        default=5.0,
        metavar="SECONDS",
        help="how long a file must stay as it is to be complete (default: %(default)g)",
    )
    add_quiet_option(parser)
    parser.set_defaults(func=run)


def run(args: argparse.Namespace) -> NoReturn:
    """Restore what is there and what comes, until told to stop. Raises GPENError where nothing can be written."""
    job = job_of(args)
    if not args.settled >= 0:
        raise GPENError(f"--settled must be 0 or more seconds, got {args.settled}.")
    _require_folder(args.input)
    if os.path.realpath(args.input) == os.path.realpath(args.output):
        raise GPENError(f"{args.output} is the folder that is watched: results would be restored too.\nChoose another.")
    with Journal(args.output, job, sha256_of(resolve(job.model))) as journal:
        for note in journal.notes:
            print(f"note: {note}", file=sys.stderr)
        journal.begin_run(0)
        Watch(args, job, journal, start_engine(job, unseen)).go_on()


class Watch:
    """A folder that is looked at again and again."""

    def __init__(self, args: argparse.Namespace, job: Job, journal: Journal, engine: LocalEngine) -> None:
        self._args, self._job, self._journal, self._engine = args, job, journal, engine
        self._arrivals = Arrivals(args.settled)
        self._tried: dict[Path, tuple[int | None, int | None]] = {}  # how files looked when they failed
        self._gone = False

    def go_on(self) -> NoReturn:
        """Work until an exception ends it, as that of Ctrl-C."""
        print(f"watching {self._args.input}; Ctrl-C ends it")
        notes, once = logging.getLogger("gpen_core.image.discovery"), _Once()
        notes.addFilter(once)
        try:
            while True:
                self.look()
                time.sleep(_EVERY)
        finally:
            notes.removeFilter(once)

    def look(self) -> None:
        """Restore what has become complete since the last look."""
        tasks = self._tasks(self._arrivals.complete(self._pictures()))
        with closing(restore_tasks(self._engine, tasks, self._journal)) as outcomes:
            for outcome in outcomes:
                source = outcome.item.target.source
                if outcome.value is None:
                    self._tried[source] = stamp_of(source)
                    print(f"failed: {source}: {error_text(outcome.error)}", file=sys.stderr)
                else:
                    print(f"{source.name}: {outcome.value.report.summary()}")

    def _tasks(self, pictures: list[FoundPicture]) -> list[Task]:
        """What is left of them. Failed ones come again when they have changed, and after a restart."""
        known = self._journal.known
        targets = plan_targets(pictures, self._args.output, self._args.format, kept_outputs(known))
        Outputs([each.path for each in pictures], overwrite=False).add_pictures(targets, "the result")
        left = remaining(targets, known, compare=self._job.compare)
        return [task for task in left.tasks if self._tried.get(task.target.source) != stamp_of(task.target.source)]

    def _pictures(self) -> list[FoundPicture]:
        """What is in the folder; nothing, with one note, while it is not there."""
        try:
            _require_folder(self._args.input)
        except GPENError as error:
            if not self._gone:
                print(f"note: {error}", file=sys.stderr)
            self._gone = True
            return []
        self._gone = False
        try:
            return collect_pictures([self._args.input], self._args.recursive, self._args.output)[0]
        except GPENError:  # there are no pictures yet
            return []


def _require_folder(folder: Path) -> None:
    try:
        with os.scandir(folder):
            pass
    except OSError as error:
        text = f"{folder} cannot be watched: {error.strerror or error}.\nGive a folder that is there."
        raise GPENError(text) from error


class _Once(logging.Filter):
    """Lets each message through the first time: every look passes over the same files."""

    def __init__(self) -> None:
        super().__init__()
        self._seen: set[str] = set()

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether it is new."""
        new = record.getMessage() not in self._seen
        self._seen.add(record.getMessage())
        return new
