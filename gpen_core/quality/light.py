"""Light and contrast, and whether a picture is grey, toned or in colour."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from ..image.luma import luma
from ..image.warp import Pixels

Tint = Literal["colour", "toned", "grey"]

_BLACK, _WHITE = 6.0, 250.0  # levels at and beyond which nothing is drawn any more
_TINT_SIDE = 64  # px, of the copy whose colours are looked at: small enough to be without noise
_GREY_CHROMA = 4.0  # mean LAB chroma below which a picture is grey; colour pictures have 6.5 and more
_TONED_SPREAD = 4.0  # LAB units of `_colour_spread` below which one hue is all there is; old prints have 1.5 to 3.6


@dataclass(frozen=True)
class Exposure:
    """Light of a face or picture.

    lightness: median luma, levels of 255.  contrast: levels from the 2nd to the 98th percentile of luma.
    black, white: share of pixels too dark or too light to draw anything, 0 to 1.
    """

    lightness: float
    contrast: float
    black: float
    white: float


def exposure_of(pixels: Pixels) -> Exposure:
    """Exposure of (H, W, 3), or of any (N, 3) pixels."""
    levels = luma(pixels.reshape(1, -1, 3)) * np.float32(255.0)
    low, middle, high = np.percentile(levels, (2, 50, 98))
    return Exposure(
        lightness=float(middle),
        contrast=float(high - low),
        black=float(np.mean(levels <= _BLACK)),
        white=float(np.mean(levels >= _WHITE)),
    )


def tint_of(picture: Pixels) -> Tint:
    """Whether a (H, W, 3) picture is grey, toned (one hue throughout, as sepia) or in colour."""
    height, width = picture.shape[:2]
    shrink = max(max(height, width) / _TINT_SIDE, 1.0)
    size = max(round(width / shrink), 1), max(round(height / shrink), 1)
    small = np.clip(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), 0.0, 1.0).astype(np.float32)
    lab = cv2.cvtColor(small, cv2.COLOR_RGB2LAB).reshape(-1, 3).astype(np.float64)
    if np.hypot(lab[:, 1], lab[:, 2]).mean() < _GREY_CHROMA:
        return "grey"
    return "toned" if _colour_spread(lab) < _TONED_SPREAD else "colour"


def _colour_spread(lab: NDArray[np.float64]) -> float:
    """How far (N, 3) colours lie, root mean square, from a curve on which lightness alone decides the colour."""
    lightness = lab[:, 0] / 100.0
    powers = np.stack([np.ones_like(lightness), lightness, lightness**2], axis=1)
    curve = np.linalg.lstsq(powers, lab[:, 1:], rcond=None)[0]
    return float(np.sqrt(np.mean(np.sum((lab[:, 1:] - powers @ curve) ** 2, axis=1))))
