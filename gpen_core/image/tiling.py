"""Windows that cover a picture of any size, and the weights by which their results are merged.

Windows lie on a grid, so each axis is placed and weighted on its own. The weights of an axis sum to 1 at every pixel:
results are added up in place, and nothing the size of the picture is kept besides the sum.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..errors import GPENError
from .warp import Pixels

Weights = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Span:
    """One window along one axis: pixels start to stop (exclusive), a weight for each, and how much is missing.

    padding: px by which the picture is shorter than the window, before and after.
    """

    start: int
    stop: int
    weights: Weights
    padding: tuple[int, int] = (0, 0)


@dataclass(frozen=True, eq=False)
class Tile:
    """One window: its rows and its columns."""

    rows: Span
    columns: Span

    @property
    def slices(self) -> tuple[slice, slice]:
        """The part of the picture under the window."""
        return slice(self.rows.start, self.rows.stop), slice(self.columns.start, self.columns.stop)


class TileLayout:
    """Square windows of `size` px over a height x width picture, next to each other with `overlap` px in common.

    The last window of a row or column is shifted inward. Where the picture is smaller than a window, the window sees
    it mirrored at its border. Raises GPENError for an impossible size or overlap.
    """

    def __init__(self, height: int, width: int, size: int, overlap: int) -> None:
        if size < 1:
            raise GPENError(f"tile_size must be 1 px or more, got {size}.")
        if not 0 <= overlap < size:
            raise GPENError(f"overlap must be 0 px or more and less than tile_size {size}, got {overlap}.")
        self.size = size
        self._rows = _place(height, size, overlap)
        self._columns = _place(width, size, overlap)

    def __len__(self) -> int:
        return len(self._rows) * len(self._columns)

    def __iter__(self) -> Iterator[Tile]:
        """The windows row by row, from left to right."""
        return (Tile(rows, columns) for rows in self._rows for columns in self._columns)

    def cut(self, picture: Pixels, tile: Tile) -> Pixels:
        """The (size, size, C) pixels of a (H, W, C) picture under a window; a view where nothing is mirrored."""
        part = picture[tile.slices]
        padding = (tile.rows.padding, tile.columns.padding, (0, 0))
        return np.pad(part, padding, mode="reflect") if any(map(any, padding)) else part

    def add(self, total: Pixels, tile: Tile, pixels: Pixels) -> None:
        """Add the weighted (size, size, C) result of a window to a (H, W, C') sum, C = C' or 1.

        The results of all windows together, each added once to zeros, give the whole picture.
        """
        (above, _), (before, _) = tile.rows.padding, tile.columns.padding
        rows, columns = tile.rows.weights, tile.columns.weights
        inside = pixels[above : above + len(rows), before : before + len(columns)]
        total[tile.slices] += inside * (rows[:, None] * columns)[..., None]


def _place(length: int, size: int, overlap: int) -> list[Span]:
    """The windows along an axis of `length` px."""
    missing = max(size - length, 0)
    if missing:
        return [Span(0, length, np.ones(length, np.float32), (missing // 2, missing - missing // 2))]
    last = length - size
    starts = [*range(0, last, size - overlap), last]
    profiles = [_profile(size, overlap, start > 0, start < last) for start in starts]
    total = np.zeros(length)
    for start, profile in zip(starts, profiles, strict=True):
        total[start : start + size] += profile
    return [
        Span(start, start + size, (profile / total[start : start + size]).astype(np.float32))
        for start, profile in zip(starts, profiles, strict=True)
    ]


def _profile(size: int, overlap: int, rise: bool, fall: bool) -> NDArray[np.float64]:
    """1, with the ramps sin^2 (of a Hann window) over the overlap at the ends that have a neighbour."""
    ramp = np.sin(np.pi / 2 * (np.arange(overlap) + 0.5) / max(overlap, 1)) ** 2
    profile = np.ones(size)
    if rise:
        profile[:overlap] *= ramp
    if fall:
        profile[size - overlap :] *= ramp[::-1]
    return profile
