"""CLAHE in float against OpenCV's of 8 bits."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
import torch
from faces import noise_picture
from numpy.typing import NDArray
from skimage import data

from gpen_core.errors import GPENError
from gpen_core.image.colour import rgb_to_lab
from gpen_core.image.contrast import clahe
from gpen_core.image.warp import Pixels, Plane


def unit(picture: NDArray[np.uint8]) -> Pixels:
    return np.divide(picture, 255, dtype=np.float32)


def lightness(picture: Pixels) -> Plane:
    """L in levels of OpenCV's 8-bit LAB, not rounded."""
    return (rgb_to_lab(torch.from_numpy(picture).permute(2, 0, 1))[0] * 2.55).numpy()


def opencv_lightness(picture: NDArray[np.uint8], clip: float = 2.0, grid: int = 8) -> NDArray[np.float64]:
    """What OpenCV makes of L of 8-bit LAB."""
    levels = np.ascontiguousarray(cv2.cvtColor(picture, cv2.COLOR_RGB2LAB)[..., 0])
    return cv2.createCLAHE(clip, (grid, grid)).apply(levels).astype(np.float64)


def photo(height: int = 120, width: int = 160) -> NDArray[np.uint8]:
    return np.ascontiguousarray(data.astronaut()[:height, 100 : 100 + width])


def ramp(levels: float = 255.0) -> Pixels:
    """A soft grey gradient, 4096 px of 256 levels each held 16 px when rounded to 8 bits."""
    line = np.linspace(0.3, 0.5, 4096, dtype=np.float32)
    held = np.divide(np.rint(line * levels), levels, dtype=np.float32)
    return held[None, :, None].repeat(16, 0).repeat(3, 2)


@pytest.mark.parametrize(("height", "width"), [(128, 160), (121, 160), (128, 155), (61, 83), (7, 5), (1, 1)])
def test_8_bit_input_is_within_a_level_of_opencv(height: int, width: int) -> None:
    picture = photo(height, width)
    result = lightness(clahe(unit(picture)))
    assert np.abs(result - opencv_lightness(picture)).max() <= 1.0


@pytest.mark.parametrize(("clip", "grid"), [(1.0, 8), (4.0, 8), (40.0, 4), (2.0, 1), (2.0, 3)])
def test_so_it_is_with_other_settings(clip: float, grid: int) -> None:
    picture = photo()
    result = lightness(clahe(unit(picture), clip, grid))
    assert np.abs(result - opencv_lightness(picture, clip, grid)).max() <= 1.0


def test_grey_8_bit_input_is_near_opencv_in_rgb_too() -> None:
    grey = photo()[..., :1].repeat(3, 2)
    lab = cv2.cvtColor(grey, cv2.COLOR_RGB2LAB)
    lab[..., 0] = opencv_lightness(grey)
    expected = cv2.cvtColor(lab, cv2.COLOR_LAB2RGB).astype(np.float64)
    result = clahe(unit(grey)) * 255
    assert np.abs(result - expected).max() <= 2.0  # a level of L is up to 1.4 levels of RGB


def test_chroma_is_kept_where_srgb_can_show_it() -> None:
    picture = 0.4 + 0.2 * np.random.default_rng(0).random((64, 64, 3), np.float32)
    before, after = (rgb_to_lab(torch.from_numpy(x).permute(2, 0, 1)).numpy() for x in (picture, clahe(picture, 1.2)))
    assert np.abs(after[0] - before[0]).max() > 1
    unclipped = (clahe(picture, 1.2) < 1).all(axis=2) & (clahe(picture, 1.2) > 0).all(axis=2)
    assert unclipped.mean() > 0.9
    np.testing.assert_allclose(after[1:, unclipped], before[1:, unclipped], atol=0.01)


def test_colours_beyond_srgb_keep_their_new_lightness() -> None:
    red = np.zeros((64, 64, 3), np.float32)
    red[..., 0] = np.linspace(0.2, 1.0, 64, dtype=np.float32)
    levels = np.rint(red * 255).astype(np.uint8)
    result = clahe(unit(levels))
    assert np.abs(lightness(result) - opencv_lightness(levels)).max() <= 1.0


