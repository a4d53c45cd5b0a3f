"""Where the features of a face are in its crop: eyes with brows and lashes, and the mouth."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from ..faces.face import Face
from ..image.geometry import Transform, apply, compose, pixel_scaling
from ..image.warp import Plane

# Ellipses around landmarks: shift down the face, half width and half height, in units of the distance between the
# middle of the eyes and the middle of the mouth. Chosen on the faces of the GPEN template.
_EYE = (-0.12, 0.36, 0.27)
_MOUTH = (0.03, 0.42, 0.24)
_REDUCED = 4  # the ellipses are drawn so many times smaller: nothing of them is sharp
_EDGE = 0.5  # width of the soft edge, as a share of the ellipse


def feature_mask(face: Face, image_to_crop: Transform, size: int) -> Plane:
    """(size, size): 1 on eyes, brows and mouth of `face`, softly 0 elsewhere."""
    coarse = max(size // _REDUCED, 1)
    points = apply(compose(image_to_crop, pixel_scaling(coarse / size, coarse / size)), face.landmarks)
    left_eye, right_eye, _, left_mouth, right_mouth = points
    mouth = (left_mouth + right_mouth) / 2
    down = mouth - (left_eye + right_eye) / 2
    grid = np.stack(np.meshgrid(np.arange(coarse), np.arange(coarse)), axis=2).astype(np.float32)
    mask = np.zeros((coarse, coarse), np.float32)
    for centre, ellipse in ((left_eye, _EYE), (right_eye, _EYE), (mouth, _MOUTH)):
        mask = np.maximum(mask, _soft_ellipse(grid, centre, down, ellipse))
    return cv2.resize(mask, (size, size), interpolation=cv2.INTER_LINEAR).astype(np.float32, copy=False)


def _soft_ellipse(
    grid: NDArray[np.float32], centre: NDArray[np.float64], down: NDArray[np.float64], ellipse: tuple[float, ...]
) -> Plane:
    shift, half_width, half_height = ellipse
    length = max(float(np.linalg.norm(down)), 1e-6)
    across = np.array([down[1], -down[0]])
    axes = np.stack([across / (length**2 * half_width), down / (length**2 * half_height)], axis=1)
    radius = np.linalg.norm((grid - (centre + shift * down).astype(np.float32)) @ axes.astype(np.float32), axis=2)
    return np.clip((1.0 + _EDGE - radius) / _EDGE, 0.0, 1.0)
