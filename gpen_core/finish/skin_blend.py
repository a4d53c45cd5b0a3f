"""Skin protection of whole pictures, whoever enhanced them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..faces.aligned_crop import image_to_crop
from ..faces.face import Face
from ..image.geometry import Region, scale_of
from ..image.warp import Pixels, Plane
from .protection import (
    ALIGNED_SIZE,
    SkinProtection,
    desaturated,
    is_exactly_grey,
    keep_original,
    protect_skin,
    require_same_size,
)
from .skin import skin_in_region
from .texture import match_texture


def blend_skin(
    original: Pixels,
    enhanced: Pixels,
    faces: Sequence[Face],
    protection: SkinProtection,
    keep: Plane | None = None,
) -> tuple[Pixels, Plane]:
    """An enhanced picture whose faces keep their own skin, and the mask of that skin.

    original, enhanced: (H, W, 3) float32 RGB in [0, 1], of the same size. faces: landmarks in px of these pictures.
    keep: (H, W) in [0, 1], where it is 1 the original stays.
    The mask is (H, W) in [0, 1]; where it and keep are 0, pixels are bit-identical to `enhanced`, so without a face all
    are and the mask is empty. The exception: a grey original with a face makes the whole picture grey, by as much as
    `colour` says. Raises GPENError where sizes differ.
    """
    require_same_size(original, enhanced, keep)
    share = protection.colour / 100.0
    grey = bool(faces) and share > 0.0 and is_exactly_grey(original)
    result = desaturated(enhanced, share) if grey else enhanced.copy()
    mask = np.zeros(enhanced.shape[:2], np.float32)
    for face in faces:
        region, skin = skin_in_region(result, face)
        skin *= np.float32(1.0) - mask[region.slices]  # where two faces meet, skin is protected once
        _protect_region(original, result, region, skin, protection, face)
        mask[region.slices] += skin
    return (result if keep is None else keep_original(original, result, keep)), mask


def _protect_region(
    original: Pixels, result: Pixels, region: Region, skin: Plane, protection: SkinProtection, face: Face
) -> None:
    if not skin.any():
        return
    before, enhanced = original[region.slices], result[region.slices]
    scale = 1.0 / scale_of(image_to_crop(face.landmarks, ALIGNED_SIZE))
    after = protect_skin(before, enhanced, skin, protection, scale=scale)
    if protection.match:
        # Around the skin the picture as it will be, on the skin as it was: its grain is what is given back.
        surrounding = keep_original(before, enhanced, skin)
        matched = np.clip(match_texture(after, surrounding, skin), 0.0, 1.0).astype(np.float32, copy=False)
        after = keep_original(matched, after, skin)
    result[region.slices] = after
