"""The grid that networks with strides leave in what they draw: detail that repeats every few pixels.

Odena et al., "Deconvolution and Checkerboard Artifacts" (Distill 2016), say where it comes from. Averaged over all
pixels of one place in the period, the fine detail of a photograph is nearly nothing; that of a grid stays.
"""

from __future__ import annotations

import cv2
import numpy as np

from ..image.luma import luma
from .levels import Levels, Samples

_PERIODS = (2, 4, 8)  # px: the strides of a network are powers of two
_AROUND = 5  # px, over which a pixel's surroundings are averaged
_ROUNDING = 1.0 / 12.0  # squared levels: detail below what storing 256 levels leaves is none


def grid(picture: Levels) -> float:
    """Energy of the detail that repeats every 2, 4 or 8 px, in % of that of all detail, of a (H, W, 3) uint8 picture.

    Of sharp faces 0.1; from about 0.5 one can see it on skin.
    """
    light = luma(picture.astype(np.float32))
    detail = (light - cv2.blur(light, (_AROUND, _AROUND))).astype(np.float64)
    energy = max(float(np.square(detail).mean()), _ROUNDING)
    return 100.0 * sum(float(np.square(_by_place(detail, period)).mean()) for period in _PERIODS) / energy


def _by_place(detail: Samples, period: int) -> Samples:
    """Mean over all periods of each of the places in it, (period, period); what is left at the end is cut off."""
    height, width = (side // period for side in detail.shape)
    whole = detail[: height * period, : width * period]
    return whole.reshape(height, period, width, period).mean(axis=(0, 2))
