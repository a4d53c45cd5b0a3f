"""Finding faces at any size: a single-scale detector run on bounded copies of the picture, the results merged."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import product

import cv2
import numpy as np
from numpy.typing import NDArray

from ..progress import Progress, silent
from .detector import Picture

Array = NDArray[np.float64]

# Two boxes are one face where they overlap this much (intersection over union) ...
_SAME_FACE_IOU = 0.35
# ... or where this share of the less sure one lies in the other: an eye or a mouth of a large face taken for a face.
_SAME_FACE_INSIDE = 0.7
# Views of one face nearly as sure as the best of them are averaged: their errors are largely independent.
_SAME_VIEW_IOU = 0.6
_SAME_VIEW_SCORE = 0.05
# A face turned by a quarter or a half also gives an upright reading with its landmarks on the wrong features. With
# YuNet, the true reading scored at least 0.03 above every wrong one on 125 aligned faces in all four positions.
_TURNED_HANDICAP = 0.02
# A face that is found alone may be less sure where it is large: at least this share of the picture's shorter side.
_LARGE = 0.25
# Small pictures are enlarged for the search up to this long side, px, and this many times.
_ENLARGE_TO = 640
_ENLARGE_BY = 2


@dataclass(frozen=True, eq=False)
class Detections:
    """N faces of one picture.

    boxes: (N, 4), x1, y1, x2, y2, px. scores: (N,), 0 to 1. points: (N, K, 2), px; K may be 0.
    turns: (N,), quarter turns anticlockwise of the picture (as `numpy.rot90`) in which the face was found upright.
    """

    boxes: Array
    scores: Array
    points: Array
    turns: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.scores)

    def __getitem__(self, chosen: NDArray[np.intp] | NDArray[np.bool_] | slice) -> Detections:
        return Detections(self.boxes[chosen], self.scores[chosen], self.points[chosen], self.turns[chosen])

    @property
    def smallest(self) -> float:
        """Shorter side of the smallest box, px; infinite where there is no face."""
        return float((self.boxes[:, 2:] - self.boxes[:, :2]).min(initial=np.inf))

    @staticmethod
    def upright(boxes: Array, scores: Array, points: Array) -> Detections:
        """Detections of an unturned picture."""
        return Detections(boxes, scores, points, np.zeros(len(scores), dtype=np.int64))

    @staticmethod
    def join(parts: Sequence[Detections]) -> Detections:
        """All detections of several (at least one) searches of one picture."""
        return Detections(
            np.concatenate([part.boxes for part in parts]),
            np.concatenate([part.scores for part in parts]),
            np.concatenate([part.points for part in parts]),
            np.concatenate([part.turns for part in parts]),
        )


OneScale = Callable[[Picture], Detections]


@dataclass(frozen=True)
class SearchPlan:
    """On which copies of a picture a detector looks for faces; sides are the long side of the copy, px, ascending.

    always: copies searched in any case.
    finer: copies searched in turn while the faces found so far include one smaller than `small` px on the finest copy
        yet, or none at all.
    coarser: copies searched where all that finds nothing.
    turned: copies searched turned by 90, 180 and 270 degrees where a face scores below `sure`, or none is found.
    score: the least score of a face.
    turned_score: the least score of a face found in a turned copy only.
    lone_score: the least score of a single large face where no other is found: a portrait worn or blurred badly.
    """

    always: tuple[int, ...]
    finer: tuple[int, ...]
    coarser: tuple[int, ...]
    turned: tuple[int, ...]
    small: float
    sure: float
    score: float
    turned_score: float
    lone_score: float


def search(picture: Picture, detect: OneScale, plan: SearchPlan, progress: Progress = silent) -> Detections:
    """Faces of a (H, W, 3) uint8 picture of any size, in its own pixels, best score first.

    detect: faces of one copy in the pixels of that copy, pixel centres at integers; called on copies of every size.
    progress: called before each copy with how many have been searched; an exception it raises stops the work.
    """
    views: list[Detections] = []

    def look(side: int, turns: int = 0) -> None:
        progress(len(views), None)
        views.append(_on_copy(picture, side, detect, turns))

    long_side = max(picture.shape[:2])
    limit = max(long_side, min(_ENLARGE_BY * long_side, _ENLARGE_TO))
    for side in _sides(plan.always, limit):
        look(side)
    finest = min(plan.always[-1], limit)
    for side in _sides(plan.finer, limit):
        faces = merge(views, plan.score, plan.turned_score)
        if side <= finest or (len(faces) and faces.smallest * finest / long_side >= plan.small):
            break
        look(side)
        finest = side
    faces = merge(views, plan.score, plan.turned_score)
    if not len(faces):
        for side in _sides(plan.coarser, limit):
            look(side)
        faces = merge(views, plan.score, plan.turned_score)
    if not len(faces) or faces.scores.min() < plan.sure:
        for turns, side in product((1, 2, 3), _sides(plan.turned, limit)):
            look(side, turns)
        faces = merge(views, plan.score, plan.turned_score)
    return faces if len(faces) else _lone(merge(views, plan.lone_score, plan.turned_score), min(picture.shape[:2]))


def merge(views: Sequence[Detections], score: float, turned_score: float) -> Detections:
    """One detection for each face of several (at least one) searches of one picture, best score first.

    Greedy non-maximum suppression. Box and points are the score-weighted mean of the surest views of the face, the
    score is the best one.
    """
    found = Detections.join(views)
    found = found[found.scores >= np.where(found.turns > 0, turned_score, score)]
    left = found[np.argsort(_TURNED_HANDICAP * (found.turns > 0) - found.scores, kind="stable")]
    faces = [left[:0]]
    while len(left):
        best = left[:1]
        iou, inside = _overlap(best.boxes[0], left.boxes)
        same_view = (
            (iou >= _SAME_VIEW_IOU) & (left.scores >= best.scores - _SAME_VIEW_SCORE) & (left.turns == best.turns)
        )
        faces.append(_mean(left[same_view]))
        left = left[(iou < _SAME_FACE_IOU) & (inside < _SAME_FACE_INSIDE)]
    return Detections.join(faces)


def is_same_face(first: Sequence[float], second: Sequence[float]) -> bool:
    """Whether two boxes x1, y1, x2, y2 are of one face: they overlap, or one lies in the other."""
    iou, inside = _overlap(np.array(first), np.array([second]))
    _, around = _overlap(np.array(second), np.array([first]))
    return bool(iou[0] >= _SAME_FACE_IOU or max(inside[0], around[0]) >= _SAME_FACE_INSIDE)


def unturn(points: Array, turns: int, shape: Sequence[int]) -> Array:
    """Points (..., 2) of `numpy.rot90(picture, turns)` in the pixels of the picture of shape (H, W, ...)."""
    x, y = points[..., 0], points[..., 1]
    bottom, right = shape[0] - 1, shape[1] - 1
    back = {0: (x, y), 1: (right - y, x), 2: (right - x, bottom - y), 3: (y, bottom - x)}
    return np.stack(back[turns % 4], axis=-1)


def _lone(faces: Detections, short_side: int) -> Detections:
    large = (faces.boxes[:, 2:] - faces.boxes[:, :2]).min(axis=1) >= _LARGE * short_side
    return faces[large][:1]


def _sides(sides: tuple[int, ...], limit: int) -> list[int]:
    return sorted({min(side, limit) for side in sides})


def _on_copy(picture: Picture, side: int, detect: OneScale, turns: int = 0) -> Detections:
    """Faces found on a copy of the given long side, turned by quarters, in the pixels of the picture."""
    height, width = picture.shape[:2]
    scale = side / max(height, width)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    # INTER_AREA averages all pixels a reduced one covers: no aliasing, and the fastest filter that has none.
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    copy = picture if size == (width, height) else cv2.resize(picture, size, interpolation=how)
    found = detect(np.array(np.rot90(copy, turns), np.uint8, order="C"))
    ratio = np.array([width / size[0], height / size[1]])
    corners = (unturn(found.boxes.reshape(-1, 2, 2), turns, copy.shape) + 0.5) * ratio - 0.5
    points = (unturn(found.points, turns, copy.shape) + 0.5) * ratio - 0.5
    boxes = np.concatenate([corners.min(axis=1), corners.max(axis=1)], axis=1)
    return Detections(boxes, found.scores, points, np.full(len(found), turns, dtype=np.int64))


def _overlap(box: Array, boxes: Array) -> tuple[Array, Array]:
    """Intersection over union of `box` with (N, 4) `boxes`, and the share of each of them that lies in it."""
    sides = np.minimum(box[2:], boxes[:, 2:]) - np.maximum(box[:2], boxes[:, :2])
    common = np.clip(sides, 0, None).prod(axis=1)
    areas = (boxes[:, 2:] - boxes[:, :2]).prod(axis=1)
    return common / ((box[2:] - box[:2]).prod() + areas - common), common / areas


def _mean(views: Detections) -> Detections:
    weights = views.scores / views.scores.sum()
    boxes = np.tensordot(weights, views.boxes, axes=1)
    points = np.tensordot(weights, views.points, axes=1)
    return Detections(boxes[None], views.scores[:1], points[None], views.turns[:1])
