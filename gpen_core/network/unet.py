"""A residual U-Net that restores a face crop of any size: the network that comes with this project.

    face (B, 3, H, W) in [-1, 1]
      entry      pixel-unshuffled by 2, 3x3 convolution
      encoder    at 1/2, 1/4, 1/8 of the side: residual blocks, then a 2x2 convolution with stride 2
      middle     residual blocks at 1/16
      decoder    back up by pixel shuffle, joined with the encoder's features by addition, residual blocks
      picture    the last features enlarged bilinearly, joined with features of the face itself, two convolutions
    face + change, about [-1, 1], not clamped

The last convolutions work on whole pixels: a pixel shuffle as the last step leaves a comb of two pixels' period along
edges (Odena et al., "Deconvolution and Checkerboard Artifacts", Distill 2016). Without normalisation, as in EDSR (Lim
et al., CVPRW 2017): a restoration must keep the mean of what it is given. Every block begins as the identity and the
whole network too, so that it need only learn what to change.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import torch.nn.functional as F
from torch import Tensor, nn

_SLOPE = 0.2  # of the leaky ReLUs, as in StyleGAN2


@dataclass(frozen=True)
class UNetConfig:
    """Shapes of a `ResidualUNet`.

    widths: channels at 1/2, 1/4, .. of the side, the last of them in the middle. encoder, decoder, middle: number of
    residual blocks of a level. picture: channels of the layers on whole pixels.
    """

    widths: tuple[int, ...] = (32, 64, 128, 160)
    encoder: int = 2
    middle: int = 7
    decoder: int = 3
    picture: int = 16

    @property
    def multiple(self) -> int:
        """px; the sides of a face are multiples of it."""
        return 2 ** len(self.widths)


class ResidualUNet(nn.Module):
    """The network as one callable on (B, 3, H, W) RGB in [-1, 1]; returns the same shape, unclamped.

    H and W are multiples of `config.multiple`.
    """

    def __init__(self, config: UNetConfig = UNetConfig()) -> None:
        super().__init__()
        self.config = config
        widths, first = config.widths, config.widths[0]
        steps = list(pairwise(widths))
        self.entry = nn.Conv2d(12, first, 3, padding=1)
        self.encoder = nn.ModuleList(_blocks(width, config.encoder) for width in widths[:-1])
        self.down = nn.ModuleList(nn.Conv2d(fine, coarse, 2, stride=2) for fine, coarse in steps)
        self.middle = _blocks(widths[-1], config.middle)
        self.up = nn.ModuleList(nn.Conv2d(coarse, 4 * fine, 1) for fine, coarse in steps)
        self.decoder = nn.ModuleList(_blocks(width, config.decoder) for width in widths[:-1])
        self.face = nn.Conv2d(3, config.picture, 3, padding=1)
        self.enlarge = nn.Conv2d(first, config.picture, 1)
        self.blend = nn.Conv2d(config.picture, config.picture, 3, padding=1)
        self.change = nn.Conv2d(config.picture, 3, 3, padding=1)
        nn.init.zeros_(self.change.weight)
        assert self.change.bias is not None
        nn.init.zeros_(self.change.bias)

    def forward(self, face: Tensor) -> Tensor:
        return face + self.change_of(face)

    def change_of(self, face: Tensor) -> Tensor:
        """What is to be added to the face, in its dtype."""
        x = self.entry(F.pixel_unshuffle(face, 2))
        features: list[Tensor] = []
        for blocks, down in zip(self.encoder, self.down, strict=True):
            features.append(blocks(x))
            x = down(features[-1])
        x = self.middle(x)
        for blocks, up in zip(reversed(self.decoder), reversed(self.up), strict=True):
            x = blocks(F.pixel_shuffle(up(x), 2) + features.pop())
        x = F.interpolate(self.enlarge(x), scale_factor=2, mode="bilinear", align_corners=False)
        x = _activate(x + self.face(face))
        return self.change(_activate(self.blend(x)))


class ResidualBlock(nn.Module):
    """x + conv(leaky_relu(conv(x))), the identity until it has learnt something."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(width, width, 3, padding=1)
        self.second = nn.Conv2d(width, width, 3, padding=1)
        nn.init.zeros_(self.second.weight)
        assert self.second.bias is not None
        nn.init.zeros_(self.second.bias)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.second(_activate(self.first(x)))


def _blocks(width: int, count: int) -> nn.Sequential:
    return nn.Sequential(*(ResidualBlock(width) for _ in range(count)))


def _activate(x: Tensor) -> Tensor:
    return F.leaky_relu(x, _SLOPE)