def test_float_input_shows_no_bands() -> None:
    """OpenCV pulls 8-bit steps apart; of a float gradient no two neighbours may differ more than slope and clip say."""
    fine, coarse = clahe(ramp(1e6))[8, :, 0] * 255, clahe(ramp())[8, :, 0] * 255
    assert len(np.unique(fine)) > 3500
    assert np.abs(np.diff(fine)).max() < 0.1
    assert np.abs(np.diff(coarse)).max() > 1.0  # the same of 8-bit steps: the test would see bands


def test_strength_0_and_mask_0_are_bit_identical() -> None:
    picture = noise_picture(40, 50)
    np.testing.assert_array_equal(clahe(picture, strength=0.0), picture)
    np.testing.assert_array_equal(clahe(picture, mask=np.zeros((40, 50), np.float32)), picture)
    half = np.zeros((40, 50), np.float32)
    half[:, 25:] = 1.0
    result = clahe(picture, mask=half)
    np.testing.assert_array_equal(result[:, :25], picture[:, :25])
    np.testing.assert_allclose(result[:, 25:], clahe(picture)[:, 25:], atol=1e-6)


def test_more_strength_changes_more() -> None:
    picture = unit(photo())
    changes = [np.abs(clahe(picture, strength=s) - picture).mean() for s in (0, 10, 50, 100)]
    assert (np.diff(changes) > 0).all()


@pytest.mark.parametrize("keep_grain", [False, True])
def test_grey_stays_grey(keep_grain: bool) -> None:
    grey = noise_picture(60, 70)[..., :1].repeat(3, 2)
    result = clahe(grey, keep_grain=keep_grain)
    np.testing.assert_array_equal(result, result[..., :1].repeat(3, 2))


@pytest.mark.parametrize("keep_grain", [False, True])
def test_values_stay_in_range(keep_grain: bool) -> None:
    result = clahe(noise_picture(60, 70) * np.float32(1.4) - np.float32(0.2), clip=8.0, keep_grain=keep_grain)
    assert result.dtype == np.float32 and result.min() >= 0.0 and result.max() <= 1.0


def grainy(sigma: float) -> Pixels:
    """A dim scene of soft light and one edge, with grain."""
    y, x = np.mgrid[:160, :160] / 160
    scene = 0.3 + 0.1 * np.sin(3 * x + 2 * y) + 0.25 * (x > 0.6)
    grain = np.random.default_rng(0).normal(0, sigma / 255, scene.shape)
    return np.clip(scene + grain, 0, 1).astype(np.float32)[..., None].repeat(3, 2)


def grain_of(picture: Pixels) -> float:
    plane = picture[8:-8, 8:-8, 0]
    return float((plane - cv2.GaussianBlur(plane, (0, 0), 2))[:, :80].std())


def test_grain_can_be_kept_as_faint_as_it_is() -> None:
    picture = grainy(2.0)
    plain, kept = clahe(picture), clahe(picture, keep_grain=True)
    assert grain_of(plain) > 1.5 * grain_of(picture)
    assert grain_of(kept) < 1.25 * grain_of(picture)
    assert kept.std() > 0.9 * plain.std()  # the contrast of the scene still comes


def blockiness(plane: NDArray[np.floating]) -> float:
    """Strongest of the 8 phases of the mean absolute horizontal difference / median of the others."""
    steps = np.abs(np.diff(plane.astype(np.float64), axis=1)).mean(axis=0)
    phases = np.sort([steps[phase::8].mean() for phase in range(8)])
    return float(phases[-1] / np.median(phases[:-1]))


@pytest.mark.parametrize("keep_grain", [False, True])
def test_jpeg_blocks_are_not_lifted(keep_grain: bool) -> None:
    _, stored = cv2.imencode(".jpg", photo(256, 320)[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 75])
    decoded = cv2.imdecode(stored, cv2.IMREAD_COLOR)
    assert decoded is not None
    picture = unit(decoded[..., ::-1].astype(np.uint8))
    before, after = blockiness(picture.mean(axis=2)), blockiness(clahe(picture, keep_grain=keep_grain).mean(axis=2))
    assert before > 1.05
    assert after <= 1.1 * before


@pytest.mark.parametrize(
    "settings",
    [{"clip": 0.0}, {"grid": 0}, {"strength": -1.0}, {"strength": 101.0}, {"mask": np.zeros((3, 3), np.float32)}],
)
def test_impossible_settings_are_refused(settings: dict) -> None:
    with pytest.raises(GPENError):
        clahe(noise_picture(8, 8), **settings)
