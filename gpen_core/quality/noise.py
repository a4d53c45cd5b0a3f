"""Standard deviation of noise, measured where the picture is flat."""

from __future__ import annotations

import cv2
import numpy as np

from ..image.luma import Plane
from ..image.warp import Pixels

# Blind to any ramp, so that what is left of a flat place is noise; its weights' root sum of squares is 6
# (Immerkaer, 1996).
_KERNEL = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32)
_KERNEL_NORM = 6.0
_TO_SIGMA = 1.4826  # median of absolute values -> standard deviation, of a normal distribution
_SMOOTHING = 2.0  # px, sigma of the blur whose gradient says what is flat
_FLATTEST = 0.4  # of the pixels
_DARKEST, _BRIGHTEST = 9.0, 246.0  # levels; noise beyond is clipped and would read too low
_FEWEST = 64  # pixels a median can be trusted on


def noise_sigma(pixels: Pixels) -> float:
    """Noise of one channel of (H, W, 3), levels of 255: the median of the three channels.

    The pixels must be the picture's own: resampling averages noise away, as JPEG does. A clean photo reads 0.5 to 2.
    """
    return float(np.median([plane_sigma(np.ascontiguousarray(pixels[..., channel])) for channel in range(3)]))


def plane_sigma(plane: Plane) -> float:
    """Noise of one channel (H, W), levels."""
    levels = plane * np.float32(255.0)
    smooth = cv2.GaussianBlur(levels, (0, 0), _SMOOTHING)
    steepness = np.hypot(cv2.Sobel(smooth, cv2.CV_32F, 1, 0), cv2.Sobel(smooth, cv2.CV_32F, 0, 1))
    valid = (smooth >= _DARKEST) & (smooth <= _BRIGHTEST)
    if np.count_nonzero(valid) * _FLATTEST < _FEWEST:
        valid = np.ones_like(valid)
    flat = valid & (steepness <= np.quantile(steepness[valid], _FLATTEST))
    residual = np.abs(cv2.filter2D(levels, cv2.CV_32F, _KERNEL))
    return float(np.median(residual[flat])) * _TO_SIGMA / _KERNEL_NORM
