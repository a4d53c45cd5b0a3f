"""Resampling, with one convention: pixel centres are at integers, so a picture reaches from -0.5 to its size - 0.5."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from .warp import Pixels, reduce_pixels


def resize(pixels: Pixels, height: int, width: int) -> Pixels:
    """A (H, W, C) float32 picture in [0, 1] at another size, its values in [0, 1]; the same values at the same size.

    Enlarged by Lanczos (8x8 px), reduced by an antialiased bicubic filter: the best of the common ones either way.
    """
    if (height, width) == pixels.shape[:2]:
        return pixels.copy()
    if height < pixels.shape[0] or width < pixels.shape[1]:
        resampled = reduce_pixels(pixels, height, width)
    else:
        resampled = cv2.resize(pixels, (width, height), interpolation=cv2.INTER_LANCZOS4)
    # OpenCV drops the axis of a single channel.
    return np.clip(resampled, 0.0, 1.0, dtype=np.float32).reshape(height, width, pixels.shape[2])


def bounded_copy(picture: NDArray[np.uint8], long_side: int) -> tuple[NDArray[np.uint8], float]:
    """A copy of a (H, W, 3) uint8 picture whose long side is `long_side` px, and its scale, copy size / picture size.

    By area when reducing, bicubic when enlarging. The scale holds exactly in x and y, although the size of the copy is
    rounded: use `to_original` to bring points back. A strip so narrow that its short side would vanish is reduced only
    until that is one pixel.
    """
    height, width = picture.shape[:2]
    scale = max(long_side / max(height, width), 1 / min(height, width))
    interpolation = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    # Given a size instead of factors, cv2 would stretch each axis to the rounded size.
    copy = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=interpolation)
    return copy.astype(np.uint8, copy=False), scale


def to_original(points: ArrayLike, scale: float) -> NDArray[np.float64]:
    """Points, px of a `bounded_copy`, in px of the picture it was made from. Any shape; boxes are points too."""
    return (np.asarray(points, np.float64) + 0.5) / scale - 0.5
