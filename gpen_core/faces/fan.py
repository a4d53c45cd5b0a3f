"""2DFAN-4 (Bulat and Tzimiropoulos, ICCV 2017): 68 landmarks from crops around S3FD's boxes."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn

from ..image.geometry import Transform, apply, compose, invert, scale_of, seen_region, shift
from ..image.warp import Pixels, warp
from ..progress import Progress, silent
from .detector import Picture
from .face import Points
from .search import Array

_CROP = 256  # px, what the network was trained on
# How the crop was laid around a box in training: side and height above the centre of the box.
_SIDE_PER_BOX, _RAISE = 200.0 / 195.0, 0.12
_BATCH = 8  # about 0.5 GB on the CPU
# Heat maps below this share of their peak are flat: their logarithm says nothing about the place of the peak.
_FLOOR = 1e-3


def find_landmarks(
    network: nn.Module, picture: Picture, boxes: Array, device: torch.device, progress: Progress = silent
) -> Array:
    """68 landmarks of the face in each of (N, 4) boxes: (N, 68, 2), px of the (H, W, 3) uint8 RGB picture.

    progress: called before each batch with (faces done, faces in all); an exception it raises stops the work.
    """
    transforms = [crop_around(box) for box in boxes]
    parts = [np.zeros((0, 68, 2))]
    for start in range(0, len(transforms), _BATCH):
        progress(start, len(transforms))
        batch = transforms[start : start + _BATCH]
        crops = torch.stack([cut(picture, transform) for transform in batch]).to(device)
        with torch.inference_mode():
            heat_maps = network(crops)[-1].float().cpu()
        parts.append(_to_picture(decode_heat_maps(heat_maps), heat_maps.shape[-1], batch))
    return np.concatenate(parts)


def crop_around(box: Array) -> Transform:
    """The crop FAN expects around an S3FD box: centre raised by 0.12 box heights, side 200/195 (width + height)."""
    width, height = box[2] - box[0], box[3] - box[1]
    scale = _CROP / max(_SIDE_PER_BOX * (width + height), 1.0)
    centre = np.array([(box[0] + box[2]) / 2, (box[1] + box[3]) / 2 - _RAISE * height])
    shift = (_CROP - 1) / 2 - scale * centre
    return np.array([[scale, 0.0, shift[0]], [0.0, scale, shift[1]]])


def cut(picture: Picture, transform: Transform) -> Tensor:
    """One crop, (3, 256, 256) RGB in [0, 1]; only the part of the picture that it sees becomes float."""
    margin = 7.5 / scale_of(transform)
    region = seen_region(transform, (_CROP, _CROP), picture.shape[:2], margin, margin)
    part: Pixels = picture[region.slices].astype(np.float32)
    part /= 255
    part_to_crop = compose(shift(region.left, region.top), transform)
    return torch.from_numpy(warp(part, part_to_crop, _CROP, _CROP)).permute(2, 0, 1).clamp(0.0, 1.0)


def decode_heat_maps(heat_maps: Tensor) -> Array:
    """Place of the peak of each of (N, K, h, w) heat maps, (N, K, 2), x and y in heat-map px.

    A parabola through the logarithm of the peak and its two neighbours in x, and likewise in y: exact for the
    Gaussians that the network was trained to draw, where taking the largest pixel is off by up to half a pixel.
    """
    faces, points, height, width = heat_maps.shape
    flat = heat_maps.reshape(faces * points, height * width)
    row, column = (index.numpy() for index in (flat.argmax(1) // width, flat.argmax(1) % width))
    maps = flat.double().numpy().reshape(-1, height, width)
    each = np.arange(len(maps))
    x = column + _peak_offset(maps[each, row], column)
    y = row + _peak_offset(maps[each, :, column], row)
    return np.stack([x, y], axis=1).reshape(faces, points, 2)


def _peak_offset(profiles: Array, peak: np.ndarray) -> Array:
    """Offset of the true peak, -0.5 to 0.5, from the largest value of each of (M, L) profiles."""
    each, last = np.arange(len(profiles)), profiles.shape[1] - 1
    inside = (peak > 0) & (peak < last)
    around = np.stack([profiles[each, np.clip(peak + step, 0, last)] for step in (-1, 0, 1)])
    floor = np.maximum(around[1] * _FLOOR, math.ulp(1.0))
    before, top, after = np.log(np.maximum(around, floor))
    bend = before - 2 * top + after
    usable = inside & (bend < 0)
    offset = np.divide((before - after) / 2, bend, out=np.zeros_like(bend), where=usable)
    return np.clip(offset, -0.5, 0.5)


def _to_picture(points: Array, heat_map_size: int, transforms: Sequence[Transform]) -> Array:
    crop_points = (points + 0.5) * (_CROP / heat_map_size) - 0.5
    placed: list[Points] = [apply(invert(t), one) for t, one in zip(transforms, crop_points, strict=True)]
    return np.stack(placed)
