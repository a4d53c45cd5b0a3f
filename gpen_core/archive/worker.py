"""One picture from file to file."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import replace

import torch
from torch import Tensor

from .. import registry
from ..faces import make_detector
from ..faces.recognition import find_recogniser
from ..image import PictureExistsError, PictureFile, read_picture, write_picture
from ..quality import advise_picture
from ..restore import find_faces, restore
from ..restore.warnings import JPEG_LOSES
from .job import Job, Restored, Task
from .overlap import Check, OneAtATime
from .targets import Target

FaceProgress = Callable[[Target, int, int | None], None]  # faces of a picture done, and their number once it is known


def unseen(target: Target, done: int, total: int | None) -> None:
    """Progress that nobody follows."""


class Worker:
    """A model and a detector, which restore pictures by a job's settings. Threads may share it.

    Raises CheckpointError and GPENError as `load_model` and `make_detector`.
    """

    def __init__(self, job: Job) -> None:
        self.job = job
        self.model = registry.load_model(job.model, job.device, job.precision, job.variant, fidelity=job.fidelity)
        self.detector = OneAtATime(make_detector(job.detector, device=str(self.model.device)))
        self.recogniser = find_recogniser()

    def restore(self, task: Task, check: Check, progress: FaceProgress = unseen) -> Restored:
        """Restore one file. Nothing is written before everything has worked.

        check: called between the steps; an exception that it raises ends the work.
        Raises PictureError for a file that cannot be read or written, or whose result exists and may not be replaced.
        """
        started = time.monotonic()  # the clock of the machine may be set meanwhile
        target, job = task.target, self.job
        if not task.overwrite:
            _refuse_existing(target, job.compare)
        picture = read_picture(target.source)
        settings, faces = job.settings, None
        if job.auto:
            pixels = picture.pixels.numpy()
            advised = advise_picture(pixels, find_faces(pixels, self.detector))
            settings = replace(advised.settings_for(settings), **job.given)
            if settings.lens == "none":  # else they are looked for again, where the lens does not bend them
                faces = [advised.faces]

        def step(done: int, total: int | None) -> None:
            check()
            progress(target, done, total)

        result = restore(
            picture.pixels,
            self.model,
            settings,
            detector=self.detector,
            faces=faces,
            found_by=self.detector.name,
            recogniser=self.recogniser,
            progress=step,
            remember=False,  # no picture comes twice
        )
        check()
        target.result.parent.mkdir(parents=True, exist_ok=True)
        self._write(task, picture, result.image)
        report = result.report
        if target.format == "jpeg":
            report = replace(report, warnings=(*report.warnings, JPEG_LOSES))
        return Restored(report, time.monotonic() - started)

    def _write(self, task: Task, picture: PictureFile, restored: Tensor) -> None:
        """The restored picture, and with it the comparison that was asked for, or neither."""
        target, job = task.target, self.job
        if job.compare:
            both = torch.cat([picture.pixels, restored], dim=1)
            like = replace(picture, alpha=None)
            write_picture(target.comparison, both, like, target.format, job.quality, task.overwrite)
        try:
            write_picture(target.result, restored, picture, target.format, job.quality, task.overwrite)
        except BaseException:
            if job.compare:
                target.comparison.unlink(missing_ok=True)
            raise


def _refuse_existing(target: Target, compare: bool) -> None:
    for path in target.written(compare):
        if os.path.exists(path):
            raise PictureExistsError(f"{path} already exists.\nChoose another folder with -o, or add --overwrite.")
