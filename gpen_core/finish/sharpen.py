"""Sharpening that makes edges steeper and leaves no halo beside them."""

from __future__ import annotations

import cv2
import numpy as np

from ..image.luma import luma
from ..image.warp import Pixels, Plane

_WINDOW = np.ones((7, 7), np.uint8)
_OVERSHOOT = 1.5 / 255.0  # beyond what the window holds; edges look dull without any, 2/255 is where it can be seen
_FAINT = 1.5 / 255.0  # detail of this strength is amplified half as much: it is mostly grain


def sharpen(pixels: Pixels, amount: float | Plane, sigma: float) -> Pixels:
    """Unsharp masking of the luminance of (H, W, 3) pixels, kept within the range of each 7x7 neighbourhood.

    amount: 0 does nothing; a number, or (H, W). sigma: px, of the Gaussian whose difference is amplified.
    """
    return add_within_range(pixels, unsharp(pixels, amount, sigma))


def unsharp(pixels: Pixels, amount: float | Plane, sigma: float) -> Plane:
    """What unsharp masking adds to every channel, (H, W); parameters as of `sharpen`."""
    light = luma(pixels)
    detail = light - cv2.GaussianBlur(light, (0, 0), sigma)
    strength = cv2.blur(detail * detail, (5, 5))
    return (amount * detail * (strength / (strength + _FAINT**2))).astype(np.float32, copy=False)


def add_within_range(pixels: Pixels, change: Plane) -> Pixels:
    """Add (H, W) to every channel of (H, W, 3), but no further than the values of the 7x7 neighbourhood reach."""
    lowest = cv2.erode(pixels, _WINDOW) - _OVERSHOOT
    highest = cv2.dilate(pixels, _WINDOW) + _OVERSHOOT
    return np.clip(pixels + change[..., None], lowest, highest).astype(np.float32, copy=False)
