"""GPEN in its plainest form, for comparison: weights modulated for each sample, as the method is published.

Every sample gets its own scaled and demodulated copy of each weight, applied as one grouped convolution; the FIR
filters run on single channels; activations, gains and equalised scales are separate steps; all float32. Slow, obvious,
and independent of gpen_core.network.generator, whose results and speed are measured against it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import torch
import torch.nn.functional as F
from torch import Tensor

from gpen_core.network import GPENConfig

State = Mapping[str, Tensor]


def plain_generator(state: State, face: Tensor) -> Tensor:
    """(B, 3, S, S) in [-1, 1] -> the same, not clamped, with the weights of `state` (published names)."""
    config = GPENConfig.from_state_dict(state)
    features = _encode(state, face, len(config.resolutions))
    style = _linear(state, "final_linear.0", features[0].flatten(1), activation=True)
    style = style * torch.rsqrt(style.square().mean(1, keepdim=True) + 1e-8)
    for layer in range(1, config.mapping_depth + 1):
        style = _linear(state, f"generator.style.{layer}", style, lr=0.01, activation=True)
    x = state["generator.input.input"].repeat(len(face), 1, 1, 1)
    x = _styled(state, "generator.conv1", x, style, features[0], config.concat)
    picture = _to_rgb(state, "generator.to_rgb1", x, style, None)
    for level, encoded in enumerate(features[1:]):
        x = _styled(state, f"generator.convs.{2 * level}", x, style, encoded, config.concat, upsample=True)
        x = _styled(state, f"generator.convs.{2 * level + 1}", x, style, encoded, config.concat)
        picture = _to_rgb(state, f"generator.to_rgbs.{level}", x, style, picture)
    return picture


def _encode(state: State, x: Tensor, levels: int) -> list[Tensor]:
    weight = state["ecd0.0.0.weight"]
    features = [_activate(F.conv2d(x, weight / math.sqrt(weight[0].numel())), state["ecd0.0.1.bias"])]
    for level in range(1, levels):
        weight = state[f"ecd{level}.0.1.weight"]
        x = _filter(features[0], state[f"ecd{level}.0.0.kernel"], 1, (2, 2))
        x = F.conv2d(x, weight / math.sqrt(weight[0].numel()), stride=2)
        features.insert(0, _activate(x, state[f"ecd{level}.0.2.bias"]))
    return features


def _linear(state: State, name: str, x: Tensor, lr: float = 1.0, activation: bool = False) -> Tensor:
    weight, bias = state[f"{name}.weight"], state[f"{name}.bias"] * lr
    x = F.linear(x, weight * (lr / math.sqrt(weight.shape[1])))
    return _activate(x, bias) if activation else x + bias


def _activate(x: Tensor, bias: Tensor) -> Tensor:
    return F.leaky_relu(x + bias.view(1, -1, *[1] * (x.dim() - 2)), 0.2) * math.sqrt(2.0)


def _filter(x: Tensor, kernel: Tensor, up: int, padding: tuple[int, int]) -> Tensor:
    """Insert zeros to `up` times the size, pad, filter each channel."""
    batch, channels, height, width = x.shape
    x = x.reshape(batch * channels, 1, height, 1, width, 1)
    x = F.pad(x, (0, up - 1, 0, 0, 0, up - 1)).reshape(batch * channels, 1, height * up, width * up)
    x = F.conv2d(F.pad(x, (*padding, *padding)), kernel.flip(0, 1)[None, None])
    return x.reshape(batch, channels, *x.shape[2:])


def _modulated(
    state: State, name: str, x: Tensor, style: Tensor, demodulate: bool = True, upsample: bool = False
) -> Tensor:
    weight = state[f"{name}.weight"]
    batch, outputs, inputs, kernel = len(x), *weight.shape[1:4]
    scale = _linear(state, f"{name}.modulation", style).view(batch, 1, inputs, 1, 1)
    weight = weight / math.sqrt(inputs * kernel**2) * scale  # (B, outputs, inputs, k, k)
    if demodulate:
        weight = weight * torch.rsqrt(weight.square().sum((2, 3, 4), keepdim=True) + 1e-8)
    x = x.reshape(1, batch * inputs, *x.shape[2:])
    if upsample:
        weight = weight.transpose(1, 2).reshape(batch * inputs, outputs, kernel, kernel)
        x = F.conv_transpose2d(x, weight, stride=2, groups=batch)
        x = x.reshape(batch, outputs, *x.shape[2:])
        return _filter(x, state[f"{name}.blur.kernel"], 1, (1, 1))
    x = F.conv2d(x, weight.reshape(batch * outputs, inputs, kernel, kernel), padding=kernel // 2, groups=batch)
    return x.reshape(batch, outputs, *x.shape[2:])


def _styled(
    state: State, name: str, x: Tensor, style: Tensor, features: Tensor, concat: bool, upsample: bool = False
) -> Tensor:
    x = _modulated(state, f"{name}.conv", x, style, upsample=upsample)
    injected = state[f"{name}.noise.weight"] * features
    x = torch.cat((x, injected), 1) if concat else x + injected
    return _activate(x, state[f"{name}.activate.bias"])


def _to_rgb(state: State, name: str, x: Tensor, style: Tensor, picture: Tensor | None) -> Tensor:
    rgb = _modulated(state, f"{name}.conv", x, style, demodulate=False) + state[f"{name}.bias"]
    return rgb if picture is None else rgb + _filter(picture, state[f"{name}.upsample.kernel"], 2, (2, 1))
