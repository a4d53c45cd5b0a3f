"""Straightening what a wide lens bends, and bringing changes made in the straightened picture back into the original.

The lens is OpenCV's camera matrix with two radial coefficients: a point of the corrected picture at distance r from the
centre, in focal lengths, lies at r (1 + k1 r^2 + k2 r^4) in the picture as taken (Brown, 1966).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Literal, get_args

import cv2
import numpy as np
from numpy.typing import NDArray

from ..errors import GPENError
from .warp import Pixels, Plane

_DIAGONAL_35MM = math.hypot(36.0, 24.0)  # mm
_FARTHEST = 8.0  # focal lengths, of the table that inverts the lens: 83 degrees off the axis
_TABLE = 8192
_SHOWN = 1e-3  # of a moved mask: below, interpolation alone gave it a value


@dataclass(frozen=True)
class Lens:
    """A lens that draws rotation-symmetric distortion around the centre of the picture.

    focal: mm, as for a full-frame camera (36 x 24 mm) with the same angle of view across the diagonal.
    k1, k2: radial coefficients of OpenCV; k1 < 0 where the picture bulges like a barrel, > 0 where its corners are
        drawn out. 0 and 0: no correction.
    """

    focal: float = 24.0
    k1: float = 0.0
    k2: float = 0.0

    def __post_init__(self) -> None:
        if not self.focal > 0.0:
            raise GPENError(f"The focal length of a lens must be above 0 mm, got {self.focal}.")

    @property
    def corrects(self) -> bool:
        """Whether pictures change at all."""
        return self.k1 != 0.0 or self.k2 != 0.0

    @property
    def distortion(self) -> tuple[float, float, float, float]:
        """k1, k2, p1, p2 as OpenCV takes them."""
        return self.k1, self.k2, 0.0, 0.0

    def camera_matrix(self, height: int, width: int) -> NDArray[np.float64]:
        """(3, 3), of a picture of height x width px."""
        focal = self.focal / _DIAGONAL_35MM * math.hypot(height, width)
        return np.array([[focal, 0.0, (width - 1) / 2], [0.0, focal, (height - 1) / 2], [0.0, 0.0, 1.0]])


LensName = Literal["none", "wide angle", "phone selfie", "action camera"]
LENS_NAMES: tuple[LensName, ...] = get_args(LensName)

# All for 24 mm, the usual wide end of zooms and the main camera of phones.
# wide angle: a barrel of 3 % in the corners, where r is 0.9; as zooms have at their wide end.
# phone selfie: phones straighten lines themselves, but that draws out faces near the border. Stereographic instead of
#     rectilinear projection keeps their shape (Shih, Lai and Liang, ACM TOG 38, 2019): tan(2 atan(r / 2)), as a series.
# action camera: equidistant fisheye, atan(r); least squares up to the corners, within 1.1 %.
LENSES: dict[LensName, Lens] = {
    "none": Lens(),
    "wide angle": Lens(k1=-0.037),
    "phone selfie": Lens(k1=1 / 4, k2=1 / 16),
    "action camera": Lens(k1=-0.291, k2=0.073),
}


def lens_preset(name: LensName, strength: float = 100.0) -> Lens:
    """The lens of that name in `LENSES`, its distortion scaled by `strength`, 0 to 100.

    Raises GPENError for another name or strength.
    """
    if name not in LENSES:
        raise GPENError(f"Unknown lens '{name}'.\nUse one of: {', '.join(LENSES)}.")
    if not 0.0 <= strength <= 100.0:
        raise GPENError(f"The strength of a lens correction must be 0 to 100, got {strength}.")
    lens = LENSES[name]
    return replace(lens, k1=lens.k1 * strength / 100.0, k2=lens.k2 * strength / 100.0)


def undistort(picture: Pixels, lens: Lens) -> Pixels:
    """The corrected picture, of the same size, from (H, W, 3) float32 RGB in [0, 1].

    It is reduced just so much that nothing is lost; where it then shows more than the camera saw, the edge is repeated.
    Raises GPENError for a lens too strong to be inverted.
    """
    if not lens.corrects:
        return picture.copy()
    return np.clip(_remap(picture, _where_from(lens, *picture.shape[:2], to_corrected=True)), 0.0, 1.0)


def undo(original: Pixels, before: Pixels, after: Pixels, mask: Plane, lens: Lens) -> tuple[Pixels, Plane]:
    """Bring what was changed in a corrected picture back into the original.

    original: (H, W, 3) as taken. before: `undistort(original, lens)`. after: the same, changed where `mask` (H, W) in
    [0, 1] is above 0. Only the difference is resampled, so the rest stays as sharp as it was.
    Returns the picture and the mask as taken. Pixels where that mask is 0 are bit-identical to `original`.
    """
    if not lens.corrects:
        return np.where(mask[..., None] > 0.0, after, original), mask.copy()
    where = _where_from(lens, *original.shape[:2], to_corrected=False)
    moved = _remap(mask, where, cv2.INTER_LINEAR)
    moved[moved < _SHOWN] = 0.0
    shown = moved > 0.0
    result = original.copy()
    result[shown] = np.clip(original[shown] + _remap(after - before, where)[shown], 0.0, 1.0)
    return result, np.minimum(moved, 1.0)


def _remap(picture: Pixels, where: tuple[Plane, Plane], interpolation: int = cv2.INTER_CUBIC) -> Pixels:
    moved = cv2.remap(picture, *where, interpolation, borderMode=cv2.BORDER_REPLICATE)
    return moved.astype(np.float32, copy=False)


def _where_from(lens: Lens, height: int, width: int, to_corrected: bool) -> tuple[Plane, Plane]:
    """x and y of the source, px, of each pixel of the corrected picture, or of the one as taken."""
    camera = lens.camera_matrix(height, width)
    corrected, taken = _radii(lens, height, width)
    x = (np.arange(width) - camera[0, 2]) / camera[0, 0]
    y = (np.arange(height) - camera[1, 2]) / camera[1, 1]
    zoom = _zoom(corrected, taken, np.abs(x[0]), np.abs(y[0]))
    radius = np.hypot(x, y[:, None])
    if to_corrected:
        radius = radius / zoom
        factor = _ratio(radius, corrected, taken) / zoom
    else:
        factor = _ratio(radius, taken, corrected) * zoom
    source_x = x * factor * camera[0, 0] + camera[0, 2]
    source_y = y[:, None] * factor * camera[1, 1] + camera[1, 2]
    return source_x.astype(np.float32), source_y.astype(np.float32)


def _radii(lens: Lens, height: int, width: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Distances from the centre, focal lengths: in the corrected picture and, for each, in the one as taken."""
    corrected = np.linspace(0.0, _FARTHEST, _TABLE)
    taken = corrected * (1.0 + lens.k1 * corrected**2 + lens.k2 * corrected**4)
    folds = np.flatnonzero(np.diff(taken) <= 0.0)
    end = folds[0] + 1 if len(folds) else _TABLE
    corner = math.hypot(height, width) / 2.0 / lens.camera_matrix(height, width)[0, 0]
    if taken[end - 1] < corner:
        raise GPENError(
            f"The lens correction is too strong: k1 {lens.k1:g}, k2 {lens.k2:g} fold a picture at {lens.focal:g} mm.\n"
            "Use a lower strength or a longer focal length."
        )
    return corrected[:end], taken[:end]


def _zoom(corrected: NDArray[np.float64], taken: NDArray[np.float64], right: float, bottom: float) -> float:
    """The enlargement at which the border of the picture as taken just stays inside the corrected one."""
    border = np.array([right, bottom, math.hypot(right, bottom)])
    return float((1.0 / _ratio(border, taken, corrected)).min())


def _ratio(
    radius: NDArray[np.float64], source: NDArray[np.float64], target: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Radius after / radius before, where `source` maps to `target`; 1 at the centre."""
    nonzero = np.maximum(radius, 1e-9)
    return np.interp(nonzero, source, target) / nonzero
