"""Resampling, with one convention: pixel centres are at integers, so a picture reaches from -0.5 to its size - 0.5."""

from __future__ import annotations

import cv2
import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Tensor
from torch.nn import functional as F


def reduce(x: Tensor, height: int, width: int) -> Tensor:
    """Antialiased bicubic (a = -0.5, as Pillow) of (B, C, H, W) in [0, 1] to a smaller size; float32 in [0, 1]."""
    return _bicubic(x, height, width, antialias=True)


def enlarge(x: Tensor, height: int, width: int) -> Tensor:
    """Bicubic (a = -0.75, as OpenCV) of (B, C, H, W) in [0, 1] to a larger size; float32 in [0, 1]."""
    return _bicubic(x, height, width, antialias=False)


def _bicubic(x: Tensor, height: int, width: int, antialias: bool) -> Tensor:
    # Apple GPUs have the antialiased kernel from PyTorch 2.8 on (pytorch #149378).
    source = x.to("cpu" if x.device.type == "mps" else x.device, torch.float32)
    resampled = F.interpolate(source, (height, width), mode="bicubic", align_corners=False, antialias=antialias)
    return resampled.clamp(0, 1).to(x.device)


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
