"""The engine within this process: reading, search and writing overlap with the network's work."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterable, Sequence

from ..model import GPENModel
from .admission import Admission
from .engine import Done, Finished
from .job import Job, Restored, Task
from .overlap import Check, overlapped
from .worker import FaceProgress, Worker, unseen

_AT_ONCE = 3  # pictures: one in the network while one is read and searched and one is finished and written
_AT_MOST = 8  # pictures in memory, where many cores feed a GPU


class LocalEngine:
    """Restores in threads of this process, as many pictures at once as the free memory holds.

    worker: which they share.
    """

    def __init__(self, job: Job, progress: FaceProgress = unseen) -> None:
        """progress: told of the faces of each picture, from any thread. Raises as `Worker`."""
        self.worker = Worker(job)
        self._admission = Admission(doubled=job.compare or job.settings.lens != "none")
        self._progress = progress
        model = self.worker.model
        self.description = f"{model.name} on {model.device} in {model.precision}, faces by {self.worker.detector.name}"
        self.notes: Sequence[str] = model.network.limits

    def run(self, tasks: Iterable[Task], finished: Finished) -> Generator[Done, None, None]:
        """As `Engine.run`, the outcomes in the order of the tasks."""

        def work(task: Task, check: Check) -> Restored:
            with self._admission.of(task.target.source, check):
                return self.worker.restore(task, check, self._progress)

        return overlapped(work, tasks, _at_once(self.worker.model), finished)


def _at_once(model: GPENModel) -> int:
    """Pictures worked on at once: a GPU is faster than one core is with all that is around the network."""
    return _AT_ONCE if model.device.type == "cpu" else min(max(os.cpu_count() or 1, _AT_ONCE), _AT_MOST)
