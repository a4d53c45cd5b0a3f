"""Local contrast: contrast-limited adaptive histogram equalisation (CLAHE) of lightness, in float.

Zuiderveld, Graphics Gems IV, 1994, with OpenCV's handling of tiles, clipping and borders. OpenCV's own function pulls
the steps of 8 bits apart into bands. On 16 bits it is another function: a tile of 128 px has a quarter of a pixel for
each of 65536 levels, and the limit, which is a whole pixel at least, is one for every clip below 8.
"""

from __future__ import annotations

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from ..errors import GPENError
from ..progress import Progress, part_of, silent
from .bands import bands
from .colour import fit_gamut, lab_to_rgb, linear_to_srgb, luminance, rgb_to_lab, srgb_to_linear
from .warp import Pixels, Plane

Levels = NDArray[np.uint8]

_LEVELS = 256
_PER_LIGHTNESS = 2.55  # levels of OpenCV's 8-bit LAB per unit of L
_NEAR = 0.98  # levels, to what OpenCV makes of 8 bits; less than 1 for the rounding of colours
_GRAIN = 8.0  # levels: what varies less within a window counts as grain
_GRAIN_WINDOW = 9  # px, more than a JPEG block
_MEASURED, _SMOOTHED, _EQUALISED, _DONE = 30, 55, 85, 100  # how far the work is after its stages, about, in hundredths


def clahe(
    picture: Pixels,
    clip: float = 2.0,
    grid: int = 8,
    strength: float = 100.0,
    mask: Plane | None = None,
    keep_grain: bool = False,
    progress: Progress = silent,
) -> Pixels:
    """Equalise the lightness (L of CIE LAB) of a picture tile by tile; hue and chroma stay.

    picture: (H, W, 3) float32 RGB in [0, 1]. clip: how much steeper than even the curve of a tile may become. grid:
    tiles in each direction. strength: 0 to 100. mask: (H, W) in [0, 1], where and how much; None is everywhere.
    keep_grain: leave grain, JPEG blocks and pores as faint as they are, and give contrast to larger things only.
    Where mask or strength is 0 values are bit-identical, and grey stays grey. For a picture whose values are whole
    8-bit levels, L is within 1 level (of 255) of what cv2.createCLAHE makes of 8-bit LAB, unless grain is kept. Colours
    that sRGB cannot show at their new lightness lose chroma. progress: called with hundredths of the work, for every
    megapixel; an exception it raises stops the work. Raises GPENError for a setting out of its range.
    """
    _check(picture, clip, grid, strength, mask)
    if strength == 0.0 or (mask is not None and not mask.any()):
        return picture.copy()
    result = _equalised(picture, clip, grid, keep_grain, progress)
    height, width = picture.shape[:2]
    for band in bands(height, width, part_of(progress, _EQUALISED, _DONE, _DONE)):
        everywhere = np.ones(result[band].shape[:2], np.float32) if mask is None else mask[band]
        amount = (everywhere * (strength / 100.0)).astype(np.float32)[..., None]
        result[band] = picture[band] + amount * (result[band] - picture[band])
    return result


def _check(picture: Pixels, clip: float, grid: int, strength: float, mask: Plane | None) -> None:
    if not clip > 0.0:
        raise GPENError(f"clip must be above 0, got {clip}.\n2 is usual, 4 is strong.")
    if grid < 1:
        raise GPENError(f"grid must be at least 1 tile, got {grid}.")
    if not 0.0 <= strength <= 100.0:
        raise GPENError(f"strength must be 0 to 100, got {strength}.")
    if mask is not None and mask.shape != picture.shape[:2]:
        raise GPENError(f"The mask is {mask.shape}, the picture {picture.shape[:2]}: they must have the same size.")


def _equalised(picture: Pixels, clip: float, grid: int, keep_grain: bool, progress: Progress) -> Pixels:
    rgb = torch.from_numpy(np.ascontiguousarray(picture)).permute(2, 0, 1).clamp(0.0, 1.0)
    levels, exact = _opencv_levels(rgb, part_of(progress, 0, _MEASURED, _DONE))
    curves, tile_height, tile_width = _tile_curves(levels, clip, grid)
    smooth = _without_grain(rgb, part_of(progress, _MEASURED, _SMOOTHED, _DONE)) if keep_grain else None
    expected = cv2.createCLAHE(clip, (grid, grid)).apply(levels) if exact and not keep_grain else None
    result = np.empty(picture.shape, np.float32)
    height, width = picture.shape[:2]
    for band in bands(height, width, part_of(progress, _SMOOTHED, _EQUALISED, _DONE)):
        lab = rgb_to_lab(rgb[:, band])
        lightness = lab[0] * _PER_LIGHTNESS
        base = lightness if smooth is None else smooth[band]
        raised = _through(curves, base, band.start / tile_height, tile_height, tile_width) + (lightness - base)
        if expected is not None:  # where curves are steep, the exact L of 8-bit colours leads away from OpenCV's
            near = torch.from_numpy(expected[band]).float()
            raised = raised.clamp(near - _NEAR, near + _NEAR)
        lab[0] = (raised / _PER_LIGHTNESS).clamp(0.0, 100.0)
        result[band] = _to_rgb(lab, rgb[:, band]).permute(1, 2, 0).numpy()
    return result


