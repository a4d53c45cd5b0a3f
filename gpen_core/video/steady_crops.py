"""Restored crops, steady in time: each is averaged with its neighbours where they show the same.

What is averaged is what will be seen, the blend of the crop and its restoration: neighbours are brought to the crop by
the motion between them, and count where that motion is sure and what it brings looks the same. A mouth that opens and
an eye that closes find nothing like them in the neighbours, and stay as they are.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Generic

import cv2
import numpy as np
from numpy.typing import NDArray

from ..image.luma import luma
from ..image.warp import Pixels, Plane
from .flow import FlowEstimator, Motion, moved
from .restored_face import RestoredFace, RestoredFrame
from .sightings import AnyFrame

_REACH = 5  # frames to either side
_WIDTH = 2.5  # frames, of the Gaussian of their weights
_FLOW_SIDE = 256  # px of the crops that motion is estimated on
_LOOK_BLUR = 2.0  # px of those: noise is not another look
_SAME_LOOK = 8.0 / 255.0  # difference in luma from which what a neighbour brings counts little
_LEAST_OPACITY = 0.5  # below it less is taken off the picture's own noise: at opacity 0 nothing may change


def steady_crops(frames: Iterable[RestoredFrame[AnyFrame]], temporal: float) -> Iterator[RestoredFrame[AnyFrame]]:
    """The frames, their finished crops steady, up to five frames later. temporal: 0 to 100, how much."""
    window: deque[_Moment[AnyFrame]] = deque()
    flows = FlowEstimator()
    current = 0

    for one in frames:
        if one.begins_shot:
            while current < len(window):
                yield _steady(window, current, temporal)
                current += 1
            window.clear()
            current = 0
        window.append(_Moment(one, window[-1] if window else None, flows))
        while current + _REACH < len(window):
            yield _steady(window, current, temporal)
            current += 1
            if current > _REACH:
                window.popleft()
                current -= 1
    while current < len(window):
        yield _steady(window, current, temporal)
        current += 1


class _Look:
    """A face in one frame as its neighbours see it. forth, back: motion to the next frame's crop, and to the last."""

    def __init__(self, face: RestoredFace) -> None:
        before, after = face.original.pixels, face.finished.pixels
        self.seen: Pixels = before + np.float32(face.opacity) * (after - before)
        light = luma(self.seen)
        if light.shape[0] > _FLOW_SIDE:
            light = cv2.resize(light, (_FLOW_SIDE, _FLOW_SIDE), interpolation=cv2.INTER_AREA)
        self.grey: NDArray[np.uint8] = (np.clip(light, 0.0, 1.0) * 255.0 + 0.5).astype(np.uint8)
        self.soft: Plane = cv2.GaussianBlur(light, (0, 0), _LOOK_BLUR).astype(np.float32)
        self.forth: Motion | None = None
        self.back: Motion | None = None


class _Moment(Generic[AnyFrame]):
    """A frame with the looks of its faces, by track."""

    def __init__(self, frame: RestoredFrame[AnyFrame], last: _Moment[AnyFrame] | None, flows: FlowEstimator) -> None:
        self.frame = frame
        self.looks = {face.number: _Look(face) for face in frame.faces}
        for number, look in self.looks.items():
            before = None if last is None else last.looks.get(number)
            if before is not None and before.seen.shape == look.seen.shape:
                before.forth, look.back = flows.between(before.grey, look.grey)


def _steady(window: deque[_Moment[AnyFrame]], current: int, temporal: float) -> RestoredFrame[AnyFrame]:
    frame = window[current].frame
    return replace(frame, faces=tuple(_steady_face(window, current, face, temporal) for face in frame.faces))


def _steady_face(window: deque[_Moment[AnyFrame]], current: int, face: RestoredFace, temporal: float) -> RestoredFace:
    if face.opacity == 0.0 or temporal == 0.0:
        return face
    look = window[current].looks[face.number]
    total, weights = look.seen.copy(), np.ones(look.seen.shape[:2], np.float32)
    for step in (1, -1):
        for share, other, motion in _neighbours(window, current, face.number, step):
            weight = share * _weight(look, other, motion)
            total += weight[..., None] * moved(other.seen, motion)
            weights += weight
    average = total / weights[..., None]
    change = np.float32(temporal / 100.0) * (average - look.seen) / np.float32(max(face.opacity, _LEAST_OPACITY))
    finished = replace(face.finished, pixels=(face.finished.pixels + change).astype(np.float32, copy=False))
    return replace(face, finished=finished)


def _neighbours(
    window: deque[_Moment[AnyFrame]], current: int, number: int, step: int
) -> Iterator[tuple[np.float32, _Look, Motion]]:
    """The neighbours of a face in one direction, each with its weight and the motion to it, as far as it is known."""
    way: Motion | None = None
    for away in range(1, _REACH + 1):
        index = current + step * away
        here = window[index - step].looks[number]
        next_motion = here.forth if step > 0 else here.back
        if not 0 <= index < len(window) or next_motion is None or number not in window[index].looks:
            return
        way = next_motion if way is None else way.then(next_motion)
        yield np.float32(np.exp(-0.5 * (away / _WIDTH) ** 2)), window[index].looks[number], way


def _weight(look: _Look, other: _Look, motion: Motion) -> Plane:
    """How much each point of a neighbour counts, 0 to 1, at the size of the crop."""
    difference = moved(other.soft, motion) - look.soft
    weight = motion.sure * np.exp(-np.square(difference / np.float32(_SAME_LOOK)))
    size = look.seen.shape[0]
    return cv2.resize(weight, (size, size), interpolation=cv2.INTER_LINEAR).astype(np.float32, copy=False)
