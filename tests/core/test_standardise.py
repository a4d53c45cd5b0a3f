"""Bringing pictures to one size."""

from __future__ import annotations

import numpy as np
import pytest
from faces import noise_picture

from gpen_core.errors import GPENError
from gpen_core.image.standardise import standardise


@pytest.mark.parametrize(("height", "width"), [(60, 90), (90, 60), (301, 200), (64, 64)])
def test_short_side_is_as_asked_and_the_ratio_is_kept(height: int, width: int) -> None:
    result = standardise(noise_picture(height, width), short_side=128)
    assert min(result.pixels.shape[:2]) == 128
    assert result.scale == 128 / min(height, width)
    assert abs(max(result.pixels.shape[:2]) - max(height, width) * result.scale) <= 0.5
    assert result.note is None


@pytest.mark.parametrize(("height", "width"), [(128, 200), (200, 128), (128, 128)])
def test_picture_at_size_is_bit_identical(height: int, width: int) -> None:
    picture = noise_picture(height, width)
    result = standardise(picture, short_side=128)
    np.testing.assert_array_equal(result.pixels, picture)
    assert result.scale == 1.0


@pytest.mark.parametrize("side", [40, 300])
def test_values_stay_in_range(side: int) -> None:
    checks = (np.indices((side, side)).sum(0) // 7 % 2).astype(np.float32)[..., None].repeat(3, 2)
    pixels = standardise(checks * np.float32(1.2) - np.float32(0.1), short_side=128).pixels
    assert pixels.dtype == np.float32
    assert pixels.min() == 0.0 and pixels.max() == 1.0


def test_long_side_is_capped_with_a_note() -> None:
    result = standardise(noise_picture(50, 400), short_side=100, max_long_side=600)
    assert result.pixels.shape == (75, 600, 3)
    assert result.note is not None and "800" in result.note and "600" in result.note and "75 px" in result.note


def test_a_thin_strip_keeps_a_pixel() -> None:
    assert standardise(noise_picture(1, 400), short_side=64, max_long_side=64).pixels.shape == (1, 64, 3)


def test_enlarging_makes_values_between_8_bit_levels() -> None:
    levels = np.divide(np.rint(noise_picture(32, 32) * 255), 255, dtype=np.float32)
    enlarged = standardise(levels, short_side=64).pixels * 255
    assert np.abs(enlarged - np.rint(enlarged)).mean() > 0.2


def test_reducing_does_not_alias() -> None:
    stripes = np.tile((np.arange(512) % 2).astype(np.float32)[None, :, None], (512, 1, 3))
    np.testing.assert_allclose(standardise(stripes, short_side=128).pixels[:, 4:-4], 0.5, atol=1e-3)


@pytest.mark.parametrize(("short", "cap"), [(0, 100), (100, 99)])
def test_impossible_sizes_are_refused(short: int, cap: int) -> None:
    with pytest.raises(GPENError, match="short_side"):
        standardise(noise_picture(8, 8), short, cap)


def test_impossible_sides_are_named_as_the_node_names_them() -> None:
    with pytest.raises(GPENError, match="max_long_side must be no smaller than short_side.* got 512 and 1024"):
        standardise(noise_picture(8, 8), short_side=1024, max_long_side=512)
