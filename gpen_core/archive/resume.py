"""What is left to do of an archive."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from .job import Task
from .journal_file import Known
from .targets import Target


@dataclass(frozen=True)
class Remaining:
    """The tasks that are left, and how many pictures they are not or are again.

    done: results that are there. failed: pictures that failed before. changed: those whose file is another than it was.
    gone: those whose result is not there any more.
    """

    tasks: list[Task]
    done: int = 0
    failed: int = 0
    changed: int = 0
    gone: int = 0

    def summary(self) -> str:
        """One line: "812 done, 185 left, 3 of them failed before"."""
        again = {"failed before": self.failed, "changed since": self.changed, "lost their result": self.gone}
        parts = [f"{number} of them {reason}" for reason, number in again.items() if number]
        return ", ".join([f"{self.done} done", f"{len(self.tasks)} left", *parts])


def remaining(
    targets: Iterable[Target], known: Mapping[str, Known], overwrite: bool = False, compare: bool = False
) -> Remaining:
    """What is left of the targets, by what a journal knows of them.

    A picture is done when its result was written and is there, and size and time of change of its file are the same.
    Failed ones are tried again. overwrite: whether files may be replaced that no run of the journal has written.
    """
    tasks: list[Task] = []
    done = failed = changed = gone = 0
    for target in targets:
        before = known.get(target.key)
        if before is not None and before.done:
            same = stamp_of(target.source) == (before.size, before.mtime_ns)
            there = all(path.exists() for path in target.written(compare))
            if same and there:
                done += 1
                continue
            changed += not same
            gone += same and not there
        elif before is not None and before.offset >= 0:
            failed += 1
        tasks.append(Task(target, overwrite or (before is not None and before.ours)))
    return Remaining(tasks, done, failed, changed, gone)


def kept_outputs(known: Mapping[str, Known]) -> dict[str, str]:
    """The results that pictures have from earlier runs, for `plan_targets`."""
    return {key: each.output for key, each in known.items() if each.output is not None}


def stamp_of(source: Path) -> tuple[int | None, int | None]:
    """Size in bytes and time of change in ns of a file, by which it is told from another; None if it is not there."""
    try:
        state = source.stat()
    except OSError:
        return None, None
    return state.st_size, state.st_mtime_ns
