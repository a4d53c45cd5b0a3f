"""The pictures inside nodes."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

_LONG_SIDE = 1280  # px
_WIDE = 1.2  # width / height from which halves are stacked
_MOST = 8  # pictures of a batch


def before_after(before: Tensor, after: Tensor) -> Tensor:
    """Preview of a batch (B, H, W, 3): before and after side by side, wide pictures below each other."""
    height, width = before.shape[1:3]
    return for_node(torch.cat([before[:_MOST], after[:_MOST]], dim=1 if width > _WIDE * height else 2))


def for_node(pictures: Tensor) -> Tensor:
    """The first pictures (B, H, W, 3) of a batch, reduced to the size at which a node shows them."""
    pictures = pictures[:_MOST].float()
    scale = min(1.0, _LONG_SIDE / max(pictures.shape[1:3]))
    if scale == 1.0:
        return pictures
    size = [max(1, round(side * scale)) for side in pictures.shape[1:3]]
    reduced = F.interpolate(pictures.movedim(-1, 1), size, mode="bilinear", align_corners=False, antialias=True)
    return reduced.movedim(1, -1)
