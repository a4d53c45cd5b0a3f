"""From frames to frames with restored faces, as they come: what is held back is bounded, whatever the clip's length.

frames -> faces followed -> places smoothed -> crops through the network, of several frames at once -> smoothed in time
-> pasted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Generic

import numpy as np

from ..errors import GPENError
from ..faces import FaceCrop, FaceDetector, crop_face, make_detector
from ..faces.pose import with_pose
from ..faces.selection import Chosen, choose_faces
from ..finish.anchors import opacity
from ..image.warp import Pixels, Plane
from ..model import GPENModel
from ..restore.blending import paste_faces
from ..restore.network_pass import FinishedCrop, finish_crops
from ..restore.pipeline import restore
from ..settings import RestoreSettings
from .crop_sizes import CropSizes
from .report import ClipReport, ReportBuilder
from .restored_face import RestoredFace, RestoredFrame
from .settings import VideoSettings, require_for_clips
from .sightings import LONGEST_GAP, AnyFrame, sightings
from .steady_crops import steady_crops
from .steady_faces import SteadyFace, SteadyFrame, steady_faces

_SEARCHES = 3  # of whole frames, in the time that is looked ahead
_MOST_HELD = 8  # frames that wait for a batch of the network to fill
_FADE = 0.12  # s in which the choice of a face comes into effect


@dataclass(frozen=True, eq=False)
class DoneFrame(Generic[AnyFrame]):
    """A frame restored. pixels: (H, W, 3) float32 RGB in [0, 1]. mask: (H, W), 0 where they are the frame's own."""

    frame: AnyFrame
    pixels: Pixels
    mask: Plane


class FrameRestoration:
    """Restores the faces of a clip whose frames come one after the other.

    detector: as for `restore`. Raises GPENError for settings that only pictures can have.
    """

    def __init__(
        self,
        model: GPENModel,
        settings: RestoreSettings | None = None,
        video: VideoSettings | None = None,
        *,
        detector: str | FaceDetector = "auto",
    ) -> None:
        self._model, self._settings = model, settings or RestoreSettings()
        self._video = video or VideoSettings()
        require_for_clips(self._settings)
        self._detector = make_detector(detector, model.device) if isinstance(detector, str) else detector
        self._report = ReportBuilder(model, self._detector.name, self._settings, self._video)

    def frames(
        self, frames: Iterable[AnyFrame], check: Callable[[], None] = lambda: None
    ) -> Iterator[DoneFrame[AnyFrame]]:
        """The frames in their order, restored; each is asked for up to `look_ahead` s before it is given back.

        check: called for each frame and face; an exception it raises stops the work. A frame whose restoration fails
        is passed through, and the report says so.
        """
        if self._video.temporal == 0.0:
            yield from self._one_by_one(frames, check)
            return
        template = self._settings.template_of(self._model.template)
        every = self._video.look_ahead / _SEARCHES
        reach = min(LONGEST_GAP, self._video.look_ahead / 2)
        seen = sightings(_checked(frames, check), self._detector, every)
        steady = steady_faces(seen, template, self._video.temporal, reach)
        for one in steady_crops(self._restored(steady, check), self._video.temporal):
            yield self._pasted(one)

    def report(self) -> ClipReport:
        """What has been done so far."""
        return self._report.report()

    def _one_by_one(self, frames: Iterable[AnyFrame], check: Callable[[], None]) -> Iterator[DoneFrame[AnyFrame]]:
        for frame in frames:
            check()
            pixels = frame.pixels()
            try:
                result = restore(
                    pixels,
                    self._model,
                    self._settings,
                    detector=self._detector,
                    progress=lambda done, total: check(),
                    remember=False,
                )
            except GPENError as error:
                self._report.failed(frame, str(error))
                yield DoneFrame(frame, pixels, np.zeros(pixels.shape[:2], np.float32))
                continue
            self._report.picture(frame, result.report.pictures[0])
            yield DoneFrame(frame, result.image.numpy(), result.mask.numpy())

    def _restored(
        self, frames: Iterable[SteadyFrame[AnyFrame]], check: Callable[[], None]
    ) -> Iterator[RestoredFrame[AnyFrame]]:
        """The frames with the crops of the faces taken, through the network in batches that several frames share."""
        batch = self._settings.batch_size or self._model.automatic_batch()
        choice, sizes = _Choice(self._settings), CropSizes(self._model)
        held: list[_Prepared[AnyFrame]] = []
        for frame in frames:
            check()
            try:
                held.append(self._prepared(frame, choice, sizes))
            except GPENError as error:
                held.append(_Prepared(frame, (), str(error)))
            if sum(len(one.crops) for one in held) >= batch or len(held) >= _MOST_HELD:
                yield from self._through_network(held, batch, check)
                held = []
        yield from self._through_network(held, batch, check)

    def _prepared(self, frame: SteadyFrame[AnyFrame], choice: _Choice, sizes: CropSizes) -> _Prepared[AnyFrame]:
        if not frame.faces:
            self._report.frame(frame.frame, (), frame.begins_shot)
            return _Prepared(frame, ())
        pixels = frame.frame.pixels()
        taken = choice.of(frame, *pixels.shape[:2])
        template = self._settings.template_of(self._model.template)
        crops = []
        for face, _, fade in taken:
            if fade > 0.0:
                size = sizes.of(pixels, face.face, frame.frame.time, template)
                crops.append((crop_face(pixels, face.face, size, template), fade))
        self._report.frame(
            frame.frame, [(face.face, skipped, face.filled) for face, skipped, _ in taken], frame.begins_shot
        )
        return _Prepared(frame, tuple(crops))

    def _through_network(
        self, held: list[_Prepared[AnyFrame]], batch: int, check: Callable[[], None]
    ) -> Iterator[RestoredFrame[AnyFrame]]:
        crops = [crop for one in held for crop, _ in one.crops]
        finished: list[FinishedCrop | GPENError] = []
        for start in range(0, len(crops), batch):
            check()
            finished += self._finished(crops[start : start + batch])
        ready = iter(finished)
        for one in held:
            pairs = [(crop, next(ready), fade) for crop, fade in one.crops]
            error = next((str(each) for _, each, _ in pairs if isinstance(each, GPENError)), one.error)
            if error is not None:
                self._report.failed(one.frame.frame, error)
            faces = tuple(
                RestoredFace(crop, result.crop, opacity(self._settings, crop.face.yaw), fade, result.keep)
                for crop, result, fade in pairs
                if error is None and not isinstance(result, GPENError)
            )
            yield RestoredFrame(one.frame.frame, faces, one.frame.begins_shot, error)

    def _finished(self, crops: list[FaceCrop]) -> list[FinishedCrop | GPENError]:
        """The crops finished; where the batch fails each by itself, so that only those at fault are left out."""
        try:
            return [*finish_crops(crops, self._model, self._settings, remember=False)]
        except GPENError as error:
            if len(crops) == 1:
                return [error]
        return [each for crop in crops for each in self._finished([crop])]

    def _pasted(self, one: RestoredFrame[AnyFrame]) -> DoneFrame[AnyFrame]:
        pixels = one.frame.pixels()
        crops = [face.finished for face in one.faces]
        strengths = [face.opacity * face.fade for face in one.faces]
        grain = 1.0 - self._settings.denoise / 100.0
        keeps = [face.keep for face in one.faces]
        mask = paste_faces(pixels, crops, strengths, self._settings.feather, grain, keeps)
        return DoneFrame(one.frame, pixels, mask)


