"""Resampling against Pillow, OpenCV and straight lines."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from PIL import Image

from gpen_core.image import bounded_copy, resize, to_original


def noise(height: int, width: int) -> np.ndarray:
    return np.random.default_rng(3).random((height, width), np.float32)


@pytest.mark.parametrize("size", [(20, 31), (16, 16), (40, 9)])
def test_smaller_is_pillows_bicubic(size: tuple[int, int]) -> None:
    picture = noise(64, 80)
    expected = Image.fromarray(picture).resize((size[1], size[0]), Image.Resampling.BICUBIC)
    reduced = resize(picture[..., None], *size)
    np.testing.assert_allclose(reduced[..., 0], np.clip(np.asarray(expected), 0, 1), atol=1e-5)


def test_larger_is_opencvs_lanczos() -> None:
    picture = noise(20, 30)
    expected = cv2.resize(picture, (75, 50), interpolation=cv2.INTER_LANCZOS4)
    np.testing.assert_allclose(resize(picture[..., None], 50, 75)[..., 0], np.clip(expected, 0, 1), atol=1e-5)


def test_reduction_removes_what_the_small_picture_cannot_hold() -> None:
    stripes = np.tile((np.arange(256) % 2).astype(np.float32)[None, :, None], (256, 1, 3))
    np.testing.assert_allclose(resize(stripes, 64, 64)[:, 4:-4], 0.5, atol=1e-3)


@pytest.mark.parametrize("size", [40, 150])
def test_overshoot_is_clamped(size: int) -> None:
    edge = np.tile((np.arange(64) >= 32).astype(np.float32)[None, :, None], (64, 1, 3))
    result = resize(edge, size, size)
    assert result.min() == 0 and result.max() == 1


def test_the_same_size_keeps_the_values_in_a_copy() -> None:
    picture = noise(20, 30)[..., None]
    same = resize(picture, 20, 30)
    np.testing.assert_array_equal(same, picture)
    assert not np.shares_memory(same, picture)


def test_one_side_smaller_the_other_larger() -> None:
    assert resize(noise(20, 30)[..., None].repeat(3, 2), 10, 60).shape == (10, 60, 3)


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
