"""Light and colour of (H, W, 3) float32 pictures apart."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from .colour import REC709
from .warp import Pixels, Plane

_WEIGHTS = np.array([REC709], np.float32)


def luma(pixels: Pixels) -> Plane:
    """Rec. 709 luma (H, W) of sRGB pixels (H, W, 3)."""
    return cv2.transform(pixels, _WEIGHTS).reshape(pixels.shape[:2]).astype(np.float32, copy=False)


def split_luma(pixels: Pixels) -> list[Plane]:
    """Luma, red minus luma and blue minus luma of (H, W, 3) pixels, each (H, W)."""
    light = luma(pixels)
    return [light, pixels[..., 0] - light, pixels[..., 2] - light]


def join_luma(planes: Sequence[Plane]) -> Pixels:
    """The pixels of planes as `split_luma` gives them."""
    light, red, blue = planes
    green = -(REC709[0] * red + REC709[2] * blue) / REC709[1]
    return np.stack([light + red, light + green, light + blue], axis=2).astype(np.float32, copy=False)
