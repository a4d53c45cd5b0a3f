"""Two tiny networks of the embedded face detector: one proposes faces in a whole picture, one looks closely at each.

    picture (N, 3, H, W) --FaceProposals--> score logit and rough landmarks for each 8 px cell
    window (N, 3, 64, 64) --FaceLandmarks--> score logit, five landmarks

Both take RGB in [-1, 1]. Faces count as found by the first from about 18 to 42 px; other sizes on other copies of the
picture. Landmarks of the second are the means of five heat maps ("soft argmax"; Nibali et al., 2018,
arXiv:1801.07372), accurate to a fraction of a cell.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

CELL = 8  # px, of the proposals
POINT_UNIT = 32.0  # px, of the proposals' landmark offsets
WINDOW = 64  # px, side of the window of FaceLandmarks
_HEAT_CELL = 4  # px, of the heat maps


class FaceNetworks(nn.Module):
    """Both networks, as they are stored in one file."""

    def __init__(self) -> None:
        super().__init__()
        self.proposals = FaceProposals()
        self.landmarks = FaceLandmarks()


class FaceProposals(nn.Module):
    """Fully convolutional; about 100,000 parameters; receptive field 79 px."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(_layer(3, 16, 2), _layer(16, 24, 2), _layer(24, 48, 2))
        self.body = nn.ModuleList(_layer(48, 48) for _ in range(4))
        self.head = nn.Conv2d(48, 11, 1)

    def forward(self, picture: Tensor) -> tuple[Tensor, Tensor]:
        """Logits (N, h, w) and landmarks (N, h, w, 5, 2) in px relative to the centre of the cell; h = ceil(H / 8)."""
        features = self.stem(picture)
        for layer in self.body:
            features = features + layer(features)
        out = self.head(features).permute(0, 2, 3, 1)
        return out[..., 0], out[..., 1:].unflatten(-1, (5, 2)) * POINT_UNIT


class FaceLandmarks(nn.Module):
    """Features at 16, 8 and 4 cells a side, fused at 16; about 270,000 parameters."""

    def __init__(self) -> None:
        super().__init__()
        self.fine = nn.Sequential(_layer(3, 24, 2), _layer(24, 48, 2), _layer(48, 48))
        self.middle = nn.Sequential(_layer(48, 64, 2), _layer(64, 64))
        self.coarse = nn.Sequential(_layer(64, 96, 2), _layer(96, 96))
        self.from_middle = nn.Conv2d(64, 48, 1)
        self.from_coarse = nn.Conv2d(96, 48, 1)
        self.fuse = _layer(48, 48)
        self.heat = nn.Conv2d(48, 5, 1)
        self.score = nn.Linear(96, 1)

    def forward(self, window: Tensor) -> tuple[Tensor, Tensor]:
        """Logits (N,) and landmarks (N, 5, 2) in px of the window, pixel centres at integers."""
        fine = self.fine(window)
        middle = self.middle(fine)
        coarse = self.coarse(middle)
        up = self.from_middle(middle) + F.interpolate(self.from_coarse(coarse), scale_factor=2.0)
        heat = self.heat(self.fuse(fine + F.interpolate(up, scale_factor=2.0)))
        return self.score(coarse.mean(dim=(2, 3)))[:, 0], _means(heat)


def _layer(inputs: int, outputs: int, stride: int = 1) -> nn.Sequential:
    convolution = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
    return nn.Sequential(convolution, nn.BatchNorm2d(outputs), nn.ReLU(inplace=True))


def _means(heat: Tensor) -> Tensor:
    """Mean place (N, K, 2) of each heat map (N, K, h, w) after a softmax over its cells, px of the window."""
    probability = heat.float().flatten(2).softmax(dim=2).unflatten(2, heat.shape[2:])
    cells = torch.arange(heat.shape[-1], device=heat.device, dtype=torch.float32)
    centres = cells * _HEAT_CELL + (_HEAT_CELL - 1) / 2
    return torch.stack([probability.sum(dim=2) @ centres, probability.sum(dim=3) @ centres], dim=-1)
