"""Putting restored crops back into their picture, in float32, touching no pixel outside the mask."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from ..faces.face import Face, FaceCrop
from ..image.colour import is_grey, luminance
from ..image.warp import Pixels, invert, warp
from .masks import Plane, Region, crop_region, face_mask

# A restored face can be sharp to the last pixel where the picture around a small face is not. The original softens all
# faces below 100 px with the kernel [1, 2, 1] / 4, about a Gaussian of 0.7 px. Here that is the most that is done, it
# sets in gradually with the size, and it stops as soon as the restored face is no sharper than what it replaces.
_SOFTENED_SIZE = (80.0, 120.0)  # px of the face's box: full, none
_SOFTENING = 0.7  # px
_SOFTENING_STEPS = 4


@dataclass(frozen=True, eq=False)
class _Patch:
    """One restored face at the pixels of its picture."""

    region: Region
    pixels: Pixels
    mask: Plane
    weight: Plane


def paste_faces(
    picture: Pixels, crops: Sequence[FaceCrop], strengths: Sequence[float], feather: float
) -> tuple[Pixels, Plane]:
    """Paste restored crops into a copy of their picture.

    picture: (H, W, 3) float32 RGB in [0, 1]. crops: restored, with the transforms they were cut out by. strengths: 0
    to 1 for each crop. feather: as in `RestoreSettings`.
    Returns the picture and the mask (H, W) in [0, 1]. Pixels where the mask is 0 are bit-identical to the input. Where
    faces overlap they are averaged, the nearer face weighing more. A grey picture stays grey.
    """
    height, width = picture.shape[:2]
    grey = is_grey(torch.from_numpy(picture).permute(2, 0, 1), tolerance=0.0)
    result, whole_mask = picture.copy(), np.zeros((height, width), np.float32)
    patches = []
    for crop, strength in zip(crops, strengths, strict=True):
        region = crop_region(crop.image_to_crop, crop.size, height, width)
        if region.height > 0 and region.width > 0:
            patches.append((_patch(picture, crop, region, feather, grey), strength))
    for group in _overlapping(patches):
        _blend_group(picture, group, result, whole_mask)
    return result, whole_mask


def _patch(picture: Pixels, crop: FaceCrop, region: Region, feather: float, grey: bool) -> _Patch:
    mask, weight = face_mask(crop.face, crop.image_to_crop, crop.size, region, feather)
    to_region = invert(crop.image_to_crop) - [[0.0, 0.0, region.left], [0.0, 0.0, region.top]]
    restored = luminance(crop.pixels).expand(3, -1, -1) if grey else crop.pixels
    source = np.ascontiguousarray(restored.permute(1, 2, 0).numpy())
    pixels = warp(source, to_region, region.height, region.width)
    pixels = _soften(pixels, picture[region.slices], mask > 0.5, crop.face)
    return _Patch(region, np.clip(pixels, 0.0, 1.0), mask, weight)


def _soften(pixels: Pixels, before: Pixels, inside: NDArray[np.bool_], face: Face) -> Pixels:
    full, none = _SOFTENED_SIZE
    most = _SOFTENING * float(np.clip((none - face.size) / (none - full), 0.0, 1.0))
    if most == 0.0 or not inside.any():
        return pixels
    wanted, softened = _detail(before, inside), pixels
    for step in range(1, _SOFTENING_STEPS + 1):
        if _detail(softened, inside) <= wanted:
            break
        softened = _blur(pixels, most * step / _SOFTENING_STEPS)
    return softened


def _detail(pixels: Pixels, inside: NDArray[np.bool_]) -> float:
    """Mean strength of what a Gaussian of 1 px would blur away."""
    return float(np.abs(pixels - _blur(pixels, 1.0))[inside].mean())


def _blur(pixels: Pixels, sigma: float) -> Pixels:
    return cv2.GaussianBlur(pixels, (0, 0), sigma).astype(np.float32, copy=False)


def _overlapping(patches: Sequence[tuple[_Patch, float]]) -> list[list[tuple[_Patch, float]]]:
    """Groups of patches whose regions touch, directly or through others."""
    groups: list[list[tuple[_Patch, float]]] = []
    for patch in patches:
        touching = [group for group in groups if any(patch[0].region.overlaps(other.region) for other, _ in group)]
        groups = [group for group in groups if not any(group is other for other in touching)]
        groups.append([patch, *(member for group in touching for member in group)])
    return groups


def _blend_group(picture: Pixels, group: Sequence[tuple[_Patch, float]], result: Pixels, whole_mask: Plane) -> None:
    """Blend the patches of one group over the region they cover together."""
    area = group[0][0].region
    for patch, _ in group[1:]:
        area = area.union(patch.region)
    weights = np.zeros((area.height, area.width), np.float32)
    colours = np.zeros((area.height, area.width, 3), np.float32)
    mask, opacity = np.zeros_like(weights), np.zeros_like(weights)
    for patch, strength in group:
        part = patch.region.within(area)
        weights[part] += patch.weight
        colours[part] += patch.weight[..., None] * patch.pixels
        mask[part] = np.maximum(mask[part], patch.mask)
        opacity[part] = np.maximum(opacity[part], patch.mask * np.float32(strength))
    shown = (weights > 0.0) & (mask > 0.0)
    before = picture[area.slices][shown]
    after = colours[shown] / weights[shown][:, None]
    result[area.slices][shown] = before + opacity[shown][:, None] * (after - before)
    whole_mask[area.slices][shown] = mask[shown]
