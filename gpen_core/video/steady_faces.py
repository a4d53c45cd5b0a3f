"""Faces of a clip, steady: places smoothed in time, gaps filled, coming and going softly.

What is smoothed is the similarity that brings a face upright into its crop (position, logarithm of the scale, angle),
and apart from it where landmarks and box lie within that crop: a head that moves is followed at once, a mouth too.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Generic

import numpy as np
from numpy.typing import NDArray

from ..faces.aligned_crop import image_to_crop
from ..faces.face import Face
from ..image.geometry import Transform, apply, invert
from ..template import Template, template_points
from .local_fit import fit_at, noise_of
from .sightings import LONGEST_GAP, AnyFrame, Seen

_WIDE, _NARROW = 0.15, 0.04  # s, of the Gaussian window: for a face that keeps still or moves evenly, and for any
# Where both disagree by more than so many times what noise can do, the face has moved in a way that only the narrow
# one follows.
_TRUST = 3.0
_LEAST_NOISE = 0.1 / 512.0  # sides of the crop
_RADIUS = 0.35  # sides of the crop: how far a turn or a change of scale moves what is seen
_FADE = 0.12  # s in which a face comes and goes, if no cut does it
_ALIGNMENT = 4  # values: position (2), logarithm of the scale, angle


@dataclass(frozen=True, eq=False)
class SteadyFace:
    """A face of one frame. Its index is the number of its track.

    fade: 0 to 1, below 1 where the track begins or ends within a shot. filled: the detector did not see it here.
    """

    face: Face
    fade: float
    filled: bool


@dataclass(frozen=True, eq=False)
class SteadyFrame(Generic[AnyFrame]):
    """A frame and its faces, by track. begins_shot: as of `Seen`."""

    frame: AnyFrame
    faces: tuple[SteadyFace, ...]
    begins_shot: bool


def steady_faces(
    seen: Iterable[Seen[AnyFrame]], template: Template, temporal: float, reach: float = LONGEST_GAP
) -> Iterator[SteadyFrame[AnyFrame]]:
    """The frames with their faces made steady, up to `reach` seconds later.

    temporal: 0 to 100, how far positions are smoothed. reach: s to either side that count.
    """
    width = max(_WIDE * temporal / 100.0, _NARROW)
    window: deque[_Moment[AnyFrame]] = deque()
    current = 0  # of the window: the first that has not been given back

    def given_back(until: float, ends: bool) -> Iterator[SteadyFrame[AnyFrame]]:
        nonlocal current
        while current < len(window) and window[current].time <= until:
            yield _steady(window, current, width, template, ends, reach)
            current += 1
            while window[0].time < window[min(current, len(window) - 1)].time - reach and current > 0:
                window.popleft()
                current -= 1

    for one in seen:
        if one.begins_shot:
            yield from given_back(np.inf, True)
            window.clear()
            current = 0
        window.append(_Moment(one, template))
        yield from given_back(one.frame.time - reach, False)
    yield from given_back(np.inf, True)


class _Moment(Generic[AnyFrame]):
    """A frame with its faces as values that can be smoothed."""

    def __init__(self, seen: Seen[AnyFrame], template: Template) -> None:
        self.seen, self.time = seen, seen.frame.time
        self.values = {number: _as_values(face, template) for number, face in seen.faces.items()}


def _steady(
    window: deque[_Moment[AnyFrame]], current: int, width: float, template: Template, ends: bool, reach: float
) -> SteadyFrame[AnyFrame]:
    moments = list(window)
    now = moments[current]
    numbers = sorted({number for moment in moments for number in moment.values})
    faces = []
    for number in numbers:
        around = _unbroken([moment for moment in moments if number in moment.values], now.time)
        if not around:
            continue
        fade = _fade(around, moments, now.time, ends, reach)
        nearest = min(around, key=lambda moment: abs(moment.time - now.time)).seen.faces[number]
        values = _smoothed(now.time, around, number, width)
        faces.append(SteadyFace(_from_values(values, nearest, number, template), fade, number not in now.values))
    return SteadyFrame(now.seen.frame, tuple(faces), now.seen.begins_shot)


def _unbroken(sightings: list[_Moment[AnyFrame]], time: float) -> list[_Moment[AnyFrame]]:
    """The sightings of one track around `time` without a gap too long to fill; none where it is not there then."""
    before = [moment for moment in sightings if moment.time <= time]
    after = [moment for moment in sightings if moment.time > time]
    if not before or (before[-1].time < time and (not after or after[0].time - before[-1].time > LONGEST_GAP)):
        return []
    chain = [before[-1]]
    for moment in reversed(before[:-1]):
        if chain[0].time - moment.time > LONGEST_GAP:
            break
        chain.insert(0, moment)
    for moment in after:
        if moment.time - chain[-1].time > LONGEST_GAP:
            break
        chain.append(moment)
    return chain


def _fade(
    around: list[_Moment[AnyFrame]], moments: list[_Moment[AnyFrame]], time: float, ends: bool, reach: float
) -> float:
    """How far the face has come, or not yet gone. ends: the last moment is the last of its shot."""
    fade = 1.0
    step = (moments[-1].time - moments[0].time) / max(len(moments) - 1, 1)
    first, last = around[0].time, around[-1].time
    if first > moments[0].time:
        fade = min(fade, (time - first + step) / _FADE)
    if last < moments[-1].time:
        fade = min(fade, (last - time + step) / _FADE)
    return float(np.clip(fade, 0.0, 1.0))


def _smoothed(time: float, around: list[_Moment[AnyFrame]], number: int, width: float) -> NDArray[np.float64]:
    times = np.array([moment.time for moment in around])
    values = np.stack([moment.values[number] for moment in around])
    values[:, 3] = np.unwrap(values[:, 3])
    wide, _ = fit_at(time, times, values, width)
    if width <= _NARROW:
        return wide
    narrow, variance = fit_at(time, times, values[:, :_ALIGNMENT], _NARROW)
    scale = np.exp(narrow[2])
    to_sides = np.array([scale, scale, _RADIUS, _RADIUS])
    noise = np.maximum(noise_of(values[:, :_ALIGNMENT]) * to_sides * np.sqrt(variance), _LEAST_NOISE)
    disagreement = np.abs(wide[:_ALIGNMENT] - narrow) * to_sides / (_TRUST * noise)
    share = np.exp(-float(np.square(disagreement).max()))
    wide[:_ALIGNMENT] = narrow + share * (wide[:_ALIGNMENT] - narrow)
    return wide


def _as_values(face: Face, template: Template) -> NDArray[np.float64]:
    """Position (px), logarithm of the scale, angle; then landmarks and box in an upright frame of side 1."""
    transform = image_to_crop(face.landmarks, 1, template)
    turn = complex(transform[0, 0], transform[1, 0])
    centre = face.landmarks.mean(axis=0)
    box = (np.reshape(face.box, (2, 2)) - centre) * abs(turn)
    inside = apply(transform, face.landmarks)
    return np.concatenate([centre, [np.log(abs(turn)), np.angle(turn)], box.ravel(), inside.ravel()])


def _from_values(values: NDArray[np.float64], like: Face, number: int, template: Template) -> Face:
    """The face of such values. like: what is not smoothed is its own."""
    centre, scale = values[:2], float(np.exp(values[2]))
    back = invert(_similarity(centre, scale, float(values[3]), template))
    (left, top), (right, bottom) = (values[4:8].reshape(2, 2) / scale + centre).tolist()
    landmarks = apply(back, values[8:].reshape(-1, 2))
    return replace(like, box=(left, top, right, bottom), landmarks=landmarks, index=number)


def _similarity(centre: NDArray[np.float64], scale: float, angle: float, template: Template) -> Transform:
    """The transform that brings `centre` to the middle of the template's landmarks in a crop of side 1."""
    turn = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return np.column_stack([turn, template_points(1, template).mean(axis=0) - turn @ centre])
