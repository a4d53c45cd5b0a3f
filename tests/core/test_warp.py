"""Affine resampling."""

from __future__ import annotations

import numpy as np
import pytest

from gpen_core.image.geometry import apply, compose, invert, scale_of
from gpen_core.image.warp import reduce_pixels, warp


def smooth_picture(height: int, width: int) -> np.ndarray:
    y, x = np.mgrid[:height, :width].astype(np.float32)
    planes = [np.sin(x / 9), np.cos(y / 11), np.sin((x + y) / 13)]
    return (np.stack(planes, axis=2) * 0.4 + 0.5).astype(np.float32)


def test_identity_gives_the_same_picture() -> None:
    picture = smooth_picture(30, 40)
    np.testing.assert_allclose(warp(picture, np.eye(2, 3), 30, 40), picture, atol=1e-6)


def test_inverse_and_composition() -> None:
    matrix = np.array([[1.2, -0.4, 7.0], [0.4, 1.2, -3.0]])
    np.testing.assert_allclose(compose(matrix, invert(matrix)), np.eye(2, 3), atol=1e-12)
    points = np.array([[1.0, 2.0], [5.0, -1.0]])
    np.testing.assert_allclose(apply(invert(matrix), apply(matrix, points)), points)
    assert scale_of(matrix) == pytest.approx(np.hypot(1.2, 0.4))


def test_there_and_back_gives_the_picture_again() -> None:
    picture = smooth_picture(120, 120)
    turn = np.array([[np.cos(0.4), -np.sin(0.4), 30.0], [np.sin(0.4), np.cos(0.4), -10.0]]) * 1.0
    back = warp(warp(picture, turn, 160, 160), invert(turn), 120, 120)
    np.testing.assert_allclose(back[40:80, 40:80], picture[40:80, 40:80], atol=0.01)


@pytest.mark.parametrize("factor", [2, 3, 4, 10])
def test_shrinking_keeps_pixel_centres(factor: int) -> None:
    """A ramp stays a ramp: pixel i of the small picture lies at factor * (i + 0.5) - 0.5 of the large one."""
    ramp = np.repeat(np.arange(40 * factor, dtype=np.float32)[None, :, None], 40 * factor, axis=0)
    matrix = np.array([[1 / factor, 0, 0.5 / factor - 0.5], [0, 1 / factor, 0.5 / factor - 0.5]])
    small = warp(ramp, matrix, 40, 40)[20, 5:-5, 0]
    expected = factor * (np.arange(5, 35) + 0.5) - 0.5
    np.testing.assert_allclose(small, expected, atol=0.02 * factor)


def test_beyond_the_border_the_edge_is_repeated() -> None:
    picture = np.full((8, 8, 1), 0.3, np.float32)
    far = np.array([[1.0, 0.0, 500.0], [0.0, 1.0, -500.0]])
    np.testing.assert_allclose(warp(picture, far, 16, 16), 0.3, atol=1e-6)


def test_reduction_keeps_the_mean() -> None:
    picture = smooth_picture(64, 64)
    assert reduce_pixels(picture, 16, 16).mean() == pytest.approx(picture.mean(), abs=1e-3)
