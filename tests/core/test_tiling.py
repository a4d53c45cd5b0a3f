"""Windows over a picture, and merging what comes of them."""

from __future__ import annotations

import numpy as np
import pytest
from faces import noise_picture

from gpen_core import GPENError
from gpen_core.image.tiling import TileLayout
from gpen_core.image.warp import Pixels


def merge(layout: TileLayout, picture: Pixels) -> Pixels:
    total = np.zeros_like(picture)
    for tile in layout:
        layout.add(total, tile, layout.cut(picture, tile))
    return total


SIZES = [(100, 130), (64, 64), (65, 127), (200, 64), (20, 150), (150, 7), (1, 1), (63, 64)]


@pytest.mark.parametrize("overlap", [0, 1, 8, 32, 50])
@pytest.mark.parametrize(("height", "width"), SIZES)
def test_an_identity_gives_the_picture_back(height: int, width: int, overlap: int) -> None:
    picture = noise_picture(height, width)
    layout = TileLayout(height, width, 64, overlap)
    assert np.abs(merge(layout, picture) - picture).max() <= 1e-6


@pytest.mark.parametrize(("height", "width"), SIZES)
def test_every_window_has_the_full_size_and_lies_inside(height: int, width: int) -> None:
    picture = noise_picture(height, width)
    layout = TileLayout(height, width, 64, 8)
    tiles = list(layout)
    assert len(tiles) == len(layout)
    for tile in tiles:
        assert layout.cut(picture, tile).shape == (64, 64, 3)
        assert 0 <= tile.rows.start < tile.rows.stop <= height
        assert 0 <= tile.columns.start < tile.columns.stop <= width


def test_the_last_window_is_shifted_inward() -> None:
    layout = TileLayout(64, 200, 64, 8)
    assert [tile.columns.start for tile in layout] == [0, 56, 112, 136]


def test_no_window_more_than_needed() -> None:
    assert [tile.columns.start for tile in TileLayout(64, 120, 64, 8)] == [0, 56]
    assert len(TileLayout(64, 64, 64, 8)) == 1
    assert len(TileLayout(65, 64, 64, 8)) == 2


def test_a_small_picture_is_mirrored_at_its_border() -> None:
    picture = noise_picture(40, 64)
    layout = TileLayout(40, 64, 64, 8)
    (tile,) = layout
    window = layout.cut(picture, tile)
    assert np.array_equal(window[12:52], picture)
    assert np.array_equal(window[11], picture[1])
    assert np.array_equal(window[52], picture[38])


def test_windows_fade_into_each_other() -> None:
    layout = TileLayout(64, 112, 64, 16)
    first, second = (tile.columns for tile in layout)
    assert np.all(first.weights > 0) and np.all(second.weights > 0)
    assert first.weights[0] == 1.0 and second.weights[-1] == 1.0  # at the border of the picture nothing fades
    assert np.abs(np.diff(first.weights)).max() < 0.1
    assert first.weights[-1] < 0.01


@pytest.mark.parametrize("width", [65, 70, 113, 150, 161])
def test_a_shifted_window_fades_smoothly_too(width: int) -> None:
    for tile in TileLayout(64, width, 64, 16):
        assert np.abs(np.diff(tile.columns.weights)).max() < 0.15


def test_one_channel_is_added_to_all() -> None:
    picture = noise_picture(70, 64)
    layout = TileLayout(70, 64, 64, 8)
    total = picture.copy()
    for tile in layout:
        layout.add(total, tile, np.full((64, 64, 1), 0.25, np.float32))
    np.testing.assert_allclose(total, picture + 0.25, atol=1e-6)


@pytest.mark.parametrize(("size", "overlap"), [(0, 0), (64, 64), (64, -1), (64, 100)])
def test_impossible_windows_are_refused(size: int, overlap: int) -> None:
    with pytest.raises(GPENError, match=r"tile_size|overlap"):
        TileLayout(100, 100, size, overlap)
