"""What is compared: (H, W, 3) RGB in the 256 levels that a file holds."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from ..errors import GPENError
from ..image import read_picture
from ..image.warp import Pixels

Levels = NDArray[np.uint8]
Samples = NDArray[np.float64]

_BY_AREA = 2  # times the wanted size: from there on bicubic interpolation, which reads 4x4 px, would alias


def to_levels(pixels: Pixels) -> Levels:
    """(H, W, 3) in [0, 1] rounded to the nearest of 256 levels; values outside are clamped."""
    return (np.clip(pixels, 0.0, 1.0) * 255.0 + 0.5).astype(np.uint8)


def read_levels(path: Path) -> Levels:
    """A square picture file as (H, H, 3). Raises PictureError where it cannot be read, GPENError for another shape."""
    picture = to_levels(read_picture(path).pixels.numpy())
    height, width = picture.shape[:2]
    if height != width:
        raise GPENError(f"{path} has {width} x {height} px: an aligned face was expected, which is square.")
    return picture


def sharp_at(picture: Levels, side: int) -> Levels:
    """A sharp square picture as (side, side, 3): reduced by area, enlarged bicubically."""
    return _resized(picture, side, cv2.INTER_AREA if len(picture) > side else cv2.INTER_CUBIC)


def degraded_at(picture: Levels, side: int) -> Levels:
    """A degraded square picture as (side, side, 3): bicubically, the usual baseline; from twice the size by area."""
    return _resized(picture, side, cv2.INTER_AREA if len(picture) >= _BY_AREA * side else cv2.INTER_CUBIC)


def _resized(picture: Levels, side: int, interpolation: int) -> Levels:
    if picture.shape[:2] == (side, side):
        return picture
    return cv2.resize(picture, (side, side), interpolation=interpolation).astype(np.uint8, copy=False)


def check_same_size(true: Levels, picture: Levels, least: int = 1) -> None:
    """Raises GPENError unless both are (H, W, 3) uint8 of the same size, of at least `least` px each way."""
    for each in (true, picture):
        if each.dtype != np.uint8 or each.ndim != 3 or each.shape[2] != 3:
            raise GPENError(f"Pictures to compare must be (H, W, 3) uint8, got {each.shape} {each.dtype}.")
    if true.shape != picture.shape:
        raise GPENError(
            f"Pictures of different sizes cannot be compared: {_size(true)} and {_size(picture)} px.\n"
            "Bring one to the size of the other first."
        )
    if min(true.shape[:2]) < least:
        raise GPENError(f"A picture of {_size(true)} px is too small for this measure: it needs {least} px each way.")


def _size(picture: Levels) -> str:
    return f"{picture.shape[1]} x {picture.shape[0]}"
