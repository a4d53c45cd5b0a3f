"""Removing noise without softening edges: bands of detail, each shrunk where it is no stronger than the noise in it.

Bands are differences of ever wider blurs ("a trous", Starck and Murtagh, 1994); each is shrunk by the local Wiener
filter (Lee, 1980): variance above that of the noise, as a share of the variance.
"""

from __future__ import annotations

import math

import cv2
import numpy as np

from ..image.luma import join_luma, split_luma
from ..image.warp import Pixels, Plane

_LEVELS = (1, 4)  # bands: at one crop pixel per picture pixel, and at most where the crop is enlarged
_FLAT = 0.2  # quantile of the local strength of a band that is taken for its noise: some part of any face is flat
_MARGIN = 1.5  # so much above the noise a band is still shrunk to nothing
_MOST = 0.1  # standard deviation of noise; what is stronger is taken for texture
_FAINT = 1e-5


def denoise(pixels: Pixels, amount: float | Plane, levels: int) -> Pixels:
    """Noise of (H, W, 3) pixels reduced. amount: 0 (nothing) to 1 (all that is found), a number or (H, W).

    levels: as by `noise_levels`.
    """
    clean = join_luma([_clean(plane, levels) for plane in split_luma(pixels)])
    share = np.asarray(amount, np.float32)
    return (pixels + (share[..., None] if share.ndim else share) * (clean - pixels)).astype(np.float32, copy=False)


def noise_levels(enlargement: float) -> int:
    """Bands in which the noise of a picture lies that has been enlarged so many times: an octave each."""
    fewest, most = _LEVELS
    return min(fewest + round(math.log2(max(enlargement, 1.0))), most)


def _clean(plane: Plane, levels: int) -> Plane:
    if not np.abs(plane).max() > _FAINT:  # the colour of a grey picture
        return plane
    result = plane
    smooth = plane
    for level in range(levels):
        side = 2 ** (level + 1) + 1
        wider = _blur(_blur(smooth, side), side)
        band = smooth - wider
        power = _blur(np.square(band), 2 * side + 1)
        noise = min(float(np.sqrt(np.quantile(power[::4, ::4], _FLAT))), _MOST) * _MARGIN
        if noise > _FAINT:
            result = result - band * np.minimum(np.float32(noise**2) / (power + np.float32(_FAINT**2)), 1.0)
        smooth = wider
    return result


def _blur(plane: Plane, side: int) -> Plane:
    return cv2.blur(plane, (side, side)).astype(np.float32, copy=False)
