"""The grid that networks with strides and pixel shuffles leave: a pattern that repeats every few pixels.

Odena et al., "Deconvolution and Checkerboard Artifacts" (Distill 2016), say where it comes from. Averaged over all
pixels of one place in the period, the fine detail of a photograph is nearly nothing; that of a grid stays.
"""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor

_PERIODS = (2, 4)  # px
_AROUND = 5  # px, over which a pixel's surroundings are averaged
_SMALLEST = 1e-5  # mean square detail, below which a picture is flat: 0.4 levels of 255


def grid_loss(restored: Tensor, sharp: Tensor) -> Tensor:
    """Share of the detail that repeats every 2 or 4 px, at the same places in the whole batch, and should not.

    Both (B, 3, H, W), sides multiples of 4 px. The mean over the batch comes first: of single faces of 128 px the
    average over so few periods leaves enough of any wrong detail to be punished for it.
    """
    detail = _detail(restored)
    energy = detail.detach().square().mean((1, 2, 3), keepdim=True) + _SMALLEST
    wrong = (detail - _detail(sharp)) / energy.sqrt()
    batch, channels, height, width = wrong.shape
    loss = restored.new_zeros(())
    for period in _PERIODS:
        places = wrong.reshape(batch, channels, height // period, period, width // period, period)
        loss = loss + places.mean((0, 2, 4)).square().mean()
    return loss


def _detail(faces: Tensor) -> Tensor:
    return faces - F.avg_pool2d(F.pad(faces, (_AROUND // 2,) * 4, mode="reflect"), _AROUND, 1)
