"""GPEN_FACES, and the boxes and landmarks of ComfyUI's own face nodes, as faces of the core.

GPEN_FACES: a tuple with one `PictureFaces` for each picture of the batch.
BOUNDING_BOX: {"x", "y", "width", "height", "score"?} in px; a list of them; or a list of such lists, one per picture.
FACE_LANDMARKS: {"frames": [[{"landmarks_xy": (N, 2) px, "score"?}, ..] per picture], "image_size"?: (H, W)}.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..gpen_core.errors import GPENError
from ..gpen_core.faces import Face
from ..gpen_core.faces.given import face_of_points, faces_in_boxes
from ..gpen_core.faces.pose import with_pose
from ..gpen_core.faces.selection import number_faces
from ..gpen_core.restore import PictureFaces
from .tensors import Pictures

GPENFaces = tuple[PictureFaces, ...]
GivenFaces = list[list[Face]]


def given_faces(
    pictures: Pictures, faces: GPENFaces | None = None, landmarks: Any = None, bboxes: Any = None
) -> GivenFaces | None:
    """The faces of each picture from whichever input is connected, best first; None when none is: detect.

    Raises GPENError for a number of pictures or proportions that do not fit.
    """
    if faces is not None:
        _require_same_number(len(faces), len(pictures), "GPEN_FACES")
        return [list(own.on(pictures.height, pictures.width).faces) for own in faces]
    if landmarks is not None:
        return _faces_of_landmarks(landmarks, pictures)
    if bboxes is not None:
        return _faces_of_boxes(bboxes, pictures)
    return None


def _faces_of_landmarks(landmarks: Any, pictures: Pictures) -> GivenFaces:
    if not isinstance(landmarks, Mapping) or "frames" not in landmarks:
        raise GPENError(
            f"FACE_LANDMARKS must hold 'frames', got {type(landmarks).__name__}.\n"
            "Connect ComfyUI's Detect Face Landmarks, or leave the input open."
        )
    frames = landmarks["frames"]
    _require_same_number(len(frames), len(pictures), "FACE_LANDMARKS")
    height, width = landmarks.get("image_size") or (pictures.height, pictures.width)
    scale = (pictures.width / width, pictures.height / height)
    found = [[_face_of_entry(entry, scale) for entry in frame] for frame in frames]
    return [_completed(faces, pictures) for faces in found]


def _face_of_entry(entry: Mapping[str, Any], scale: tuple[float, float]) -> Face:
    if not isinstance(entry, Mapping) or "landmarks_xy" not in entry:
        raise GPENError(
            f"A face of FACE_LANDMARKS must hold 'landmarks_xy', got {type(entry).__name__}.\n"
            "Connect ComfyUI's Detect Face Landmarks, or leave the input open."
        )
    return face_of_points(np.asarray(entry["landmarks_xy"], np.float64)[:, :2] * scale, score=_score(entry))


def _faces_of_boxes(bboxes: Any, pictures: Pictures) -> GivenFaces:
    lists = _nested(bboxes)
    if len(lists) == 1 and len(pictures) > 1 and not _is_nested(bboxes):
        lists = lists * len(pictures)
    _require_same_number(len(lists), len(pictures), "BOUNDING_BOX")
    found: GivenFaces = []
    for pixels, entries in zip(pictures.pixels(), lists, strict=True):
        eight_bit = (np.clip(pixels, 0.0, 1.0) * 255.0 + 0.5).astype(np.uint8)
        boxes = [_corners(entry) for entry in entries]
        scores = [_score(entry) for entry in entries]
        found.append(_completed(faces_in_boxes(eight_bit, boxes, scores), pictures))
    return found


def _completed(faces: list[Face], pictures: Pictures) -> list[Face]:
    """The faces numbered from left to right, their pose filled in."""
    return [with_pose(face, pictures.height, pictures.width) for face in number_faces(faces)]


def _is_nested(bboxes: Any) -> bool:
    return isinstance(bboxes, Sequence) and len(bboxes) > 0 and isinstance(bboxes[0], Sequence)


def _nested(bboxes: Any) -> list[list[Mapping[str, Any]]]:
    """One list of boxes for each picture, from any of the three forms."""
    if isinstance(bboxes, Mapping):
        return [[bboxes]]
    return [list(boxes) for boxes in bboxes] if _is_nested(bboxes) else [list(bboxes)]


def _corners(entry: Mapping[str, Any]) -> tuple[float, float, float, float]:
    try:
        x, y, width, height = (float(entry[name]) for name in ("x", "y", "width", "height"))
    except (KeyError, TypeError, ValueError) as error:
        raise GPENError(
            f"A BOUNDING_BOX must hold the numbers x, y, width and height, got {entry!r}.\n"
            "Connect a face detector of ComfyUI, or leave the input open."
        ) from error
    return x, y, x + width, y + height


def _score(entry: Mapping[str, Any]) -> float:
    score = entry.get("score")
    return 1.0 if score is None else float(np.clip(score, 0.0, 1.0))


def _require_same_number(given: int, pictures: int, what: str) -> None:
    if given != pictures:
        raise GPENError(
            f"{what} is for {given} picture(s), but the image holds {pictures}.\nConnect the same batch to both nodes."
        )
