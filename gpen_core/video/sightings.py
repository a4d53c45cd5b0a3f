"""The faces of each frame, followed from frame to frame.

Whole frames are searched a few times a second; in between a known face is looked for where it should be, by the
landmark network of the embedded detector, whose points are the steadiest there are. A face that a search finds is
followed backwards too, to where it was first to be seen.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from ..faces import FaceDetector
from ..faces.embedded import SCORE_THRESHOLD, EmbeddedDetector
from ..faces.face import Face, Points
from ..faces.face_window import face_box, face_size
from ..faces.search import is_same_face
from .cuts import CutDetector
from .frame import Frame
from .tracks import distance, match

LONGEST_GAP = 0.5  # s that a face may be lost and still be the same one
_FARTHEST_LOST = 1.0  # sizes of the face that it may have moved meanwhile
_WINDOW = 2.5  # sizes of the face, side of the part of a frame that is searched for one that was lost
_LEAST_WINDOW = 8  # px
_FARTHEST = 0.6  # sizes of the face by which it may be elsewhere than expected

AnyFrame = TypeVar("AnyFrame", bound=Frame)


@dataclass(frozen=True, eq=False)
class Seen(Generic[AnyFrame]):
    """A frame and its faces by the number of their track. begins_shot: nothing before it belongs to it."""

    frame: AnyFrame
    faces: Mapping[int, Face]
    begins_shot: bool


def sightings(frames: Iterable[AnyFrame], detector: FaceDetector, every: float) -> Iterator[Seen[AnyFrame]]:
    """All frames in their order, each with its faces. every: s between two searches of whole frames."""
    cuts, tracker = CutDetector(), _Tracker(detector)
    waiting: list[tuple[AnyFrame, NDArray[np.uint8]]] = []
    begins = False
    for frame in frames:
        picture = frame.eight_bit()
        cut = cuts.begins_shot(picture)
        if waiting and (cut or frame.time - waiting[0][0].time >= every):
            yield from tracker.follow(waiting, begins)
            waiting, begins = [], False
        begins = begins or cut
        waiting.append((frame, picture))
    if waiting:
        yield from tracker.follow(waiting, begins)


@dataclass
class _Track:
    """What is known of a face that is followed. moved: px a second, of its landmarks."""

    face: Face
    time: float
    moved: Points

    def expected(self, time: float) -> Face:
        """The face where it should be at `time`."""
        return _with_points(self.face, self.face.landmarks + self.moved * (time - self.time))

    def seen(self, face: Face, time: float) -> None:
        way = (face.landmarks - self.face.landmarks).mean(axis=0)
        self.moved = way / (time - self.time) if time != self.time else np.zeros(2)
        self.face, self.time = face, time


class _Tracker:
    """Follows faces through runs of frames, one after the other."""

    def __init__(self, detector: FaceDetector) -> None:
        self._detector, self._follower = detector, EmbeddedDetector()
        self._tracks: dict[int, _Track] = {}
        self._next = 0

    def follow(self, run: list[tuple[AnyFrame, NDArray[np.uint8]]], begins_shot: bool) -> Iterator[Seen[AnyFrame]]:
        """The frames of a run within one shot, with their faces; the last of them is searched."""
        if begins_shot:
            self._tracks = {}
        moments = [_Moment(frame.time, picture, {}) for frame, picture in run]
        for number, track in sorted(self._tracks.items()):
            self._forwards(number, track, moments)
        for number, face in self._found_by_search(moments[-1]):
            self._backwards(number, face, moments)
        end = moments[-1].time
        self._tracks = {number: track for number, track in self._tracks.items() if end - track.time <= LONGEST_GAP}
        for index, ((frame, _), moment) in enumerate(zip(run, moments, strict=True)):
            yield Seen(frame, moment.faces, begins_shot and index == 0)

    def _forwards(self, number: int, track: _Track, moments: list[_Moment]) -> None:
        for moment in moments:
            if moment.time - track.time > LONGEST_GAP:
                break
            face = self._find_again(moment, track.expected(moment.time))
            if face is not None:
                moment.faces[number] = face
                track.seen(face, moment.time)

    def _found_by_search(self, moment: _Moment) -> list[tuple[int, Face]]:
        """Faces that nobody follows, under the number of a track that was lost, or a new one."""
        found = [face for face in self._detector.detect(moment.picture) if not _taken(face, moment.faces)]
        found = [self._with_steady_points(moment.picture, face) for face in found]
        known = set(match(list(moment.faces.values()), found).values())
        found = [face for index, face in enumerate(found) if index not in known]
        found.sort(key=lambda face: face.centre)
        lost = [number for number in sorted(self._tracks) if number not in moment.faces]
        again = match([self._tracks[number].expected(moment.time) for number in lost], found, _FARTHEST_LOST)
        numbers = {index: lost[row] for row, index in again.items()}
        for index in range(len(found)):
            if index not in numbers:
                numbers[index], self._next = self._next, self._next + 1
        return [(numbers[index], face) for index, face in enumerate(found)]

    def _backwards(self, number: int, face: Face, moments: list[_Moment]) -> None:
        """Follow a face that the search of the last moment has found to where it was first seen."""
        track = _Track(face, moments[-1].time, np.zeros(2))
        moments[-1].faces[number] = face
        for moment in moments[-2::-1]:
            earlier = None if number in moment.faces else self._find_again(moment, track.expected(moment.time))
            if earlier is None:
                break
            moment.faces[number] = earlier
            track.seen(earlier, moment.time)
        self._tracks[number] = _Track(face, moments[-1].time, track.moved)

    def _find_again(self, moment: _Moment, expected: Face) -> Face | None:
        """The face where it is expected, unless another track has it already."""
        score, points = self._follower.follow(moment.picture, expected.landmarks)
        face = _with_points(expected, points)
        if score < SCORE_THRESHOLD or distance(face, expected) > _FARTHEST:
            face = self._search_window(moment.picture, expected)
        return None if face is None or _taken(face, moment.faces) else face

    def _search_window(self, picture: NDArray[np.uint8], expected: Face) -> Face | None:
        """The face that the detector finds near the place where it is expected."""
        reach = _WINDOW / 2 * face_size(expected.landmarks)
        x, y = expected.landmarks.mean(axis=0)
        height, width = picture.shape[:2]
        left, right = (int(np.clip(x + side * reach, 0, width)) for side in (-1, 1))
        top, bottom = (int(np.clip(y + side * reach, 0, height)) for side in (-1, 1))
        if right - left < _LEAST_WINDOW or bottom - top < _LEAST_WINDOW:
            return None
        found = self._detector.detect(np.ascontiguousarray(picture[top:bottom, left:right]))
        placed = [replace(_with_points(face, face.landmarks + (left, top)), score=face.score) for face in found]
        near = match([expected], placed, _FARTHEST)
        return self._with_steady_points(picture, placed[near[0]]) if near else None

    def _with_steady_points(self, picture: NDArray[np.uint8], face: Face) -> Face:
        """The face with the points of the one who follows it: those of a detector would be seen as a jolt."""
        points = _with_points(face, self._follower.follow(picture, face.landmarks)[1])
        return points if distance(points, face) <= _FARTHEST else _with_points(face, face.landmarks)


@dataclass
class _Moment:
    """A frame's picture and the faces seen in it so far, by track."""

    time: float
    picture: NDArray[np.uint8]
    faces: dict[int, Face]


def _with_points(face: Face, landmarks: Points) -> Face:
    """The face elsewhere: a box made of its landmarks, and nothing that only its detector knows."""
    return replace(face, box=face_box(landmarks), landmarks=landmarks, landmarks_68=None)


def _taken(face: Face, others: Mapping[int, Face]) -> bool:
    return any(is_same_face(face.box, other.box) for other in others.values())
