"""Resampling against Pillow, OpenCV and straight lines."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
import torch
from PIL import Image

from gpen_core.image import bounded_copy, enlarge, reduce, to_original


def noise(height: int, width: int) -> np.ndarray:
    return np.random.default_rng(3).random((height, width), np.float32)


@pytest.mark.parametrize("size", [(20, 31), (16, 16), (40, 9)])
def test_reduce_is_pillows_bicubic(size: tuple[int, int]) -> None:
    picture = noise(64, 80)
    expected = Image.fromarray(picture).resize((size[1], size[0]), Image.Resampling.BICUBIC)
    reduced = reduce(torch.from_numpy(picture)[None, None], *size)
    np.testing.assert_allclose(reduced[0, 0].numpy(), np.clip(np.asarray(expected), 0, 1), atol=1e-5)


def test_enlarge_is_opencvs_bicubic() -> None:
    picture = noise(20, 30)
    expected = cv2.resize(picture, (75, 50), interpolation=cv2.INTER_CUBIC)
    enlarged = enlarge(torch.from_numpy(picture)[None, None], 50, 75)
    np.testing.assert_allclose(enlarged[0, 0].numpy(), np.clip(expected, 0, 1), atol=1e-5)


def test_reduce_removes_what_the_small_picture_cannot_hold() -> None:
    stripes = (torch.arange(256) % 2).float().expand(1, 3, 256, 256)
    np.testing.assert_allclose(reduce(stripes, 64, 64)[..., 4:-4].numpy(), 0.5, atol=1e-3)


@pytest.mark.parametrize(("function", "size"), [(reduce, 40), (enlarge, 150)])
def test_overshoot_is_clamped(function, size: int) -> None:
    edge = (torch.arange(64) >= 32).float().expand(1, 3, 64, 64)
    result = function(edge, size, size)
    assert result.min() == 0 and result.max() == 1


@pytest.mark.parametrize("function", [reduce, enlarge])
def test_half_precision_gives_float32(function) -> None:
    result = function(torch.rand(2, 3, 32, 32).half(), 32, 32)
    assert result.dtype == torch.float32 and result.shape == (2, 3, 32, 32)


def ramp(height: int, width: int) -> np.ndarray:
    """Every pixel holds its own x in red and its y in green."""
    y, x = np.mgrid[:height, :width]
    return np.dstack([x, y, np.zeros_like(x)]).astype(np.uint8)


@pytest.mark.parametrize("long_side", [97, 64, 301, 500])
def test_points_of_a_copy_come_back(long_side: int) -> None:
    copy, scale = bounded_copy(ramp(149, 251), long_side)
    assert max(copy.shape[:2]) == long_side
    y, x = np.mgrid[5 : copy.shape[0] - 5, 5 : copy.shape[1] - 5]
    inner = copy[5:-5, 5:-5, :2].astype(float)
    error = to_original(np.dstack([x, y]), scale) - inner
    assert np.abs(error).max() <= 0.75  # the ramp itself is rounded to whole levels, 0.5
    assert np.abs(error.mean(axis=(0, 1))).max() < 0.1  # neither shifted nor stretched


def test_corners_of_the_pixel_grid_map_to_corners() -> None:
    np.testing.assert_allclose(to_original([-0.5, 99.5], 0.25), [-0.5, 399.5])


def test_copy_of_the_same_size_is_equal_and_independent() -> None:
    picture = ramp(30, 50)
    copy, scale = bounded_copy(picture, 50)
    np.testing.assert_array_equal(copy, picture)
    assert scale == 1 and not np.shares_memory(copy, picture)


def test_strip_keeps_at_least_one_pixel() -> None:
    copy, scale = bounded_copy(ramp(2, 250), 50)
    assert copy.shape == (1, 125, 3) and scale == 0.5
