"""Where a restored face is shown: a soft oval around the face, from its landmarks alone.

The mask is computed at the picture's own pixels from the geometry, not warped there: its edge is smooth at any scale.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ..faces.face import Face
from ..image.geometry import Region, Transform, apply
from ..image.warp import Plane

# The oval, in units of the distance between the middle of the eyes and the middle of the mouth (m) and of the distance
# between the eyes (e): from the hairline to below the chin, ear to ear. Chosen on the faces of the FFHQ template.
_CENTRE_DOWN = 0.36  # m below the eyes
_HALF_HEIGHT = 1.35  # m
_HALF_WIDTH = 1.2  # e
_HALF_WIDTH_IN_PROFILE = 0.95  # m, where the eyes appear close together
_BORDER = 0.06  # of the crop's side: the mask fades out before the crop ends
_FOCUS = 1.5  # where faces overlap, how much sooner the nearer face wins


def face_mask(face: Face, image_to_crop: Transform, size: int, region: Region, feather: float) -> tuple[Plane, Plane]:
    """Mask and weight of one face over `region`, (height, width) float32 each.

    mask: 1 on the face, falling to 0 over the feather and towards the border of the crop. weight: its share where
    faces overlap, positive wherever the mask is.
    """
    crop = _pixel_grid(image_to_crop, region)
    radius = _oval_radius(face, image_to_crop, crop)
    mask = smooth_step((1.0 + feather - radius) / max(feather, 1e-6))
    edge = np.minimum(crop, (size - 1) - crop).min(axis=2)
    mask *= smooth_step(edge / (_BORDER * size))
    return mask, mask * np.exp(-np.square(_FOCUS * radius))


def crop_mask(face: Face, image_to_crop: Transform, size: int) -> Plane:
    """(size, size): where the face is in its crop, 1 on the face."""
    in_crop = replace(face, landmarks=apply(image_to_crop, face.landmarks))
    identity = np.eye(2, 3)
    return face_mask(in_crop, identity, size, Region(0, size, 0, size), feather=0.0)[0]


def _pixel_grid(transform: Transform, region: Region) -> NDArray[np.float32]:
    """(height, width, 2): where each pixel of the region lies after the transform."""
    x = np.arange(region.left, region.right)
    y = np.arange(region.top, region.bottom)
    columns = x[:, None] * transform[:, 0]
    rows = y[:, None] * transform[:, 1] + transform[:, 2]
    return (rows[:, None, :] + columns[None, :, :]).astype(np.float32)


def _oval_radius(face: Face, image_to_crop: Transform, crop: NDArray[np.float32]) -> Plane:
    """Distance of each point from the centre of the face's oval, in units of the oval: 1 on its line."""
    left_eye, right_eye, _, left_mouth, right_mouth = apply(image_to_crop, face.landmarks)
    eyes, mouth = (left_eye + right_eye) / 2, (left_mouth + right_mouth) / 2
    down = mouth - eyes
    length = max(float(np.linalg.norm(down)), 1e-6)
    across = np.array([down[1], -down[0]])
    half_width = max(_HALF_WIDTH * float(np.linalg.norm(right_eye - left_eye)), _HALF_WIDTH_IN_PROFILE * length)
    axes = np.stack([across / (length * half_width), down / (length * _HALF_HEIGHT * length)], axis=1)
    offset = crop - (eyes + _CENTRE_DOWN * down).astype(np.float32)
    return np.linalg.norm(offset @ axes.astype(np.float32), axis=2)


def smooth_step(x: NDArray[np.floating]) -> Plane:
    """0 below 0, 1 above 1, 3x^2 - 2x^3 between."""
    x = np.clip(x, 0.0, 1.0)
    return (x * x * (3.0 - 2.0 * x)).astype(np.float32)