def _opencv_levels(rgb: Tensor, progress: Progress) -> tuple[Levels, bool]:
    """L of OpenCV's 8-bit LAB, (H, W), and whether the picture has no values between 8-bit levels."""
    height, width = rgb.shape[1:]
    levels, exact = np.empty((height, width), np.uint8), True
    for band in bands(height, width, progress):
        scaled = np.ascontiguousarray(rgb[:, band].permute(1, 2, 0).numpy()) * np.float32(255.0)
        eight_bit = np.rint(scaled)
        levels[band] = cv2.cvtColor(eight_bit.astype(np.uint8), cv2.COLOR_RGB2LAB)[..., 0]
        exact = exact and bool(np.abs(scaled - eight_bit).max() < 1e-3)
    return levels, exact


def _without_grain(rgb: Tensor, progress: Progress) -> Tensor:
    """L in levels, (H, W), without grain and JPEG blocks: He, Sun and Tang's guided filter (PAMI 2013), self-guided."""

    def mean(plane: Plane) -> Plane:
        progress(1, 1)  # each takes a while on a large picture
        return cv2.boxFilter(plane, -1, (_GRAIN_WINDOW, _GRAIN_WINDOW)).astype(np.float32, copy=False)

    parts = [rgb_to_lab(rgb[:, band])[0] for band in bands(rgb.shape[1], rgb.shape[2], progress)]
    lightness = (torch.cat(parts) * _PER_LIGHTNESS).numpy()
    average = mean(lightness)
    variance = mean(np.square(lightness - average, dtype=np.float32))
    kept = variance / (variance + np.float32(_GRAIN**2))
    offset = np.multiply(average, 1.0 - kept, dtype=np.float32)
    return torch.from_numpy(mean(kept) * lightness + mean(offset))


def _tile_curves(levels: Levels, clip: float, grid: int) -> tuple[Tensor, int, int]:
    """Level -> new level for each tile, (grid, grid, 256) float32, and the height and width of a tile, px."""
    height, width = levels.shape
    if height % grid or width % grid:
        # Like OpenCV, which then adds a whole tile's worth to a side that is divisible.
        bottom, right = grid - height % grid, grid - width % grid
        levels = cv2.copyMakeBorder(levels, 0, bottom, 0, right, cv2.BORDER_REFLECT_101).astype(np.uint8, copy=False)
    tile_height, tile_width = levels.shape[0] // grid, levels.shape[1] // grid
    tiles = levels.reshape(grid, tile_height, grid, tile_width).swapaxes(1, 2).reshape(grid * grid, -1)
    numbered = tiles.astype(np.int64) + np.arange(grid * grid)[:, None] * _LEVELS
    histograms = np.bincount(numbered.ravel(), minlength=grid * grid * _LEVELS).reshape(-1, _LEVELS)
    area = tile_height * tile_width
    limit = max(int(clip * area / _LEVELS), 1)
    clipped = np.stack([_clipped(histogram, limit) for histogram in histograms])
    curves = np.cumsum(clipped, axis=1) * ((_LEVELS - 1) / area)
    return torch.from_numpy(curves.astype(np.float32)).reshape(grid, grid, _LEVELS), tile_height, tile_width


def _clipped(histogram: NDArray[np.int64], limit: int) -> NDArray[np.int64]:
    """What exceeds the limit is given to all levels alike, the remainder to every n-th."""
    excess = int(np.maximum(histogram - limit, 0).sum())
    share, remainder = divmod(excess, _LEVELS)
    result = np.minimum(histogram, limit) + share
    if remainder:
        step = max(_LEVELS // remainder, 1)
        result[: remainder * step : step] += 1
    return result


def _through(curves: Tensor, levels: Tensor, first_row: float, tile_height: int, tile_width: int) -> Tensor:
    """New levels (H, W): linear between the curves of neighbouring tiles and between their 256 points.

    levels: (H, W), 0 to 255. first_row: in tiles.
    """
    grid = curves.shape[0]
    height, width = levels.shape
    y = first_row + torch.arange(height) / tile_height - 0.5
    x = torch.arange(width) / tile_width - 0.5
    where = torch.empty(1, 1, height, width, 3)
    where[0, 0, ..., 0] = (2 * x + 1) / grid - 1
    where[0, 0, ..., 1] = ((2 * y + 1) / grid - 1)[:, None]
    where[0, 0, ..., 2] = (2 * levels + 1) / _LEVELS - 1
    volume = curves.permute(2, 0, 1)[None, None].contiguous()
    return F.grid_sample(volume, where, mode="bilinear", padding_mode="border", align_corners=False)[0, 0, 0]


def _to_rgb(lab: Tensor, before: Tensor) -> Tensor:
    """sRGB of (3, H, W) LAB; exactly grey where the picture was before."""
    rgb = lab_to_rgb(lab)
    outside = ((rgb < 0.0) | (rgb > 1.0)).any(dim=0)
    if outside.any():
        rgb[:, outside] = linear_to_srgb(fit_gamut(srgb_to_linear(rgb[:, outside][:, None])))[:, 0]
    grey = (before == before[:1]).all(dim=0)
    return torch.where(grey, luminance(rgb), rgb).clamp(0.0, 1.0)
