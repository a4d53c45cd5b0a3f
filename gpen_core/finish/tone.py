"""Contrast and brightness of a face, by curves that keep black black and white white."""

from __future__ import annotations

import math

import numpy as np

from ..image.luma import luma
from ..image.warp import Pixels

_STEEPEST = 2.0  # slope of the contrast curve at its pivot for 100; its inverse for 0
_BRIGHTEST = 1.0  # shift of the brightness curve for 100, in log-odds: a middle grey becomes 0.73
_SAFE = 1e-4  # log-odds of 0 and 1 are infinite


def adjust_tone(pixels: Pixels, contrast: float, brightness: float, pivot: float) -> Pixels:
    """Change contrast around `pivot` (a luminance, 0 to 1), and brightness, of (H, W, 3) pixels.

    contrast, brightness: 0 to 100, 50 is neutral. Both act on log-odds of the luminance, as film does: a line there is
    an S-curve that ends in black and white. All channels change by the same amount, so colours keep their difference.
    """
    light = luma(pixels)
    inside = np.clip(light, _SAFE, 1.0 - _SAFE)
    middle = min(max(pivot, _SAFE), 1.0 - _SAFE)
    slope = _STEEPEST ** ((contrast - 50.0) / 50.0)
    shift = math.log(middle / (1.0 - middle)) * (1.0 - slope) + _BRIGHTEST * (brightness - 50.0) / 50.0
    odds = (inside / (1.0 - inside)) ** slope * math.exp(shift)
    return (pixels + (odds / (1.0 + odds) - inside)[..., None]).astype(np.float32, copy=False)
