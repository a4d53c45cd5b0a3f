"""Prepared crops through the network, in batches, and where they lie in the picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray

from ..faces.face import FaceCrop
from ..image.geometry import Region, apply, crop_region, invert
from ..image.warp import Pixels, Plane, warp
from ..message import Message
from ..model import GPENModel
from ..restore.masks import smooth_step


def through_network(
    crops: Sequence[FaceCrop], model: GPENModel, batch_size: int = 0
) -> tuple[list[FaceCrop], set[str]]:
    """What the network makes of the crops; and in words what was done otherwise than asked."""
    batch_size = batch_size or model.automatic_batch()
    made: list[FaceCrop] = []
    notes: set[str] = set()
    for start in range(0, len(crops), batch_size):
        batch = crops[start : start + batch_size]
        output = model.run(torch.from_numpy(np.stack([crop.pixels for crop in batch])))
        results = output.faces.cpu().numpy()
        made += [replace(crop, pixels=np.array(own, order="C")) for crop, own in zip(batch, results, strict=True)]
        notes |= {Message("memory was short: {rung}", rung=rung) for rung in output.rungs}
        if output.repeated:
            notes.add(Message("overflowed in {precision}, repeated in fp32", precision=model.precision))
    return made, notes


def place(crop: FaceCrop, values: NDArray[np.float32], height: int, width: int) -> tuple[Region, Pixels]:
    """Values (S, S, C) of a crop at the pixels of a picture of height x width px that it touches."""
    region = crop_region(crop.image_to_crop, crop.size, height, width)
    to_region = invert(crop.image_to_crop) - [[0.0, 0.0, region.left], [0.0, 0.0, region.top]]
    return region, warp(values, to_region, region.height, region.width)


def square_mask(crop: FaceCrop, region: Region, feather: float) -> Plane:
    """(height, width) over the region: 1 inside of the crop, falling to 0 at its edge.

    feather: width of the fall, as a share of the way from the crop's middle to its edge.
    """
    x, y = np.meshgrid(np.arange(region.left, region.right), np.arange(region.top, region.bottom))
    points = apply(crop.image_to_crop, np.stack([x.ravel(), y.ravel()], axis=1).astype(np.float64))
    inside = np.minimum(points, (crop.size - 1) - points).min(axis=1).reshape(region.height, region.width)
    return smooth_step(inside / max(feather * crop.size / 2.0, 1.0))