@dataclass(frozen=True, eq=False)
class _Prepared(Generic[AnyFrame]):
    """A frame, the crops of the faces taken with their fade, and why there are none."""

    frame: SteadyFrame[AnyFrame]
    crops: tuple[tuple[FaceCrop, float], ...]
    error: str | None = None


class _Choice:
    """Which faces are taken: for each frame as in pictures, by the numbers of tracks; a change comes softly."""

    def __init__(self, settings: RestoreSettings) -> None:
        self._choice = settings.choice
        self._levels: dict[int, tuple[float, float]] = {}  # how far each track is taken, and when that was

    def of(self, frame: SteadyFrame[AnyFrame], height: int, width: int) -> list[tuple[SteadyFace, str | None, float]]:
        """Each face, its pose filled in, with the reason where it is not taken, and how far it is shown, 0 to 1."""
        if frame.begins_shot:
            self._levels.clear()
        faces = [replace(one, face=with_pose(one.face, height, width)) for one in frame.faces]
        chosen: dict[int, Chosen] = {
            entry.face.index: entry for entry in choose_faces([one.face for one in faces], self._choice, height, width)
        }
        result = []
        for one in faces:
            skipped = chosen[one.face.index].skipped
            result.append((one, skipped, one.fade * self._level(one.face.index, skipped is None, frame.frame.time)))
        return result

    def _level(self, number: int, taken: bool, time: float) -> float:
        wanted = 1.0 if taken else 0.0
        level, last = self._levels.get(number, (wanted, time))
        step = (time - last) / _FADE
        level = min(level + step, wanted) if taken else max(level - step, wanted)
        self._levels[number] = level, time
        return level


def _checked(frames: Iterable[AnyFrame], check: Callable[[], None]) -> Iterator[AnyFrame]:
    for frame in frames:
        check()
        yield frame
