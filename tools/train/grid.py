"""The grid that networks with strides and pixel shuffles leave: a pattern that repeats every few pixels.

Odena et al., "Deconvolution and Checkerboard Artifacts" (Distill 2016), say where it comes from. Averaged over all
pixels of one place in the period, the fine detail of a photograph is nearly nothing; that of a grid stays.
"""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor

_PERIODS = (2, 4, 8)  # px
_AROUND = 5  # px, over which a pixel's surroundings are averaged
_SMALLEST = 1e-5  # mean square detail, below which a picture is flat: 0.4 levels of 255


def grid_loss(restored: Tensor, sharp: Tensor) -> Tensor:
    """Energy of what repeats every 2, 4 or 8 px in the wrong detail, over the energy of all detail.

    Both (B, 3, H, W), sides multiples of 8 px. Returns the mean over batch and channels, summed over the periods.
    """
    detail = _detail(restored)
    energy = detail.detach().square().mean((2, 3)) + _SMALLEST
    wrong = detail - _detail(sharp)
    batch, channels, height, width = wrong.shape
    loss = restored.new_zeros(())
    for period in _PERIODS:
        places = wrong.reshape(batch, channels, height // period, period, width // period, period)
        loss = loss + (places.mean((2, 4)).square().mean((2, 3)) / energy).mean()
    return loss


def _detail(faces: Tensor) -> Tensor:
    return faces - F.avg_pool2d(F.pad(faces, (_AROUND // 2,) * 4, mode="reflect"), _AROUND, 1)
