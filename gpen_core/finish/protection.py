"""Keeping skin its own: tone and light, pores, grain, beard and wrinkles of the original on a restored face.

The original gives what the network does not know better: slow changes of colour and light, and texture. Features of
the sizes between are the network's. All sizes are px of a face aligned to the network's crop at 512 px.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from ..errors import GPENError
from ..image.luma import luma
from ..image.warp import Pixels, Plane

ALIGNED_SIZE = 512  # px, side of the crop that all sizes are given in
_SKIN_AREA = 0.22 * ALIGNED_SIZE**2  # px of skin in it, the median of 120 CelebA-HQ faces
# Sigma, px: colour and light that vary more slowly are the original's. Pictures to be restored are blurred: a size near
# that blur, a dozen px, would flatten the shading of a sharp face; of colour nobody sees it.
_COLOUR, _LIGHT = 6.0, 20.0
_TEXTURE = (1.5, 4.0)  # px, sigma: the bands of texture
_FOLDS = (1.5, 4.0, 10.0)  # px, sigma: those of texture, folds and spots
_WINDOW = 2.0  # px, sigma of the window in which detail is compared
_SMOOTHED, _EDGE = 6.0, 0.06  # px, range of values: the edge-preserving filter that smooths
_FAINT = 0.5 / 255.0  # detail below that is rounding
_REDUCED_SIGMA = 2.0  # px: wide blurs are computed on a copy reduced until they are about that wide


@dataclass(frozen=True)
class SkinProtection:
    """How much of the original the skin keeps.

    colour, light: of what varies slowly, 0 (the network's) to 100 (the original's).
    texture: 0 (the network's alone) to 1 (all of the original's is back).
    smooth: 0.5 leaves the skin as smooth as the network makes it; towards 0 the original's folds and spots come back,
        towards 1 skin gets smoother than that.
    match: whether `blend_skin` gives faces the sharpness and grain of the picture around them.
    Raises GPENError for a value out of its range.
    """

    colour: float = 100.0
    light: float = 100.0
    texture: float = 0.3
    smooth: float = 0.5
    match: bool = True

    def __post_init__(self) -> None:
        for name, most in (("colour", 100.0), ("light", 100.0), ("texture", 1.0), ("smooth", 1.0)):
            value = getattr(self, name)
            if not 0.0 <= value <= most:
                raise GPENError(f"{name} must be 0 to {most:g}, got {value}.")


def protect_skin(
    original: Pixels,
    enhanced: Pixels,
    skin: Plane,
    protection: SkinProtection,
    keep: Plane | None = None,
    scale: float | None = None,
) -> Pixels:
    """The enhanced face with tone and texture of the original's skin.

    original, enhanced: (H, W, 3) float32 RGB in [0, 1], of the same size: crops, or pictures with one face. skin, keep:
    (H, W) in [0, 1]; where keep is 1 the original stays. scale: px of these pictures per px of the face aligned at 512
    px; None: from the area of the skin.
    Where skin and keep are 0, pixels are bit-identical to `enhanced`; so are all at the neutral settings (colour, light
    and texture 0, smooth 0.5); where keep is 1, to `original`. The exception: a grey original makes all grey, by as
    much as `colour` says. Raises GPENError where sizes differ.
    """
    require_same_size(original, enhanced, skin, keep)
    share = protection.colour / 100.0
    result = desaturated(enhanced, share) if share > 0.0 and is_exactly_grey(original) else enhanced.copy()
    area = _bounds(skin)
    if area is not None:
        if scale is None:
            scale = max(math.sqrt(float(skin.sum()) / _SKIN_AREA), 1.0 / ALIGNED_SIZE)
        result[area] = _protect(original[area], result[area], skin[area], protection, scale)
    return result if keep is None else keep_original(original, result, keep)


def keep_original(original: Pixels, result: Pixels, keep: Plane) -> Pixels:
    """The result with the original where keep, (H, W) in [0, 1], says so; bit-identical where it is 1."""
    share = keep[..., None]
    return (np.float32(1.0) - share) * result + share * original


def require_same_size(original: Pixels, enhanced: Pixels, *masks: Plane | None) -> None:
    """Raises GPENError unless both pictures and all masks that are there have the same height and width."""
    if original.shape != enhanced.shape:
        raise GPENError(
            f"Original and enhanced picture differ in size: {_size(original)} and {_size(enhanced)}.\n"
            "Resize one to the size of the other before blending."
        )
    for mask in masks:
        if mask is not None and mask.shape != enhanced.shape[:2]:
            raise GPENError(
                f"A mask is {_size(mask)}, the pictures are {_size(enhanced)}.\nResize the mask to the pictures' size."
            )


def is_exactly_grey(pixels: Pixels) -> bool:
    """Whether the channels of (H, W, 3) are equal in every pixel."""
    red, green, blue = pixels[..., 0], pixels[..., 1], pixels[..., 2]
    return bool(np.array_equal(red, green) and np.array_equal(green, blue))


def desaturated(pixels: Pixels, share: float) -> Pixels:
    """(H, W, 3) mixed with its grey; exactly grey for a share of 1. Pixels that are grey stay bit-identical."""
    grey = luma(pixels)[..., None]
    red, green, blue = pixels[..., :1], pixels[..., 1:2], pixels[..., 2:]
    coloured = (red != green) | (green != blue)  # far faster than a maximum over three values
    mixed = np.float32(1.0 - share) * pixels + np.float32(share) * grey
    return np.where(coloured, mixed, pixels)


def _protect(original: Pixels, enhanced: Pixels, skin: Plane, protection: SkinProtection, scale: float) -> Pixels:
    change = _tone_change(original, enhanced, skin, protection, scale)
    detail = _detail_change(luma(original), luma(enhanced), skin, protection, scale)
    if detail is not None:
        change += detail[..., None]
    touched = (skin > 0.0)[..., None] & (change != 0.0)
    return np.where(touched, np.clip(enhanced + skin[..., None] * change, 0.0, 1.0), enhanced)


def _tone_change(original: Pixels, enhanced: Pixels, skin: Plane, protection: SkinProtection, scale: float) -> Pixels:
    """What slow changes of colour and light differ by. Only skin is averaged: no lip or hair colours what is beside."""
    change = np.zeros_like(enhanced)
    difference = original - enhanced
    if protection.colour > 0.0:
        slow = _average(difference, skin, _COLOUR * scale)
        change += np.float32(protection.colour / 100.0) * (slow - luma(slow)[..., None])
    if protection.light > 0.0:
        slow = _average(luma(difference), skin, _LIGHT * scale)
        change += np.float32(protection.light / 100.0) * slow[..., None]
    return change


def _detail_change(
    original: Plane, enhanced: Plane, skin: Plane, protection: SkinProtection, scale: float
) -> Plane | None:
    """What is to be added to the luma of the enhanced face for the wanted texture and smoothness."""
    smoother, rougher = max(2.0 * protection.smooth - 1.0, 0.0), max(1.0 - 2.0 * protection.smooth, 0.0)
    fine = protection.texture * (1.0 - rougher)
    if smoother == 0.0 and rougher == 0.0 and fine == 0.0:
        return None
    smoothed = enhanced
    if smoother > 0.0:
        smoothed = enhanced + np.float32(smoother) * (_edge_preserving(enhanced, scale) - enhanced)
    wanted = smoothed
    for amount, bands in ((fine, _TEXTURE), (rougher, _FOLDS)):
        if amount > 0.0:
            wanted = wanted + np.float32(amount) * _missing_detail(original, smoothed, skin, bands, scale)
    return wanted - enhanced


def _missing_detail(original: Plane, enhanced: Plane, skin: Plane, bands: tuple[float, ...], scale: float) -> Plane:
    """Detail of the original that the enhanced face lacks.

    How much of it is there already, perhaps sharper, regression in a window around each pixel tells, for each band of
    sizes. That is left out: added again it would give wrinkles a double, and lay a blurred original over a sharp face.
    """
    missing = np.zeros_like(original)
    both = np.stack([original, enhanced], axis=2)
    for sigma in bands:
        coarser = _average(both, skin, sigma * scale)
        detail = both - coarser
        theirs = detail[..., :1]
        products = _average((detail * theirs).astype(np.float32, copy=False), skin, _WINDOW * scale)
        present = products[..., 1] / (products[..., 0] + np.float32(_FAINT**2))
        missing += np.clip(1.0 - present, 0.0, 1.0) * theirs[..., 0]
        both = coarser
    return missing


def _average(values: NDArray[np.float32], weight: Plane, sigma: float) -> NDArray[np.float32]:
    """Gaussian averages (H, W, C) of the pixels that have weight."""
    height, width = weight.shape
    factor = max(int(sigma / _REDUCED_SIGMA), 1)
    size = max(width // factor, 1), max(height // factor, 1)
    small = np.dstack([values.reshape(height, width, -1) * weight[..., None], weight])
    if factor > 1:
        small = cv2.resize(small, size, interpolation=cv2.INTER_AREA)
    small = cv2.GaussianBlur(small, (0, 0), sigma / factor)
    average = small[..., :-1] / np.maximum(small[..., -1:], 1e-4)
    if factor > 1:
        average = cv2.resize(average, (width, height), interpolation=cv2.INTER_LINEAR)
    return average.reshape(values.shape).astype(np.float32, copy=False)


def _edge_preserving(light: Plane, scale: float) -> Plane:
    """Guided filter of a plane by itself (He, Sun and Tang, 2010): flat where it varies less than an edge."""
    side = 2 * max(round(_SMOOTHED * scale), 1) + 1
    mean, power = _box(light, side), _box(light * light, side)
    variance = np.maximum(power - mean * mean, np.float32(0.0))
    flatness = np.float32(_EDGE**2) / (variance + np.float32(_EDGE**2))
    smooth = light + _box(flatness * mean, side) - _box(flatness, side) * light
    return smooth.astype(np.float32, copy=False)


def _box(plane: Plane, side: int) -> Plane:
    return cv2.blur(plane, (side, side)).astype(np.float32, copy=False)


def _bounds(skin: Plane) -> tuple[slice, slice] | None:
    """The rectangle that holds all skin."""
    rows, columns = np.flatnonzero(skin.any(axis=1)), np.flatnonzero(skin.any(axis=0))
    if rows.size == 0:
        return None
    return slice(int(rows[0]), int(rows[-1]) + 1), slice(int(columns[0]), int(columns[-1]) + 1)


def _size(array: NDArray[np.float32]) -> str:
    return f"{array.shape[1]}x{array.shape[0]} px"
