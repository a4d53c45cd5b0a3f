"""How many bytes a generator takes: its weights, and the most it needs beside them while it runs.

The second number follows from the order in which maps are made and let go. It is checked against measured peaks in
tests/core/test_memory.py; `tools/measure/benchmark.py memory` prints both. What an operation takes for itself and the
allocator does not see, such as the workspace of a convolution on a GPU, is not in it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import torch
from torch import nn

from .config import GPENConfig

_RGB = 3
_FLOAT32 = 4  # bytes
_KERNEL = 9  # weights of a 3x3 convolution for each pair of channels
# A strip's map has up to this many rows more than its share of the picture, see strips.py.
_EXTRA_ROWS = 16
_BLUR = 4 * 4  # values of StyleGAN2's filter


def weight_bytes(module: nn.Module) -> int:
    """Bytes of all parameters and buffers."""
    return sum(tensor.numel() * tensor.element_size() for tensor in (*module.parameters(), *module.buffers()))


def prepared_weight_bytes(config: GPENConfig, dtype: torch.dtype) -> int:
    """`weight_bytes` of the generator of `config` once it is prepared for `dtype`, without making it."""
    dim, top = config.style_dim, config.channels(config.size)
    # Pairs of channels of 3x3 convolutions, the only weights not in float32; the decoder's also keep their energies.
    encoder = sum(config.channels(r) * config.channels(r // 2) for r in config.resolutions[1:])
    decoder = 0
    values = (_RGB + 1) * top  # the 1x1 convolution and its bias
    values += sum(config.channels(r) + _BLUR for r in config.resolutions[:-1])
    values += 16 * config.channels(4) * dim + dim + config.mapping_depth * (dim + 1) * dim
    for inputs, outputs, joined, to_rgb in _decoder_layers(config):
        decoder += inputs * outputs
        values += (dim + 1) * inputs + outputs + joined + 1  # modulation, bias, weight of the features
        if to_rgb:
            values += (_RGB + dim + 1) * (outputs + joined) + _RGB
    values += 16 * config.decoder_channels(4)[0] + 2 * _BLUR * (len(config.resolutions) - 1)  # constant; enlarging
    return _FLOAT32 * (values + decoder) + dtype.itemsize * _KERNEL * (encoder + decoder)


def _decoder_layers(config: GPENConfig) -> Iterator[tuple[int, int, int, bool]]:
    """Inputs, outputs and joined features of each 3x3 convolution, and whether a picture is made of its result."""
    inputs, outputs = config.decoder_channels(4)
    joined = config.channels(4) if config.concat else 0
    yield inputs, outputs, joined, True
    for resolution in config.resolutions[1:]:
        inputs = outputs + joined
        first, outputs = config.decoder_channels(resolution)
        joined = config.channels(resolution) if config.concat else 0
        yield inputs, first, joined, False
        yield first + joined, outputs, joined, True


def activation_bytes(config: GPENConfig, batch: int, dtype: torch.dtype, whole: int | None = None) -> int:
    """Peak bytes, beside the weights, of `run_in_strips(net, faces, whole)` without gradients.

    The faces given, in `dtype`, are counted. whole: px, the largest level that is not cut into strips; None for no
    strips.
    """
    size, itemsize = config.size, dtype.itemsize
    whole = min(whole or size, size)
    heights = {resolution: resolution for resolution in config.resolutions if resolution <= whole}
    maps = _peak(config, heights, batch, itemsize)
    picture = _FLOAT32 // 4  # bytes per value: when the maps are largest, there is the picture of the level before
    if whole < size:
        picture = _FLOAT32
        strip = {r: whole * r // (2 * size) + _EXTRA_ROWS for r in config.resolutions if r > whole}
        kept = batch * _joined(config, whole) * whole**2 * itemsize
        maps = max(maps, kept + _peak(config, strip, batch, itemsize))
    return batch * _RGB * size**2 * (itemsize + picture) + maps


def _peak(config: GPENConfig, heights: Mapping[int, int], batch: int, itemsize: int) -> int:
    """Most bytes at any time while the decoder makes maps of the given resolutions (px) and heights (rows)."""
    features = 0  # of this level and all larger ones, which wait for their turn
    peak = 0
    for resolution, rows in sorted(heights.items(), reverse=True):
        features += config.channels(resolution) * resolution * rows
        if resolution > 4:
            values = features + _decoder_values(config, resolution, rows)
            peak = max(peak, batch * values * itemsize + _scaled_weight_bytes(config, resolution, itemsize))
    return peak


def _decoder_values(config: GPENConfig, resolution: int, rows: int) -> int:
    """Values of the maps at the busiest moment of a decoder level."""
    first, second = config.decoder_channels(resolution)
    inputs = _joined(config, resolution // 2) // 4  # of a quarter of the pixels
    features = config.channels(resolution) if config.concat else 0
    enlarging = inputs + 2 * first + features  # the map below, the enlarged one, and room to join it with features
    refining = first + features + second  # the result takes the place of the input where it has its size
    if config.concat and first != second:
        refining += second + features
    return max(enlarging, refining) * resolution * rows


def _joined(config: GPENConfig, resolution: int) -> int:
    """Channels of the map a decoder level hands on."""
    return config.decoder_channels(resolution)[1] + (config.channels(resolution) if config.concat else 0)


def _scaled_weight_bytes(config: GPENConfig, resolution: int, itemsize: int) -> int:
    """Bytes of a face's own weights of the first convolution: in float32, rounded, and in the layout of the library."""
    weights = _joined(config, resolution // 2) * config.decoder_channels(resolution)[0] * _KERNEL
    return weights * (_FLOAT32 + itemsize + (itemsize if itemsize < _FLOAT32 else 0))
