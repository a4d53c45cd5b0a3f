"""The engine on Ray: workers in processes of their own, on this machine or on those of a cluster.

Ray's actors are used directly, not Ray Data: pictures are claimed in the journal shortly before they are worked on,
which asks for tasks to be taken one by one, and nothing but paths and reports ever travels.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Generator, Iterable, Sequence
from dataclasses import replace
from importlib import import_module
from itertools import islice
from typing import Any, NamedTuple

from ..checkpoints import resolve
from ..errors import GPENError
from .admission import Admission
from .engine import Done, Finished
from .job import Job, Restored, Task
from .overlap import Outcome
from .run import disk_is_full, error_text
from .worker import Worker

_ATTEMPTS = 3  # for a picture whose worker dies: it may be the picture's fault


class _Answer(NamedTuple):
    """What a worker says of a picture; exceptions lose their causes on the way."""

    value: Restored | None
    error: str = ""
    expected: bool = True
    full: bool = False


class _RayWorker:
    """Lives in a process of Ray."""

    def __init__(self, job: Job) -> None:
        self._worker = Worker(job)
        self._admission = Admission(doubled=job.compare or job.settings.lens != "none")

    def describe(self) -> tuple[str, Sequence[str]]:
        """The network and the detector, and the limits of the network."""
        model = self._worker.model
        description = f"{model.name} on {model.device} in {model.precision}, faces by {self._worker.detector.name}"
        return description, model.network.limits

    def process(self) -> int:
        """Its number on its machine."""
        return os.getpid()

    def restore(self, task: Task) -> _Answer:
        """Restore a picture."""
        try:
            with self._admission.of(task.target.source, _go_on):
                return _Answer(self._worker.restore(task, _go_on))
        except Exception as error:  # whatever is wrong with one file, the others are still wanted
            return _Answer(None, error_text(error), isinstance(error, GPENError), disk_is_full(error))


def _go_on() -> None:
    """Nobody stops a worker between its steps; it is ended as a whole."""


class RayEngine:
    """Restores in workers that Ray starts, and starts again elsewhere when they die: that costs the picture in work."""

    def __init__(self, job: Job, address: str | None = None, workers: int = 2, gpus: float = 0.0) -> None:
        """address: of a cluster ("auto", "ray://host:10001"); None starts Ray on this machine.

        workers: at most; those for which the cluster has no room yet join when it has. gpus: share of a GPU for each,
        0 for none. All machines must see inputs, results and the model's file under the same paths.
        Raises GPENError where Ray is not installed or does not answer, or no worker can load the model.
        """
        if workers < 1:
            raise GPENError(f"There must be 1 or more workers, got {workers}.")
        if not gpus >= 0:
            raise GPENError(f"The share of a GPU must be 0 or more, got {gpus}.")
        self._ray = _import_ray()
        self._job = replace(job, model=str(resolve(job.model).resolve()))
        try:
            options: dict[str, Any] = {"address": address} if address else {"include_dashboard": False}
            self._ray.init(log_to_driver=False, **options)
        except Exception as error:  # of many kinds: connection, versions, resources
            raise GPENError(f"Ray cannot be started or reached: {error_text(error)}.\nCheck --address.") from error
        remote = self._ray.remote(num_cpus=1, num_gpus=gpus, max_restarts=-1, max_task_retries=_ATTEMPTS - 1)(
            _RayWorker
        )
        self._workers = [remote.remote(self._job) for _ in range(workers)]
        try:
            description, self.notes = self._ray.get(self._workers[0].describe.remote())
        except Exception as error:
            self._ray.shutdown()
            raise GPENError(f"No worker of Ray can begin: {error_text(error)}") from error
        count = "1 worker" if workers == 1 else f"{workers} workers"
        self.description = f"{description}, {count} of Ray"

    def process(self, worker: int) -> int:
        """The number of a worker's process on its machine, for whoever looks after it."""
        return self._ray.get(self._workers[worker].process.remote())

    def run(self, tasks: Iterable[Task], finished: Finished) -> Generator[Done, None, None]:
        """As `Engine.run`, in the order in which they are done."""
        source = iter(tasks)
        idle, given = list(self._workers), dict[Any, tuple[Task, Any]]()
        try:
            while True:
                for task in islice(source, len(idle)):
                    worker = idle.pop()
                    given[worker.restore.remote(_for_anywhere(task))] = task, worker
                if not given:
                    return
                ready, _ = self._ray.wait(list(given), num_returns=1)
                task, worker = given.pop(ready[0])
                idle.append(worker)
                outcome = self._outcome(ready[0], task)
                finished(outcome)
                yield outcome
        finally:
            self._ray.shutdown()

    def _outcome(self, ready: Any, task: Task) -> Done:
        try:
            answer: _Answer = self._ray.get(ready)
        except self._ray.exceptions.RayActorError:
            text = f"{_ATTEMPTS} workers died over this picture, perhaps for lack of memory."
            return Outcome(task, error=GPENError(text))
        if answer.value is not None:
            return Outcome(task, answer.value)
        error = GPENError(answer.error) if answer.expected else RuntimeError(answer.error)
        if answer.full:
            error.__cause__ = OSError(errno.ENOSPC, "No space left on device")
        return Outcome(task, error=error)


def _for_anywhere(task: Task) -> Task:
    """With paths from the root. Where nothing lies now, what lies there later is of a worker that died over it."""
    target = task.target
    ours = task.overwrite or not any(path.exists() for path in target.files)
    return Task(replace(target, source=target.source.absolute(), result=target.result.absolute()), ours)


def _import_ray() -> Any:
    try:
        import_module("ray.exceptions")
        return import_module("ray")
    except ImportError as error:
        raise GPENError(
            "The engine ray needs the package ray, which is not installed.\n"
            'Install it with: pip install "gpen-face-restoration[ray]", or leave --engine out.'
        ) from error
