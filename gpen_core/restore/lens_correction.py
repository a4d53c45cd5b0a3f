"""Pictures that a wide lens has drawn out of shape: straightened for the network, bent back after pasting."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..image.lens import Lens, undistort, undo
from .image_batch import Image, as_array

Batch = NDArray[np.float32]


def straighten(pictures: Batch, lens: Lens) -> Batch:
    """(B, H, W, 3) pictures with the distortion of `lens` corrected."""
    return np.stack([undistort(pixels, lens) for pixels in pictures])


def straighten_region(region: Image, lens: Lens) -> Image:
    """Regions (H, W) or (B, H, W) as the straightened picture shows them."""
    planes = np.ascontiguousarray(as_array(region), np.float32)
    batch = planes if planes.ndim == 3 else planes[None]
    moved = np.stack([undistort(np.repeat(plane[..., None], 3, axis=2), lens)[..., 0] for plane in batch])
    return moved if planes.ndim == 3 else moved[0]


def bend_back(
    originals: Batch, straight: Batch, results: Batch, masks: Batch, lens: Lens, whole: bool
) -> tuple[Batch, Batch]:
    """Bring what has changed between `straight` and `results` into the pictures as they were taken.

    All (B, H, W, 3). masks: (B, H, W) of the straightened pictures, in [0, 1]. whole: whether they may have changed
    outside the masks too.
    Returns pictures and masks as taken. Pixels outside these masks are bit-identical to `originals` unless `whole`.
    """
    images, bent = np.empty_like(originals), np.empty_like(masks)
    for number, mask in enumerate(masks):
        original, before, after = originals[number], straight[number], results[number]
        images[number], moved = undo(original, before, after, np.ones_like(mask) if whole else mask, lens)
        bent[number] = undo(original, before, after, mask, lens)[1] if whole else moved
    return images, bent
