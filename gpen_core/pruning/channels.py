"""Which channels of a generator belong together, who makes and who reads them, and what they cost.

A group is a set of channels that one number of the configuration counts. The encoder's features of one size are a
group: the next encoder layer and both decoder layers of that size read them. So is the output of one decoder layer,
which the next layer and ToRGB read. Where the features are added instead of concatenated, the encoder's and the
decoder's channels of one size are one group, because a channel can only be added to its own kind.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from torch import Tensor

from ..network.config import GPENConfig

PICTURE = "picture"  # the group of the network's three input channels, of which none can go
_RGB = 3
VECTOR = 16
"""Outputs a processor computes at once: AVX-512 in float32, tensor cores in half precision (8 with AVX2)."""


@dataclass(frozen=True)
class Layer:
    """A layer with weights from channels to channels.

    name: of the module that holds the weight. inputs: groups read, in the order of the weight's input channels.
    output: group made, None for a picture or the style vector. taps: weights per pair of channels.
    side_in, side_out: of its maps, px.
    """

    name: str
    inputs: tuple[str, ...]
    output: str | None
    taps: int
    side_in: int
    side_out: int

    @property
    def modulated(self) -> bool:
        return self.name.endswith(".conv")


@dataclass(frozen=True)
class Work:
    """What one face costs.

    multiply_adds: of the convolutions. padded: the same with the numbers of outputs rounded up to whole vectors, which
    is what processors compute. map_values: read and written by them. parameters: all of the network.
    """

    multiply_adds: int
    padded: int
    map_values: int
    parameters: int


@cache
def layers(config: GPENConfig) -> tuple[Layer, ...]:
    """All layers in the order in which they run."""
    resolutions = config.resolutions
    found = [Layer("ecd0.0.0", (PICTURE,), _encoder(config.size), 1, config.size, config.size)]
    for level, side in enumerate(resolutions[-2::-1], start=1):
        found.append(Layer(f"ecd{level}.0.1", (_encoder(2 * side),), _encoder(side), 9, 2 * side, side))
    found.append(Layer("final_linear.0", (_encoder(4),), None, 16, 4, 1))
    found.append(Layer("generator.conv1.conv", ("constant",), _decoder(config, 4, 1), 9, 4, 4))
    found.append(Layer("generator.to_rgb1.conv", _joined(config, 4, 1), None, 1, 4, 4))
    for level, side in enumerate(resolutions[1:]):
        convs, below = "generator.convs", _joined(config, side // 2, 1)
        first, second = _decoder(config, side, 0), _decoder(config, side, 1)
        found.append(Layer(f"{convs}.{2 * level}.conv", below, first, 9, side // 2, side))
        found.append(Layer(f"{convs}.{2 * level + 1}.conv", _joined(config, side, 0), second, 9, side, side))
        found.append(Layer(f"generator.to_rgbs.{level}.conv", _joined(config, side, 1), None, 1, side, side))
    return tuple(found)


def group_sizes(config: GPENConfig) -> dict[str, int]:
    """Number of channels of every group."""
    sizes = {PICTURE: _RGB, "constant": config.decoder[0]}
    for side in config.resolutions:
        sizes[_encoder(side)] = config.channels(side)
        for number, channels in enumerate(config.decoder_channels(side)):
            if (side, number) != (4, 0):
                sizes[_decoder(config, side, number)] = channels
    return sizes


def features_group(layer: Layer) -> str:
    """The group of encoder features that join the output of a decoder convolution."""
    return _encoder(layer.side_out)


def work(config: GPENConfig, sizes: Mapping[str, int] | None = None) -> Work:
    """What a generator costs that has `sizes` channels in its groups; by default the configuration's own."""
    sizes = group_sizes(config) if sizes is None else sizes
    multiply_adds = padded = map_values = 0
    parameters = config.mapping_depth * (config.style_dim + 1) * config.style_dim + sizes["constant"] * 16
    for layer in layers(config):
        inputs = sum(sizes[group] for group in layer.inputs)
        outputs = sizes[layer.output] if layer.output else _unpruned_outputs(config, layer)
        # A convolution with stride, and one that enlarges, applies each tap once per pixel of its smaller side.
        per_output = inputs * layer.taps * min(layer.side_in, layer.side_out) ** 2
        multiply_adds += outputs * per_output
        padded += -(-outputs // VECTOR) * VECTOR * per_output
        map_values += inputs * layer.side_in**2 + outputs * layer.side_out**2
        parameters += inputs * outputs * layer.taps + outputs
        if layer.modulated:
            parameters += inputs * (config.style_dim + 1)
            if layer.output is not None:  # the weight of the features, and their biases
                parameters += 1 + (sizes[features_group(layer)] if config.concat else 0)
    return Work(multiply_adds, padded, map_values, parameters)


def taps_of(weight: Tensor, layer: Layer) -> Tensor:
    """A layer's weight as (outputs, inputs, taps)."""
    weight = weight[0] if weight.dim() == 5 else weight
    return weight.reshape(weight.shape[0], -1, layer.taps)


def _unpruned_outputs(config: GPENConfig, layer: Layer) -> int:
    return _RGB if layer.modulated else config.style_dim


def _encoder(side: int) -> str:
    return f"encoder {side}"


def _decoder(config: GPENConfig, side: int, number: int) -> str:
    """The output of the decoder's first (0) or second (1) convolution of a size."""
    return f"decoder {side} {number}" if config.concat else _encoder(side)


def _joined(config: GPENConfig, side: int, number: int) -> tuple[str, ...]:
    return (_decoder(config, side, number), _encoder(side)) if config.concat else (_encoder(side),)
