"""The picture inside GPEN Enhance: before, then after."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

_LONG_SIDE = 768  # px of each half
_WIDE = 1.2  # width / height from which halves are stacked
_MOST = 8  # pictures of a batch


def before_after(before: Tensor, after: Tensor) -> Tensor:
    """IMAGE (B, H, W, 3) of the first pictures of a batch (B, H, W, 3), reduced to a size for a node.

    Before and after stand side by side, wide pictures below each other.
    """
    height, width = before.shape[1:3]
    wide = width > _WIDE * height
    both = torch.cat([before[:_MOST], after[:_MOST]], dim=1 if wide else 2).movedim(-1, 1)
    scale = min(1.0, _LONG_SIDE / max(height, width))
    if scale < 1.0:
        size = [max(1, round(side * scale)) for side in both.shape[2:]]
        both = F.interpolate(both, size, mode="bilinear", align_corners=False, antialias=True)
    return both.movedim(1, -1)
