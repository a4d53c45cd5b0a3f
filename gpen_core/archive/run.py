"""A run over an archive: tasks go to an engine, what becomes of them to the journal."""

from __future__ import annotations

import errno
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import Any

from ..errors import GPENError
from .engine import Done, Engine, Finished
from .job import Task
from .journal import Journal
from .resume import stamp_of

_FULL = (errno.ENOSPC, errno.EDQUOT)
DISK_FULL = "The disk is full"
_CLAIMED_AT_ONCE = 64  # pictures: one line of the journal, brought to the disk


class HaltedError(GPENError):
    """Something is wrong that every other picture would fail of too."""


def restore_tasks(
    engine: Engine,
    tasks: Iterable[Task],
    journal: Journal | None = None,
    roots: Sequence[Path] = (),
    finished: Finished | None = None,
) -> Generator[Done, None, None]:
    """Give tasks to an engine; yields what becomes of each. Whoever stops early closes the iterator.

    journal: every picture is claimed in it before it is worked on, and recorded as soon as it is written or has failed.
    roots: the folders that are read. finished: as for `Engine.run`.
    Raises HaltedError where the disk is full or a root has vanished, as a network folder does; GPENError where the
    engine or the journal can go no further.
    """
    stamps: dict[str, tuple[int | None, int | None]] = {}

    def record(outcome: Done) -> None:
        if journal is not None:
            key = outcome.item.target.key
            journal.record(key, _values(outcome, stamps.pop(key), journal))
        if finished is not None:
            finished(outcome)

    given = tasks if journal is None else _claimed(tasks, journal, stamps)
    with closing(engine.run(given, record)) as outcomes:
        for outcome in outcomes:
            yield outcome
            if outcome.error is not None:
                _require_more_to_work(outcome.error, roots)


def error_text(error: BaseException | None) -> str:
    """What went wrong with a picture, for people."""
    return str(error) or type(error).__name__


def _claimed(
    tasks: Iterable[Task], journal: Journal, stamps: dict[str, tuple[int | None, int | None]]
) -> Iterator[Task]:
    """The tasks, claimed in batches. Not what would go over files of somebody else: that is going to be refused."""
    source = iter(tasks)
    while batch := list(islice(source, _CLAIMED_AT_ONCE)):
        stamps |= {task.target.key: stamp_of(task.target.source) for task in batch}
        journal.claim([task.target.key for task in batch if task.overwrite or not _exists(task)])
        yield from batch


def _exists(task: Task) -> bool:
    return any(path.exists() for path in task.target.files)


def _values(outcome: Done, stamp: tuple[int | None, int | None], journal: Journal) -> dict[str, Any]:
    """What the journal keeps of an outcome."""
    target = outcome.item.target
    size, mtime_ns = stamp
    values: dict[str, Any] = {"path": str(target.source.absolute()), "size": size, "mtime_ns": mtime_ns}
    if outcome.value is None:
        return {**values, "result": "failed", "error": error_text(outcome.error)}
    return {
        **values,
        "result": "written",
        "output": target.result.relative_to(journal.folder).as_posix(),
        "seconds": round(outcome.value.seconds, 3),
        "report": journal.settings_of(outcome.value.report.as_dict()),
    }


def disk_is_full(error: BaseException | None) -> bool:
    """Whether an error, or what caused it, is that nothing more can be written."""
    while error is not None:
        if isinstance(error, OSError) and error.errno in _FULL:
            return True
        error = error.__cause__
    return False


def _require_more_to_work(error: BaseException, roots: Sequence[Path]) -> None:
    if disk_is_full(error):
        raise HaltedError(DISK_FULL) from error
    for root in roots:
        if not root.exists():
            raise HaltedError(f"{root} is gone, as a disk that was taken away or a network folder without its server")
