"""The four operations StyleGAN2 adds to plain convolutions, in plain PyTorch.

Without gradients they work in place: on a CPU a fresh 64 MB tensor costs more in page faults than the arithmetic
that fills it, and on a GPU it is memory that a small card lacks. With gradients they allocate, as autograd needs.

Feature maps are (B, C, H, W), channels last in memory.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

NEGATIVE_SLOPE = 0.2
GAIN = math.sqrt(2.0)  # keeps the variance through a leaky ReLU with slope 0.2 (StyleGAN2)


def leaky_relu(x: Tensor) -> Tensor:
    """Leaky ReLU of slope 0.2, without the gain. May overwrite x."""
    return F.leaky_relu(x, NEGATIVE_SLOPE, inplace=not torch.is_grad_enabled())


def scale_and_shift(x: Tensor, scale: float | Tensor, shift: Tensor) -> Tensor:
    """scale * x + shift. scale: a number, or (1,) or (B, C); shift: (C,). May overwrite x."""
    shift = per_channel(shift, x)
    out = None if torch.is_grad_enabled() else x
    if isinstance(scale, Tensor):
        return torch.addcmul(shift, x, per_channel(scale, x), out=out)
    return torch.add(shift, x, alpha=scale, out=out)


def modulate(x: Tensor, scale: Tensor) -> Tensor:
    """x * scale per sample and channel. scale: (B, C). May overwrite x."""
    scale = per_channel(scale, x)
    return x * scale if torch.is_grad_enabled() else x.mul_(scale)


def mix_channels(pixels: Tensor, weight: Tensor) -> Tensor:
    """pixels @ weight: (B, N, C) in channels-last memory, and (B, C, K) with few K, to (B, N, K)."""
    if torch.is_grad_enabled():  # the same values; on a CPU the gradient of the weights takes a twentieth of the time
        return torch.bmm(weight.transpose(1, 2), pixels.transpose(1, 2)).transpose(1, 2)
    return torch.bmm(pixels, weight)


def join_activated(x: Tensor, features: Tensor, weight: Tensor, shift: Tensor, spare: Tensor) -> Tensor:
    """leaky_relu([x, weight * features + shift]), joined along the channels: (B, C + E, H, W).

    x: (B, C, H, W). features: (B, E, H, W). weight: (1,). shift: (E,). spare: any map no longer needed; the result
    takes its memory when it has the shape. Leaves features as they are; may overwrite x.
    """
    shift, weight = per_channel(shift, x), per_channel(weight, x)
    if torch.is_grad_enabled():
        return F.leaky_relu(torch.cat((x, torch.addcmul(shift, features, weight)), 1), NEGATIVE_SLOPE)
    # Both halves are written where they belong, which saves the concatenation a pass over the largest maps.
    count = x.shape[1]
    shape = (x.shape[0], count + features.shape[1], *x.shape[2:])
    joined = spare
    if joined.shape != shape:
        joined = torch.empty(shape, dtype=x.dtype, device=x.device, memory_format=torch.channels_last)
    torch.ops.aten.leaky_relu.out(x, NEGATIVE_SLOPE, out=joined[:, :count])
    F.leaky_relu_(torch.addcmul(shift, features, weight, out=joined[:, count:]), NEGATIVE_SLOPE)
    return joined


def add_activated(x: Tensor, features: Tensor, weight: Tensor) -> Tensor:
    """leaky_relu(x + weight * features). weight: (1,). May overwrite x."""
    out = None if torch.is_grad_enabled() else x
    return leaky_relu(torch.addcmul(x, features, per_channel(weight, x), out=out))


def blur(x: Tensor, kernel: Tensor, padding: int, bias: Tensor | None = None) -> Tensor:
    """Filter every channel with one (4, 4) FIR kernel, the border padded with zeros, and add a bias (C,)."""
    channels = x.shape[1]
    kernel = kernel.to(x.dtype).expand(channels, 1, -1, -1)
    return F.conv2d(x, kernel, bias, padding=padding, groups=channels)


def upsample(x: Tensor, kernel: Tensor) -> Tensor:
    """Double the size: zeros between the pixels, then the (4, 4) FIR kernel (of sum 4). (B, C, 2H, 2W)."""
    channels = x.shape[1]
    kernel = kernel.to(x.dtype).expand(channels, 1, -1, -1)
    return F.conv_transpose2d(x, kernel, stride=2, padding=1, groups=channels)


def per_channel(values: Tensor, like: Tensor) -> Tensor:
    """(C,) or (B, C) -> (1 or B, C, 1, 1) in the dtype of `like`."""
    return values.to(like.dtype).reshape(-1, values.shape[-1], 1, 1)
