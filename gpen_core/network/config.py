"""Hyper-parameters of a GPEN generator, read off the shapes of its tensors."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from torch import Tensor

from ..errors import CheckpointError

# Channels of the StyleGAN2 decoder at narrow = 1 (GPEN, CVPR 2021): constant up to 32 px, then scaled by the
# channel multiplier and halved with every doubling of the resolution.
_BASE_CHANNELS = 512
_LAST_CONSTANT_RESOLUTION = 32
_SCALED_CHANNELS = {64: 256, 128: 128, 256: 64, 512: 32, 1024: 16, 2048: 8, 4096: 4}


@dataclass(frozen=True)
class GPENConfig:
    """Everything needed to build the generator a checkpoint belongs to.

    size: side of the square face crop, in and out, px (a power of two, 16 to 4096).
    narrow: factor on all channel counts (0.5 for GPEN-BFR-256, 1 for the larger published files).
    channel_multiplier: factor on the channel counts from 64 px up.
    style_dim: length of the style vector.
    mapping_depth: number of fully connected layers between encoder and style vector.
    concat: encoder features are concatenated to the decoder's (True, as published) or added.
    widths: channels of the encoder at 4, 8, .. `size` px; from narrow and channel_multiplier when not given.
    decoder: channels along the decoder, two for each resolution: the constant and the first convolution at 4 px, then
        the two convolutions of 8, .. `size` px; the encoder's when not given. Only pruned networks differ from it.
    """

    size: int
    narrow: float = 1.0
    channel_multiplier: float = 2
    style_dim: int = 512
    mapping_depth: int = 8
    concat: bool = True
    widths: tuple[int, ...] = ()
    decoder: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        if not self.widths:
            object.__setattr__(self, "widths", tuple(self._published_width(r) for r in self.resolutions))
        if not self.decoder:
            object.__setattr__(self, "decoder", tuple(width for width in self.widths for _ in range(2)))

    def channels(self, resolution: int) -> int:
        """Number of encoder channels at `resolution` px."""
        return self.widths[self.resolutions.index(resolution)]

    @property
    def pruned(self) -> bool:
        """Whether decoder and encoder differ in width, which they do in pruned networks only."""
        return self.decoder != tuple(width for width in self.widths for _ in range(2))

    def decoder_channels(self, resolution: int) -> tuple[int, int]:
        """Numbers of decoder channels at `resolution` px, after the first and the second layer."""
        level = self.resolutions.index(resolution)
        return self.decoder[2 * level], self.decoder[2 * level + 1]

    def _published_width(self, resolution: int) -> int:
        if resolution <= _LAST_CONSTANT_RESOLUTION:
            return int(_BASE_CHANNELS * self.narrow)
        return int(_SCALED_CHANNELS[resolution] * self.channel_multiplier * self.narrow)

    @property
    def resolutions(self) -> list[int]:
        """Decoder resolutions from 4 px to `size`, px."""
        return [2**k for k in range(2, self.size.bit_length())]

    @classmethod
    def from_state_dict(cls, state_dict: Mapping[str, Tensor]) -> GPENConfig:
        """Read the hyper-parameters off the tensors of a GPEN generator.

        Raises CheckpointError when the tensors are not those of a GPEN generator.
        """
        encoder_levels = _count_blocks(state_dict, r"ecd(\d+)\.")
        rgb_levels = _count_blocks(state_dict, r"generator\.to_rgbs\.(\d+)\.")
        if encoder_levels < 3 or rgb_levels == 0:
            raise CheckpointError(
                "Not a GPEN generator: expected weights named 'ecd0.*' and 'generator.to_rgbs.0.*', "
                f"found {', '.join(sorted(state_dict)[:3]) or 'no tensors'}."
            )
        size, out_size = 2 ** (encoder_levels + 1), 2 ** (rgb_levels + 2)
        if size != out_size:
            raise CheckpointError(
                f"This is a GPEN super-resolution generator ({size} px in, {out_size} px out), which draws random "
                "noise in its last levels.\nOnly generators with equal input and output size are supported."
            )
        if size not in _SCALED_CHANNELS and size > _LAST_CONSTANT_RESOLUTION:
            raise CheckpointError(f"GPEN generators up to 4096 px are supported, this one has {size} px.")
        flattened = _shape(state_dict, "final_linear.0.weight", 2)
        narrow = flattened[1] / 16 / _BASE_CHANNELS
        encoder = ["ecd0.0.0.weight", *(f"ecd{level}.0.1.weight" for level in range(1, encoder_levels))]
        widths = tuple(_shape(state_dict, name, 4)[0] for name in reversed(encoder))
        multiplier = 1.0 if size <= _LAST_CONSTANT_RESOLUTION else widths[-1] / (_SCALED_CHANNELS[size] * narrow)
        convs = ["generator.conv1", *(f"generator.convs.{index}" for index in range(2 * rgb_levels))]
        decoder = tuple(_shape(state_dict, f"{name}.conv.weight", 5)[1] for name in convs)
        decoder_in = _shape(state_dict, "generator.to_rgb1.conv.weight", 5)[2]
        constant = _shape(state_dict, "generator.input.input", 4)[1]
        return cls(
            size=size,
            narrow=narrow,
            channel_multiplier=int(multiplier) if multiplier == int(multiplier) else multiplier,
            style_dim=flattened[0],
            mapping_depth=_count_blocks(state_dict, r"generator\.style\.(\d+)\."),
            concat=decoder_in != decoder[0],
            widths=widths,
            decoder=(constant, *decoder),
        )


def _count_blocks(state_dict: Mapping[str, Tensor], pattern: str) -> int:
    """Number of distinct indices that `pattern` captures in the tensor names."""
    return len({match[1] for name in state_dict if (match := re.match(pattern, name))})


def _shape(state_dict: Mapping[str, Tensor], name: str, dimensions: int) -> tuple[int, ...]:
    tensor = state_dict.get(name)
    if tensor is None or tensor.dim() != dimensions or 0 in tensor.shape:
        found = "is missing" if tensor is None else f"has shape {tuple(tensor.shape)}"
        raise CheckpointError(
            f"Not a complete GPEN generator: '{name}' {found}, expected {dimensions} dimensions, none of them 0."
        )
    return tuple(tensor.shape)
