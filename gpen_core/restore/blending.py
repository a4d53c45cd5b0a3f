"""Putting restored crops back into their picture, in float32, touching no pixel outside the mask."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from ..faces.face import FaceCrop
from ..finish.texture import match_grain, match_sharpness
from ..image.geometry import Region, crop_region, invert
from ..image.warp import Pixels, Plane, warp
from .masks import face_mask

# Tiny faces are made no sharper than their picture: enlarged from so few pixels they would look pasted in. On others
# that would undo the restoration: of a blurred portrait nothing is sharp but the face, and that is what was asked for.
# (The original softens all below 100 px; of a face of 90 px that took 0.3 dB.)
_SOFTENED_SIZE = (32.0, 64.0)  # px of the face's box: fully, not at all
_MOST_GRAIN = 2.5 / 255.0  # standard deviation of the grain that a face is given; what is stronger is noise


@dataclass(frozen=True, eq=False)
class _Patch:
    """One restored face at the pixels of its picture."""

    region: Region
    pixels: Pixels
    mask: Plane
    weight: Plane


def paste_faces(
    picture: Pixels,
    crops: Sequence[FaceCrop],
    strengths: Sequence[float],
    feather: float,
    grain: float = 0.0,
    keeps: Sequence[Plane | None] | None = None,
) -> Plane:
    """Paste restored crops into their picture, in place.

    picture: (H, W, 3) float32 RGB in [0, 1]. crops: restored, with the transforms they were cut out by. strengths: 0
    to 1 for each crop; one of 0 is not in the mask either. feather: as in `RestoreSettings`. grain: how much of the
    picture's grain that a face lacks it is given, 0 to 1. keeps: for each crop (S, S) in [0, 1], where the picture is
    kept instead, or None.
    Returns the mask (H, W) in [0, 1]; pixels where it is 0 are left alone. Where faces overlap they are averaged, the
    nearer face weighing more. Colours are those of the crops: a grey picture stays grey under grey ones.
    """
    height, width = picture.shape[:2]
    mask = np.zeros((height, width), np.float32)
    patches = []
    for crop, strength, keep in zip(crops, strengths, keeps or [None] * len(crops), strict=True):
        region = crop_region(crop.image_to_crop, crop.size, height, width)
        if strength > 0.0 and region.height > 0 and region.width > 0:
            patches.append((_without(_patch(picture, crop, region, feather, grain), crop, keep), strength))
    for group in _overlapping(patches):
        _blend_group(group, picture, mask)
    return mask


def _patch(picture: Pixels, crop: FaceCrop, region: Region, feather: float, grain: float) -> _Patch:
    mask, weight = face_mask(crop.face, crop.image_to_crop, crop.size, region, feather)
    to_region = invert(crop.image_to_crop) - [[0.0, 0.0, region.left], [0.0, 0.0, region.top]]
    pixels = warp(crop.pixels, to_region, region.height, region.width)
    pixels = _softened(pixels, picture[region.slices], mask, crop.face.size)
    if grain > 0.0:
        pixels = _with_grain(pixels, picture[region.slices], mask, grain)
    return _Patch(region, np.clip(pixels, 0.0, 1.0), mask, weight)


def _without(patch: _Patch, crop: FaceCrop, keep: Plane | None) -> _Patch:
    """The patch without what is to be kept of the picture."""
    if keep is None:
        return patch
    region = patch.region
    to_region = invert(crop.image_to_crop) - [[0.0, 0.0, region.left], [0.0, 0.0, region.top]]
    shown = 1.0 - np.clip(warp(keep[..., None], to_region, region.height, region.width)[..., 0], 0.0, 1.0)
    return replace(patch, mask=(patch.mask * shown).astype(np.float32))


def _softened(pixels: Pixels, before: Pixels, mask: Plane, face_size: float) -> Pixels:
    """The pixels of a small face no sharper than their picture."""
    share = float(np.interp(face_size, _SOFTENED_SIZE, (1.0, 0.0)))
    return pixels if share == 0.0 else pixels + np.float32(share) * (match_sharpness(pixels, before, mask) - pixels)


def _with_grain(pixels: Pixels, before: Pixels, mask: Plane, share: float) -> Pixels:
    """The pixels with a share of the grain that they lack."""
    missing = match_grain(pixels, before, mask) - pixels
    strength = float(missing.std())
    return pixels + np.float32(share * min(_MOST_GRAIN / max(strength, 1e-6), 1.0)) * missing


def _overlapping(patches: Sequence[tuple[_Patch, float]]) -> list[list[tuple[_Patch, float]]]:
    """Groups of patches whose regions touch, directly or through others."""
    groups: list[list[tuple[_Patch, float]]] = []
    for patch in patches:
        touching = [group for group in groups if any(patch[0].region.overlaps(other.region) for other, _ in group)]
        groups = [group for group in groups if not any(group is other for other in touching)]
        groups.append([patch, *(member for group in touching for member in group)])
    return groups


def _blend_group(group: Sequence[tuple[_Patch, float]], picture: Pixels, whole_mask: Plane) -> None:
    """Blend the patches of one group over the region they cover together, in place."""
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
    picture[area.slices][shown] = before + opacity[shown][:, None] * (after - before)
    whole_mask[area.slices][shown] = mask[shown]
