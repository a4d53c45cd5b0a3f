"""How many bytes a generator takes: its weights, and the most it needs beside them while it runs.

The second number follows from the order in which maps are made and let go. It is checked against measured peaks in
tests/core/test_memory.py; `tools/measure/benchmark.py memory` prints both. What an operation takes for itself and the
allocator does not see, such as the workspace of a convolution on a GPU, is not in it.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import nn

from .config import GPENConfig

_RGB = 3
_FLOAT32 = 4  # bytes
_KERNEL = 9  # weights of a 3x3 convolution for each pair of channels
# A strip's map has up to this many rows more than its share of the picture, see strips.py.
_EXTRA_ROWS = 16


def weight_bytes(module: nn.Module) -> int:
    """Bytes of all parameters and buffers."""
    return sum(tensor.numel() * tensor.element_size() for tensor in (*module.parameters(), *module.buffers()))


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
