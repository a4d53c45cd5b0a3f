"""Film grain: noise in clumps of more than a pixel, to which the measure of noise is blind and which looks like detail.

Noise is measured in the face's own pixels and again after halving and quartering them, which brings coarser grain to
where it can be measured. What is more than skin shows at that size is grain.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from ..image.luma import Plane, luma
from ..image.warp import Pixels
from .noise import plane_sigma
from .sharpness import MIDDLES, after_enlarging

_REDUCTIONS = (4, 2, 1)
_FREQUENCY = 0.6  # cycles per px at which noise is measured: of the corners of the kernel's spectrum
# What a sharp face without grain reads at most at so many px of the aligned crop, levels; beyond, eyes and lips are
# read as well. Of held-out faces.
_SIZES, _CLEAN = (1.0, 2.0, 4.0), (0.75, 1.6, 2.2)
_LARGEST_SIZE = 4.6  # px of the crop
_LEAST = 0.1  # of the power measured, where all of it could be skin
_MOST_BELOW = 1.5  # by which power may rise below the lowest frequency at which it was measured
_FEWEST = 12  # px of a side worth measuring


def grain_powers(native: Pixels, scale: float) -> NDArray[np.float64] | None:
    """Power per px of the aligned crop that grain has in each ring of `ring_powers`, (9,); None where there is none.

    native: the face's own pixels, (H, W, 3). scale: crop px per picture px.
    """
    plane = luma(native)
    if scale < 1.0:
        plane, scale = _reduced(plane, 1.0 / scale), 1.0
    frequencies, powers, seen = [], [], False
    for reduction in _REDUCTIONS:
        size = reduction * scale
        if reduction > 1 and (size > _LARGEST_SIZE or min(plane.shape) < _FEWEST * reduction):
            continue
        variance = plane_sigma(_reduced(plane, reduction)) ** 2
        clean = float(np.interp(np.log2(size), np.log2(_SIZES), _CLEAN)) if reduction > 1 else _CLEAN[0]
        seen |= reduction > 1 and variance > clean**2
        powers.append(max(variance - clean**2, _LEAST * variance) * (size / 255.0) ** 2)
        frequencies.append(_FREQUENCY / size)
    if not seen:
        return None
    return _gaussian(np.square(frequencies), np.log(powers)) * after_enlarging(scale)


def _reduced(plane: Plane, factor: float) -> Plane:
    """The plane (H, W) with pixels `factor` times as large."""
    if factor == 1.0:
        return plane
    height, width = (max(int(side / factor), 1) for side in plane.shape)
    return cv2.resize(plane, (width, height), interpolation=cv2.INTER_AREA).astype(np.float32, copy=False)


def _gaussian(squares: NDArray[np.float64], logs: NDArray[np.float64]) -> NDArray[np.float64]:
    """Power in each ring from logarithms of power at squares of frequencies: straight lines between, as of Gaussians.

    squares: rising, at least two.
    """
    slope = min((logs[1] - logs[0]) / (squares[1] - squares[0]), 0.0)
    at_zero = min(logs[0] - slope * squares[0], logs[0] + np.log(_MOST_BELOW))
    return np.exp(np.interp(MIDDLES**2, np.concatenate([[0.0], squares]), np.concatenate([[at_zero], logs])))
