"""Colour without light: what colours are spread with, over a picture that has none."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from ..image.luma import luma
from ..image.warp import Pixels, Plane

# The grid in which colours are spread: cells along the longer side of the picture, and levels of luma. Colours travel
# to neighbouring cells of the same luma first: skin to neck and ears, not to the wall behind.
_CELLS, _LEVELS = 96, 12
_REACHES = (1.0, 3.0, 9.0, 27.0, 81.0)  # cells, sigma of the Gaussians; each counts where all before it have nothing
_LUMA_REACHES = (0.5, 0.7, 1.0, 2.0, 6.0)  # levels
_FAINTER = 1e-2
_NOTHING = 1e-15


def chroma_of(pixels: Pixels) -> Pixels:
    """(H, W, 3): what is left of each channel without the luma."""
    return pixels - luma(pixels)[..., None]


def with_chroma(light: Plane, chroma: Pixels) -> Pixels:
    """The colour of that luma (H, W) and chroma (H, W, 3), the chroma reduced where it would leave [0, 1]."""
    room = np.where(chroma > 0.0, np.float32(1.0) - light[..., None], light[..., None])
    scale = np.min(room / np.maximum(np.abs(chroma), 1e-6), axis=2)
    return (light[..., None] + chroma * np.clip(scale, 0.0, 1.0)[..., None]).astype(np.float32)


def spread_chroma(light: Plane, chroma: Pixels, known: Plane) -> Pixels:
    """Chroma for a whole picture (H, W, 3), from where it is known.

    light: (H, W) luma in [0, 1]. known: (H, W) in [0, 1]. The nearest colours of about the same luma are taken, as in
    a bilateral grid (Chen, Paris and Durand, 2007). Without any known colour all is zero.
    """
    height, width = light.shape
    scale = _CELLS / max(height, width)
    cells = max(round(width * scale), 1), max(round(height * scale), 1)
    weighted = np.dstack([chroma * known[..., None], known])
    grid = np.stack([_reduced(weighted * _tent(light, level)[..., None], cells) for level in range(_LEVELS)])
    grid = _spread(grid)
    total = np.zeros((height, width, 4), np.float32)
    for level in range(_LEVELS):
        total += (
            cv2.resize(grid[level], (width, height), interpolation=cv2.INTER_LINEAR) * _tent(light, level)[..., None]
        )
    return (total[..., :3] / np.maximum(total[..., 3:], _NOTHING)).astype(np.float32)


def _tent(light: Plane, level: int) -> Plane:
    return np.clip(1.0 - np.abs(light * (_LEVELS - 1) - level), 0.0, 1.0).astype(np.float32)


def _reduced(values: NDArray[np.float32], size: tuple[int, int]) -> NDArray[np.float32]:
    return cv2.resize(values, size, interpolation=cv2.INTER_AREA).reshape(size[1], size[0], 4).astype(np.float32)


def _spread(grid: NDArray[np.float32]) -> NDArray[np.float32]:
    """The grid (levels, rows, columns, 4) with every cell filled from the nearest that has something."""
    filled = np.zeros_like(grid)
    levels = np.arange(_LEVELS)
    for number, (reach, across) in enumerate(zip(_REACHES, _LUMA_REACHES, strict=True)):
        between = np.exp(-0.5 * np.square((levels[:, None] - levels[None, :]) / across)).astype(np.float32)
        blurred = np.stack([cv2.GaussianBlur(each, (0, 0), reach, borderType=cv2.BORDER_REPLICATE) for each in grid])
        filled += np.float32(_FAINTER**number) * np.einsum("ab,b...->a...", between, blurred)
    return filled
