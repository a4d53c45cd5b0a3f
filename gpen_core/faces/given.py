"""Faces that something else has found: boxes or landmarks of other detectors, brought to `Face`."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from ..errors import GPENError
from .detector import Picture
from .embedded import EmbeddedDetector
from .face import Face, Points, five_points
from .face_window import face_box

# Of MediaPipe's mesh: outline of each eye, tip of the nose, corners of the mouth, as seen in the picture. The last ten
# of 478 points are the irises, which need not be there.
_MESH_EYES = ((33, 160, 158, 133, 153, 144), (362, 385, 387, 263, 373, 380))
_MESH_NOSE, _MESH_MOUTH = 4, (61, 291)
_MESH_SIZES = (468, 478)

PixelBox = tuple[float, float, float, float]


def faces_in_boxes(picture: Picture, boxes: Sequence[PixelBox], scores: Sequence[float]) -> list[Face]:
    """The faces of a (H, W, 3) uint8 picture that lie in boxes (x1, y1, x2, y2) px, in the same order.

    Landmarks come from the embedded detector's network, looking where the box says. Boxes stay as given. Raises
    GPENError for a box without area.
    """
    for box in boxes:
        if not (box[2] > box[0] and box[3] > box[1]):
            raise GPENError(
                f"A face box must have a width and a height, got {tuple(box)}.\n"
                "Expected (x1, y1, x2, y2) in pixels, x1 < x2 and y1 < y2."
            )
    landmarks = EmbeddedDetector().landmarks_in(picture, boxes)
    return [
        Face(box=box, landmarks=points, score=float(score))
        for box, points, score in zip(boxes, landmarks, scores, strict=True)
    ]


def face_of_points(points: ArrayLike, score: float = 1.0, box: PixelBox | None = None) -> Face:
    """The face of (N, 2) landmarks, px: N is 5 (as in `Face`), 68 (iBUG 300-W) or 468 or 478 (MediaPipe's mesh).

    box: (x1, y1, x2, y2) px; without one it is the usual box around such landmarks. Raises GPENError for another N or
    values that are not finite.
    """
    array = np.asarray(points, np.float64)
    if array.ndim != 2 or array.shape[1] != 2 or array.shape[0] not in (5, 68, *_MESH_SIZES):
        raise GPENError(
            f"Expected 5, 68, 468 or 478 landmarks (x, y) of a face, got shape {array.shape}.\n"
            "Connect a face landmark detector, or leave the input open."
        )
    if not np.isfinite(array).all():
        raise GPENError("The landmarks of a face hold values that are not finite (NaN or infinity).")
    dense = array if len(array) == 68 else None
    five = array if len(array) == 5 else five_points(array) if dense is not None else _five_of_mesh(array)
    return Face(box=box or face_box(five), landmarks=five, score=float(score), landmarks_68=dense)


def _five_of_mesh(mesh: Points) -> Points:
    eyes = [mesh[list(outline)].mean(axis=0) for outline in _MESH_EYES]
    return np.stack([*eyes, mesh[_MESH_NOSE], *(mesh[corner] for corner in _MESH_MOUTH)])
