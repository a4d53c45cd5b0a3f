"""How close a picture is to the true one, pixel by pixel: PSNR and SSIM.

Both work on 8-bit pictures, as papers report them. SSIM: Wang et al., "Image Quality Assessment: From Error Visibility
to Structural Similarity", IEEE TIP 2004, with a uniform window, which is scikit-image's default too.
"""

from __future__ import annotations

import math

import cv2
import numpy as np

from .levels import Levels, Samples, check_same_size

_WINDOW = 7  # px, side
_K1, _K2 = 0.01, 0.03
_PEAK = 255.0


def psnr(true: Levels, picture: Levels) -> float:
    """Peak signal-to-noise ratio in dB of two (H, W, 3) uint8 pictures, all channels together; inf for equal ones.

    Raises GPENError for pictures of different sizes.
    """
    check_same_size(true, picture)
    error = float(np.mean(np.square(true.astype(np.float64) - picture)))
    return math.inf if error == 0.0 else 10.0 * math.log10(_PEAK**2 / error)


def ssim(true: Levels, picture: Levels) -> float:
    """Structural similarity, -1 to 1, of two (H, W, 3) uint8 pictures: the mean over windows of 7x7 px and channels.

    Raises GPENError for pictures of different sizes, or below 7x7 px.
    """
    check_same_size(true, picture, least=_WINDOW)
    x, y = true.astype(np.float64), picture.astype(np.float64)
    mean_x, mean_y = _local_mean(x), _local_mean(y)
    unbiased = _WINDOW**2 / (_WINDOW**2 - 1)
    variance_x = unbiased * (_local_mean(x * x) - mean_x * mean_x)
    variance_y = unbiased * (_local_mean(y * y) - mean_y * mean_y)
    covariance = unbiased * (_local_mean(x * y) - mean_x * mean_y)
    c1, c2 = (_K1 * _PEAK) ** 2, (_K2 * _PEAK) ** 2
    likeness = (2 * mean_x * mean_y + c1) * (2 * covariance + c2)
    likeness /= (mean_x**2 + mean_y**2 + c1) * (variance_x + variance_y + c2)
    return float(likeness.mean())


def _local_mean(values: Samples) -> Samples:
    """Of the windows that lie wholly inside."""
    inside = slice(_WINDOW // 2, -(_WINDOW // 2))
    return cv2.blur(values, (_WINDOW, _WINDOW))[inside, inside].astype(np.float64, copy=False)
