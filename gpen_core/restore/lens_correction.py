"""Restoring faces that a wide lens has drawn out of shape: corrected before, undone after pasting."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..faces import FaceDetector
from ..image.lens import Lens, undistort, undo
from ..model import GPENModel
from ..settings import RestoreSettings
from .image_batch import Image, as_array, as_batch, like_input
from .pipeline import Progress, RestoreResult, restore


def restore_through_lens(
    image: Image,
    model: GPENModel,
    lens: Lens,
    settings: RestoreSettings | None = None,
    *,
    detector: str | FaceDetector = "auto",
    region: Image | None = None,
    progress: Progress | None = None,
) -> RestoreResult:
    """`restore`, with the network looking at a picture whose lens distortion is corrected.

    What has changed is brought back into the picture as it was taken; pixels outside the mask are bit-identical to the
    input. The crops and the boxes of the report are those of the corrected picture.
    """
    if not lens.corrects:
        return restore(image, model, settings, detector=detector, region=region, progress=progress)
    originals = as_batch(image)
    corrected = np.stack([undistort(pixels, lens) for pixels in originals])
    where = None if region is None else _corrected_region(region, lens)
    result = restore(corrected, model, settings, detector=detector, region=where, progress=progress)
    whole = settings is not None and settings.scope != "faces"
    images, masks = np.empty_like(originals), np.empty(originals.shape[:3], np.float32)
    for number, (original, before) in enumerate(zip(originals, corrected, strict=True)):
        after, mask = result.image[number].numpy(), result.mask[number].numpy()
        changed = np.ones_like(mask) if whole else mask
        images[number], moved = undo(original, before, after, changed, lens)
        masks[number] = undo(original, before, after, mask, lens)[1] if whole else moved
    return replace(result, image=like_input(images, image), mask=like_input(masks, image))


def _corrected_region(region: Image, lens: Lens) -> Image:
    """Regions (H, W) or (B, H, W) as the corrected picture shows them."""
    planes = np.ascontiguousarray(as_array(region), np.float32)
    batch = planes if planes.ndim == 3 else planes[None]
    moved = np.stack([undistort(np.repeat(plane[..., None], 3, axis=2), lens)[..., 0] for plane in batch])
    return moved if planes.ndim == 3 else moved[0]
