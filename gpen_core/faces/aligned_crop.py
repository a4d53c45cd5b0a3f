"""From five landmarks to an upright square crop, as the network was trained to see faces.

Convention: points are (x, y) in pixels, pixel centres at integers; `image_to_crop` is (2, 3).
"""

from __future__ import annotations

import numpy as np

from ..image.geometry import Transform
from ..image.warp import Pixels, warp
from ..template import Template, template_points
from .face import Face, FaceCrop, Points


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
    pixels = np.clip(warp(picture, transform, size, size), 0.0, 1.0)
    return FaceCrop(face=face, pixels=pixels, image_to_crop=transform)
