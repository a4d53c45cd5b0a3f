"""Lens correction and its undoing."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pytest
from faces import noise_picture

from gpen_core.errors import GPENError
from gpen_core.image.lens import LENSES, Lens, LensName, lens_preset, undistort, undo
from gpen_core.image.warp import Pixels

CORRECTING = [name for name, lens in LENSES.items() if lens.corrects]


def smooth_picture(height: int = 120, width: int = 180) -> Pixels:
    y, x = np.mgrid[:height, :width].astype(np.float32)
    planes = [np.sin(x / 9), np.cos(y / 11), np.sin((x + y) / 13)]
    return (np.stack(planes, axis=2) * 0.4 + 0.5).astype(np.float32)


def spot(x: float, y: float, height: int = 120, width: int = 180) -> Pixels:
    rows, columns = np.mgrid[:height, :width]
    bright = np.exp(-((columns - x) ** 2 + (rows - y) ** 2) / 8)
    return bright.astype(np.float32)[..., None].repeat(3, 2)


def centre_of(picture: Pixels) -> tuple[float, float]:
    rows, columns = np.mgrid[: picture.shape[0], : picture.shape[1]]
    weight = picture[..., 0]
    return float((columns * weight).sum() / weight.sum()), float((rows * weight).sum() / weight.sum())


@pytest.mark.parametrize("name", CORRECTING)
def test_points_go_where_opencv_takes_them(name: LensName) -> None:
    """Up to the zoom about the centre, which OpenCV leaves to the caller."""
    lens = lens_preset(name)
    camera = lens.camera_matrix(120, 180)
    found = np.array([centre_of(undistort(spot(x, y), lens)) for x, y in ((40, 30), (150, 100), (120, 60))])
    points = np.array([[[40, 30]], [[150, 100]], [[120, 60]]], np.float64)
    expected = cv2.undistortPoints(points, camera, np.array(lens.distortion), P=camera)[:, 0]
    middle = camera[:2, 2]
    zoom = np.linalg.norm(found - middle, axis=1) / np.linalg.norm(expected - middle, axis=1)
    np.testing.assert_allclose(zoom, zoom.mean(), rtol=0.01)
    np.testing.assert_allclose((found - middle) / zoom[:, None], expected - middle, atol=0.3)


@pytest.mark.parametrize("name", CORRECTING)
@pytest.mark.parametrize(("height", "width"), [(120, 180), (180, 120), (101, 101)])
def test_nothing_is_lost(name: str, height: int, width: int) -> None:
    """What lies at the border of the picture as taken is still inside the corrected one."""
    for x, y in ((2, 2), (width - 3, height - 3), (width / 2, 2), (2, height / 2)):
        corrected = undistort(spot(x, y, height, width), lens_preset(name))
        assert corrected.sum() > 0.35 * spot(width / 2, height / 2, height, width).sum()


def test_barrel_becomes_straight() -> None:
    """A line that the lens bends outwards is straight after the correction."""
    lens = lens_preset("action camera")
    camera = lens.camera_matrix(240, 360)
    y = np.linspace(-0.35, 0.35, 7)
    r2 = 0.5**2 + y**2
    bend = 1 + lens.k1 * r2 + lens.k2 * r2**2
    taken = np.stack([0.5 * bend, y * bend], 1) * camera[0, 0] + camera[:2, 2]
    assert np.ptp(taken[:, 0]) > 3
    picture = np.zeros((240, 360, 3), np.float32)
    seen = [centre_of(undistort(picture + spot(x, y, 240, 360), lens))[0] for x, y in taken]
    assert np.ptp(seen) < 0.3


@pytest.mark.parametrize("name", CORRECTING)
def test_there_and_back(name: LensName) -> None:
    picture, lens = smooth_picture(), lens_preset(name)
    assert np.abs(undistort(picture, lens) - picture).max() > 0.05
    black, everywhere = np.zeros_like(picture), np.ones(picture.shape[:2], np.float32)
    back, _ = undo(black, black, undistort(picture, lens), everywhere, lens)
    np.testing.assert_allclose(back[3:-3, 3:-3], picture[3:-3, 3:-3], atol=0.02)


def test_no_correction_is_bit_identical() -> None:
    picture = noise_picture(20, 30)
    for lens in (lens_preset("none"), lens_preset("phone selfie", 0.0)):
        np.testing.assert_array_equal(undistort(picture, lens), picture)


def test_strength_scales_the_correction() -> None:
    picture = smooth_picture()
    changes = [np.abs(undistort(picture, lens_preset("wide angle", s)) - picture).mean() for s in (0, 20, 60, 100)]
    assert (np.diff(changes) > 0).all()


@pytest.mark.parametrize("name", list(LENSES))
def test_undo_touches_only_what_was_changed(name: LensName) -> None:
    original, lens = noise_picture(120, 180), lens_preset(name)
    before = undistort(original, lens)
    mask = np.zeros((120, 180), np.float32)
    mask[20:50, 130:170] = 1.0
    after = before.copy()
    after[20:50, 130:170] *= 0.5
    result, moved = undo(original, before, after, mask, lens)
    np.testing.assert_array_equal(result[moved == 0], original[moved == 0])
    assert 0.5 * 30 * 40 < (moved > 0).sum() < 2.5 * 30 * 40
    assert np.abs(result - original)[moved > 0.99].mean() > 0.1


@pytest.mark.parametrize("name", list(LENSES))
def test_undo_of_no_change_is_bit_identical(name: LensName) -> None:
    original, lens = noise_picture(60, 90), lens_preset(name)
    before = undistort(original, lens)
    result, _ = undo(original, before, before.copy(), np.ones((60, 90), np.float32), lens)
    np.testing.assert_array_equal(result, original)


@pytest.mark.parametrize("name", CORRECTING)
def test_undo_brings_the_change_to_its_place(name: LensName) -> None:
    lens = lens_preset(name)
    original = np.full((120, 180, 3), 0.2, np.float32)
    before = undistort(original, lens)
    change = undistort(spot(140, 35) * 0.5, lens)
    result, _ = undo(original, before, before + change, (change[..., 0] > 1e-4).astype(np.float32), lens)
    np.testing.assert_allclose(centre_of(result - 0.2), (140, 35), atol=0.05)
    assert (result - 0.2).max() == pytest.approx(0.5, abs=0.03)


def test_lens_that_folds_the_picture_is_refused() -> None:
    with pytest.raises(GPENError, match="too strong"):
        undistort(noise_picture(20, 30), Lens(k1=-1.0))


def test_impossible_settings_are_refused() -> None:
    unknown: Any = "telephoto"
    with pytest.raises(GPENError, match="none"):
        lens_preset(unknown)
    with pytest.raises(GPENError, match="0 to 100"):
        lens_preset("wide angle", 120.0)
    with pytest.raises(GPENError, match="focal"):
        Lens(focal=0.0)
