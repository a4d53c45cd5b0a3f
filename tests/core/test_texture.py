"""Sharpness and grain as in the picture around."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from gpen_core.finish.texture import edge_width, grain_level, match_grain, match_sharpness, match_texture
from gpen_core.image.luma import luma
from gpen_core.image.warp import Pixels, Plane

SIDE = 160
EVERYWHERE = np.ones((SIDE, SIDE), bool)


def inside() -> Plane:
    mask = np.zeros((SIDE, SIDE), np.float32)
    mask[40:120, 40:120] = 1.0
    return mask


def checks(sigma: float = 0.0, grain: float = 0.0, seed: int = 0) -> Pixels:
    """A soft chequerboard with grain, grey."""
    rows, columns = np.mgrid[:SIDE, :SIDE] // 20
    plane = (0.3 + 0.4 * ((rows + columns) % 2)).astype(np.float32)
    if sigma:
        plane = cv2.GaussianBlur(plane, (0, 0), sigma)
    plane = plane + np.random.default_rng(seed).normal(0.0, grain, plane.shape) if grain else plane
    return np.repeat(plane.astype(np.float32)[..., None], 3, axis=2)


@pytest.mark.parametrize("grain", [0.0, 0.02])
def test_width_of_edges_is_measured_even_in_grain(grain: float) -> None:
    sharp = edge_width(luma(checks(0.0, grain)), EVERYWHERE)
    assert sharp is not None
    for sigma in (1.0, 2.0):
        width = edge_width(luma(checks(sigma, grain)), EVERYWHERE)
        assert width is not None
        assert np.sqrt(width**2 - sharp**2) == pytest.approx(sigma, rel=0.2)


def test_flat_pictures_have_no_edges() -> None:
    assert edge_width(np.full((SIDE, SIDE), 0.5, np.float32), EVERYWHERE) is None


@pytest.mark.parametrize("sigma", [0.01, 0.03])
def test_level_of_grain_is_measured_beside_edges(sigma: float) -> None:
    assert grain_level(luma(checks(1.0, sigma)), EVERYWHERE) == pytest.approx(sigma, rel=0.15)


def test_a_face_sharper_than_its_picture_is_softened() -> None:
    result = match_sharpness(checks(0.0), checks(1.2), inside())
    before, after, wanted = (edge_width(luma(x), inside() > 0.5) for x in (checks(0.0), result, checks(1.2)))
    assert before is not None and after is not None and wanted is not None
    assert before < after <= wanted


def test_softening_has_a_limit() -> None:
    result = match_sharpness(checks(0.0), checks(6.0), inside())
    np.testing.assert_allclose(result, cv2.GaussianBlur(checks(0.0), (0, 0), 1.0), atol=1e-6)


@pytest.mark.parametrize("surrounding", [checks(0.0), checks(1.0), np.full((SIDE, SIDE, 3), 0.5, np.float32)])
def test_a_face_no_sharper_than_its_picture_stays_as_it_is(surrounding: Pixels) -> None:
    restored = checks(1.0)
    assert np.array_equal(match_sharpness(restored, surrounding, inside()), restored)


def test_a_clean_face_gets_the_grain_of_its_picture() -> None:
    picture = checks(1.0, 0.03)
    result = match_grain(checks(1.0), picture, inside())
    where = inside() > 0.5
    assert grain_level(luma(result), where) == pytest.approx(0.03, rel=0.2)
    given, own = (luma(x)[where] for x in (result - checks(1.0), picture - checks(1.0)))
    assert np.corrcoef(given, own)[0, 1] > 0.6  # the picture's own, not just any


@pytest.mark.parametrize("grain", [0.0, 0.03])
def test_a_face_with_grain_enough_stays_as_it_is(grain: float) -> None:
    restored = checks(1.0, 0.05, seed=1)
    assert np.array_equal(match_grain(restored, checks(1.0, grain), inside()), restored)


def test_a_clean_picture_gives_no_grain() -> None:
    clean, mask = checks(1.0), inside()
    assert np.array_equal(match_texture(clean, clean, mask), clean)
    assert np.array_equal(match_texture(clean, checks(1.0), np.ones_like(mask)), clean)


def test_grain_has_no_edges_in_it() -> None:
    """The face was elsewhere before: its old edges must not shine through as grain."""
    picture = checks(0.0, 0.01)
    flat = np.full_like(picture, 0.5)
    assert np.abs(match_grain(flat, picture, inside()) - flat).max() < 0.04


def test_grey_stays_exactly_grey() -> None:
    result = match_texture(checks(0.0), checks(1.5, 0.02), inside())
    assert np.ptp(result, axis=2).max() == 0.0


def test_the_same_input_gives_the_same_result() -> None:
    arguments = checks(0.0), checks(1.5, 0.02), inside()
    assert np.array_equal(match_texture(*arguments), match_texture(*arguments))
