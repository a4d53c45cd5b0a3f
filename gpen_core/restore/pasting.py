"""Putting crops back that were cut out by `crop_faces` and edited by anything, onto the picture at any scale."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from ..errors import GPENError
from ..faces.face import FaceCrop
from ..image.geometry import compose, pixel_scaling
from .blending import paste_faces
from .image_batch import Image, as_batch, like_input
from .picture_faces import PictureFaces


@dataclass(frozen=True)
class PasteResult:
    """image: as the input, float32. mask: (H, W) or (B, H, W) in [0, 1], where crops were pasted."""

    image: Tensor
    mask: Tensor


def paste(
    image: Image,
    pictures: Sequence[PictureFaces],
    crops: Image | None = None,
    *,
    strength: float = 100.0,
    feather: float = 0.45,
) -> PasteResult:
    """Paste crops onto the pictures they were cut out of.

    image: (H, W, 3) or (B, H, W, 3) RGB in [0, 1], at any scale. pictures: for each its faces, as `crop_faces` gives
    them. crops: (N, S, S, 3) RGB in [0, 1] of any S for all N faces of all pictures in order, None for those in
    `pictures`. strength: 0 to 100. feather: as in `RestoreSettings`.
    Pixels outside the mask are bit-identical to the input. Raises GPENError where numbers or proportions do not fit.
    """
    if not 0.0 <= strength <= 100.0:
        raise GPENError(f"strength must be 0 to 100, got {strength}.")
    if not 0.0 <= feather <= 1.0:
        raise GPENError(f"feather must be 0 to 1, got {feather}.")
    batch = as_batch(image)
    if len(pictures) != len(batch):
        raise GPENError(
            f"The faces come from {len(pictures)} picture(s), but there are {len(batch)} to paste onto.\n"
            "Use the pictures the faces were cut out of, in the same order."
        )
    edited = _edited_crops(crops, sum(len(own.crops) for own in pictures))
    result, masks = batch.copy(), np.zeros(batch.shape[:3], np.float32)
    for number, own in enumerate(pictures):
        placed = own.on(*batch.shape[1:3]).crops
        if edited is not None:
            placed = [_with_pixels(crop, next(edited)) for crop in placed]
        masks[number] = paste_faces(result[number], placed, [strength / 100.0] * len(placed), feather)
    return PasteResult(like_input(result, image), like_input(masks, image))


def _edited_crops(crops: Image | None, expected: int) -> Iterator[NDArray[np.float32]] | None:
    if crops is None or expected == 0:  # a batch cannot be empty everywhere; where no face is, its content is of no use
        return None
    batch = as_batch(crops)
    count, height, width = batch.shape[:3]
    if count != expected:
        raise GPENError(
            f"{count} crop(s) were given for {expected} face(s).\n"
            "Give one crop per face, in the order they were cut out."
        )
    if height != width:
        raise GPENError(f"Crops must be square, got {width}x{height} px.\nResize them without changing their content.")
    return iter(batch)


def _with_pixels(crop: FaceCrop, pixels: NDArray[np.float32]) -> FaceCrop:
    """The crop with other pixels, (S, S, 3) of any S."""
    scale = pixels.shape[0] / crop.size
    pixels = np.clip(pixels, 0.0, 1.0)
    return replace(crop, pixels=pixels, image_to_crop=compose(crop.image_to_crop, pixel_scaling(scale, scale)))
