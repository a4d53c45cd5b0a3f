"""Where a face is measured: in an aligned crop, and in the picture's own pixels."""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from ..faces.aligned_crop import crop_face, image_to_crop
from ..faces.face import Face
from ..image.geometry import Transform, apply, invert
from ..image.warp import Pixels
from ..template import Template

SIDE = 512  # px, of the aligned crop on which the measures were calibrated
_TEMPLATE: Template = "ffhq"
# In that crop: the inner face, from brows to chin and cheek to cheek, and the oval of the whole face.
_INNER = np.array([[96.0, 128.0], [416.0, 128.0], [96.0, 480.0], [416.0, 480.0]])
_OVAL_CENTRE, _OVAL_AXES = (256, 292), (138, 169)


def picture_to_crop(face: Face) -> Transform:
    """(2, 3), picture px -> px of the crop that is measured."""
    return image_to_crop(face.landmarks, SIDE, _TEMPLATE)


def measured_crop(picture: Pixels, face: Face) -> Pixels:
    """The aligned (SIDE, SIDE, 3) crop."""
    return crop_face(picture, face, SIDE, _TEMPLATE).pixels


def native_face(picture: Pixels, face: Face, least: int = 1) -> Pixels:
    """The picture's own pixels around the inner face: an upright rectangle, a view.

    least: px that each side has at least, where the picture is that large.
    """
    seen = apply(invert(picture_to_crop(face)), _INNER)
    middle, half = (seen.max(axis=0) + seen.min(axis=0)) / 2, np.maximum(np.ptp(seen, axis=0), least) / 2
    limit = np.array([picture.shape[1], picture.shape[0]])
    middle = np.clip(middle, np.minimum(half, limit / 2), np.maximum(limit - half, limit / 2))
    low = np.clip(np.floor(middle - half), 0, limit - 1).astype(int)
    high = np.clip(np.ceil(middle + half), low + 1, limit).astype(int)
    return picture[low[1] : high[1], low[0] : high[0]]


@cache
def face_oval() -> NDArray[np.bool_]:
    """(SIDE, SIDE), True on the oval of the face in the crop."""
    mask = np.zeros((SIDE, SIDE), np.uint8)
    cv2.ellipse(mask, _OVAL_CENTRE, _OVAL_AXES, 0, 0, 360, 1, cv2.FILLED)
    return mask.astype(bool)
