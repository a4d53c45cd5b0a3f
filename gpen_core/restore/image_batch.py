"""Pictures and regions as callers hand them over, checked and brought to one layout.

Pictures come as (H, W, 3) or (B, H, W, 3) RGB in [0, 1], arrays or tensors of any floating type on any device.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..errors import GPENError

Image = Tensor | NDArray[Any]

_SURELY_EIGHT_BIT = 16.0  # values above can only be 0 to 255; a little above 1 is common after sharpening


def as_batch(image: Image) -> NDArray[np.float32]:
    """(B, H, W, 3) float32 of an image or batch; a copy only where type or layout ask for one.

    Raises GPENError for another shape, integers, values that are not finite or that can only be 8-bit.
    """
    array = as_array(image)
    if array.ndim in (3, 4) and array.shape[-1] == 3 and 0 in array.shape:
        raise GPENError(
            f"There is no picture in what was given: its shape is {tuple(array.shape)}.\n"
            "Expected an image (H, W, 3) or a batch (B, H, W, 3) with at least one picture of at least one pixel."
        )
    if array.ndim not in (3, 4) or array.shape[-1] != 3:
        raise GPENError(
            f"Expected an image (H, W, 3) or a batch (B, H, W, 3) of RGB values, got shape {tuple(array.shape)}.\n"
            "Drop an alpha channel, repeat a grey one three times, and put the channels last."
        )
    if not np.issubdtype(array.dtype, np.floating):
        raise GPENError(f"Expected floating-point values from 0 to 1, got {array.dtype}.\nDivide 8-bit values by 255.")
    array = np.ascontiguousarray(array, np.float32)
    array = array if array.ndim == 4 else array[None]
    for number, picture in enumerate(array):
        lowest, highest = float(picture.min()), float(picture.max())
        if not np.isfinite(lowest + highest):
            raise GPENError(f"Picture {number} holds values that are not finite (NaN or infinity).\nRepair it first.")
        if highest > _SURELY_EIGHT_BIT:
            raise GPENError(f"Picture {number} has values up to {highest:g}, expected 0 to 1.\nDivide by 255.")
    return array


def as_regions(region: Image | None, pictures: NDArray[np.float32]) -> list[NDArray[np.bool_] | None]:
    """For each picture where its region is 0.5 or more, or None without one. region: (H, W) for all, or (B, H, W)."""
    if region is None:
        return [None] * len(pictures)
    return [plane >= 0.5 for plane in as_planes(region, pictures)]


def as_planes(region: Image, pictures: NDArray[np.float32]) -> list[NDArray[np.float32]]:
    """For each picture its plane (H, W). region: (H, W) for all, or (B, H, W). Raises GPENError for another shape."""
    count, height, width = pictures.shape[:3]
    array = as_array(region)
    if array.shape == (height, width):
        array = np.broadcast_to(array, (count, height, width))
    if array.shape != (count, height, width):
        raise GPENError(
            f"The region must have the picture's size ({height}, {width}), or ({count}, {height}, {width}) for one per "
            f"picture, got {tuple(array.shape)}."
        )
    return list(np.clip(array.astype(np.float32), 0.0, 1.0))


def like_input(batch: NDArray[np.float32], image: Image) -> Tensor:
    """A batch as a tensor, without its first axis where the caller gave a single image."""
    tensor = torch.from_numpy(batch)
    return tensor[0] if image.ndim == 3 else tensor


def as_array(values: Image) -> NDArray[Any]:
    """A numpy array of an array or tensor; floating-point tensors come in float32, others in their own type.

    Raises GPENError for a tensor that holds no plain values.
    """
    if not isinstance(values, Tensor):
        return np.asarray(values)
    if values.layout is not torch.strided or values.is_meta or values.is_quantized:
        kind = "meta" if values.is_meta else "quantised" if values.is_quantized else "sparse"
        raise GPENError(f"Expected a dense tensor of values, got a {kind} one.\nGive its values, with to_dense() say.")
    values = values.detach().cpu()  # numpy has no bfloat16
    return (values.float() if values.is_floating_point() else values.resolve_conj()).numpy()
