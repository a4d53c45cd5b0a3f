"""Alignment against the original's transforms, and crops that keep their geometry."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from networks import GOLDEN

from gpen_core.faces.aligned_crop import crop_face, image_to_crop
from gpen_core.faces.face import Face
from gpen_core.image.geometry import apply, invert
from gpen_core.template import template_points

FACTS: dict[str, Any] = json.loads((GOLDEN / "alignment.json").read_text())
# The original computes in float32: at coordinates near 2000 px its own rounding is about 1e-4 px.
FLOAT32_ROUNDING = 1.2e-4


def face_at(landmarks: np.ndarray) -> Face:
    left, top = landmarks.min(0)
    right, bottom = landmarks.max(0)
    return Face(box=(left, top, right, bottom), landmarks=landmarks, score=1.0)


@pytest.mark.parametrize("size", [256, 512, 1024, 2048])
def test_template_equals_the_original(size: int) -> None:
    np.testing.assert_allclose(template_points(size), FACTS["template"][str(size)], atol=1e-6)


@pytest.mark.parametrize("case", FACTS["cases"])
def test_transform_equals_the_original(case: dict[str, Any]) -> None:
    size = case["size"]
    ours = image_to_crop(np.array(case["landmarks"]), size)
    corners = np.array([[0.0, 0.0], [size, 0.0], [0.0, size], [size, size]])
    in_picture = apply(np.array(case["crop_to_image"]), corners)
    np.testing.assert_allclose(apply(ours, in_picture), corners, atol=FLOAT32_ROUNDING)


@pytest.mark.parametrize("template", ["gpen", "ffhq"])
def test_landmarks_on_the_template_need_no_change(template: Any) -> None:
    transform = image_to_crop(template_points(512, template), 512, template)
    np.testing.assert_allclose(transform, [[1, 0, 0], [0, 1, 0]], atol=1e-9)


def test_ffhq_faces_are_12_percent_larger() -> None:
    transform = image_to_crop(template_points(512, "gpen"), 512, "ffhq")
    assert np.hypot(transform[0, 0], transform[1, 0]) == pytest.approx(1.1157, abs=1e-3)


def test_equal_landmarks_give_a_transform() -> None:
    assert np.isfinite(image_to_crop(np.full((5, 2), 7.0), 256)).all()


@pytest.mark.parametrize("scale", [0.02, 0.3, 1.0, 3.0])
@pytest.mark.parametrize("angle", [0.0, 25.0, 180.0])
def test_crop_shows_the_landmarks_where_the_template_has_them(scale: float, angle: float) -> None:
    """The picture holds its own coordinates, so the crop's values tell which pixel each one came from."""
    turn = np.deg2rad(angle)
    rotation = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]]) / scale
    landmarks = (template_points(64) - 32) @ rotation.T + 30 / scale + 40
    side = int(2 * (30 / scale + 40))
    y, x = np.mgrid[:side, :side].astype(np.float32)
    picture = (np.stack([x, y, x], axis=2) / side).astype(np.float32)
    crop = crop_face(picture, face_at(landmarks), 64)
    inside = np.array([[20.0, 20.0], [40.0, 25.0], [33.0, 44.0]])
    expected = apply(invert(crop.image_to_crop), inside)
    seen = crop.pixels[inside[:, 1].astype(int), inside[:, 0].astype(int), :2] * side
    # OpenCV's bicubic kernel bends a straight ramp by up to 0.05 px between the pixels.
    np.testing.assert_allclose(seen, expected, atol=0.06 * max(1 / scale, 1) + 1e-5 * side)


def test_a_face_at_the_edge_gets_no_black_wedge() -> None:
    picture = np.full((40, 40, 3), 0.75, np.float32)
    crop = crop_face(picture, face_at(template_points(64) - 40), 64)
    np.testing.assert_allclose(crop.pixels, 0.75, atol=1e-6)


def test_a_large_face_is_reduced_without_aliasing() -> None:
    """Stripes too fine for the crop become grey instead of a moire pattern."""
    stripes = np.tile(np.array([0.0, 1.0], np.float32), 700)
    picture = np.repeat(np.tile(stripes, (1400, 1))[..., None], 3, axis=2)
    crop = crop_face(picture, face_at(template_points(1400)), 100)
    assert float(crop.pixels[8:-8, 8:-8].std()) < 0.01
