"""From five landmarks to an upright square crop, as the network was trained to see faces.

Convention: points are (x, y) in pixels, pixel centres at integers; `image_to_crop` is (2, 3).
"""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
import torch

from ..image.geometry import Transform
from ..image.warp import Pixels, warp
from .face import Face, FaceCrop, Points

Template = Literal["gpen", "ffhq"]
TEMPLATES: tuple[Template, ...] = get_args(Template)

# Left eye, right eye, nose, left and right corner of the mouth. GPEN: the 96x112 template of the original, made
# square by 8 px at either side and padded by a quarter (28 px) all around, hence a frame of 168 px. The original holds
# the points in float32.
_GPEN_96X112 = np.array(
    [[30.2946, 51.6963], [65.5318, 51.5014], [48.0252, 71.7366], [33.5493, 92.3655], [62.7299, 92.2041]], np.float32
)
_GPEN_OFFSET, _GPEN_FRAME = np.array([8.0 + 28.0, 28.0]), 168.0
# FFHQ: the same landmarks in a 512 px crop of the FFHQ data set, as face restoration tools commonly use it.
_FFHQ_512 = np.array(
    [
        [192.9814, 239.9471],
        [318.9028, 240.1936],
        [256.6342, 314.0194],
        [201.2612, 371.4104],
        [313.0891, 371.1512],
    ]
)


def template_points(size: int, template: Template = "gpen") -> Points:
    """Where the five landmarks lie in a crop of `size` px, (5, 2)."""
    if template == "gpen":
        return (_GPEN_96X112.astype(np.float64) + _GPEN_OFFSET) * (size / _GPEN_FRAME)
    return _FFHQ_512 * (size / 512.0)


def image_to_crop(landmarks: Points, size: int, template: Template = "gpen") -> Transform:
    """The similarity (rotation, one scale, shift) that brings (5, 2) landmarks closest to the template.

    Least squares in closed form, points read as complex numbers (Umeyama, 1991, without reflection).
    """
    target = template_points(size, template) @ (1.0, 1.0j)
    source = np.asarray(landmarks, np.float64) @ (1.0, 1.0j)
    centred = source - source.mean()
    spread = np.vdot(centred, centred).real
    turn = np.vdot(centred, target - target.mean()) / spread if spread > 0 else 1.0 + 0.0j
    shift = target.mean() - turn * source.mean()
    return np.array([[turn.real, -turn.imag, shift.real], [turn.imag, turn.real, shift.imag]])


def crop_face(picture: Pixels, face: Face, size: int, template: Template = "gpen") -> FaceCrop:
    """Cut one face out of a (H, W, 3) float32 RGB picture; beyond its border the picture's edge is replicated."""
    transform = image_to_crop(face.landmarks, size, template)
    pixels = torch.from_numpy(warp(picture, transform, size, size)).permute(2, 0, 1).clamp(0.0, 1.0)
    return FaceCrop(face=face, pixels=pixels, image_to_crop=transform)
