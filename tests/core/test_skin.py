"""Where skin is found."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from painted_face import DARK, GREY, LIGHT, SEPIA, Colour, painted_face
from PIL import Image

from gpen_core.faces.aligned_crop import image_to_crop
from gpen_core.faces.embedded import EmbeddedDetector
from gpen_core.finish.skin import skin_in_region, skin_mask
from gpen_core.image.warp import warp

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"


@pytest.mark.parametrize("colour", [LIGHT, DARK, SEPIA, GREY], ids=["light", "dark", "sepia", "grey"])
def test_skin_of_any_tone_is_found_without_features_and_hair(colour: Colour) -> None:
    painted = painted_face(colour)
    mask = skin_mask(painted.pixels, painted.face)
    assert mask.dtype == np.float32
    assert (mask.min(), mask.max()) == (0.0, 1.0)
    for name, (x, y) in painted.skin.items():
        assert mask[y, x] > 0.9, name
    for name, (x, y) in painted.other.items():
        assert mask[y, x] < 0.2, name


def test_edges_are_soft() -> None:
    mask = skin_mask(painted_face().pixels, painted_face().face)
    assert max(np.abs(np.diff(mask, axis=axis)).max() for axis in (0, 1)) < 0.5


def test_hair_over_the_forehead_is_not_skin() -> None:
    painted = painted_face()
    pixels = painted.pixels.copy()
    cv2.rectangle(pixels, (90, 70), (165, 98), (0.2, 0.15, 0.1), -1)
    before, after = skin_mask(painted.pixels, painted.face), skin_mask(pixels, painted.face)
    assert before[75:95, 100:155].mean() > 0.8
    assert after[75:95, 100:155].mean() < 0.2


@pytest.mark.parametrize("side", [384, 1024])
def test_crops_of_any_size_get_the_same_mask(side: int) -> None:
    painted = painted_face(side=side)
    small = cv2.resize(painted.pixels, (256, 256), interpolation=cv2.INTER_AREA).astype(np.float32)
    expected = skin_mask(small, painted_face().face)
    mask = cv2.resize(skin_mask(painted.pixels, painted.face), (256, 256), interpolation=cv2.INTER_AREA)
    assert mask.shape == expected.shape
    assert np.abs(mask - expected).mean() < 0.01


def test_a_crop_s_mask_is_the_picture_s_mask() -> None:
    """Landmarks are in px of the picture; the transform takes them to the crop."""
    painted = painted_face()
    turn = np.asarray(cv2.getRotationMatrix2D((128.0, 128.0), 30.0, 0.8), np.float64)
    picture_face = replace(painted.face, landmarks=painted.face.landmarks @ turn[:, :2].T + turn[:, 2])
    picture = warp(painted.pixels, turn, 256, 256)
    to_crop = image_to_crop(picture_face.landmarks, 200)
    in_crop = skin_mask(warp(picture, to_crop, 200, 200), picture_face, to_crop)
    in_picture = warp(skin_mask(picture, picture_face)[..., None], to_crop, 200, 200)[..., 0]
    assert np.abs(in_crop - in_picture).mean() < 0.02


def test_whole_pictures_have_skin_only_around_the_face() -> None:
    painted = painted_face(side=128)
    picture = np.full((400, 500, 3), 0.7, np.float32) * np.array(LIGHT, np.float32)
    picture[100:228, 200:328] = painted.pixels
    face = replace(painted.face, landmarks=painted.face.landmarks + (200.0, 100.0))
    mask = skin_mask(picture, face)
    region, part = skin_in_region(picture, face)
    assert np.array_equal(mask[region.slices], part)
    mask[region.slices] = 0.0
    assert mask.max() == 0.0
    assert region.height < 200 and region.width < 200


def test_faces_beside_the_picture_have_no_skin() -> None:
    painted = painted_face()
    far = replace(painted.face, landmarks=painted.face.landmarks + 1000.0)
    region, part = skin_in_region(painted.pixels, far)
    assert part.size == region.height == region.width == 0
    assert skin_mask(painted.pixels, far).max() == 0.0


def test_faces_cut_by_the_border_work() -> None:
    painted = painted_face()
    left_half = np.ascontiguousarray(painted.pixels[:, 128:])
    face = replace(painted.face, landmarks=painted.face.landmarks - (128.0, 0.0))
    mask = skin_mask(left_half, face)
    assert mask[155, 36] > 0.9
    assert mask[122, 28] < 0.2


def test_68_landmarks_say_more_than_five() -> None:
    """A mouth opened wide, which the corners of the mouth do not show."""
    painted = painted_face()
    outline = np.linspace(0.0, 2.0 * np.pi, 12, endpoint=False)
    points = np.full((68, 2), 128.0)
    angles = np.linspace(np.pi, 0.0, 17)
    points[:17] = np.stack([128 + 57 * np.cos(angles), 140 + 84 * np.sin(angles)], axis=1)
    for eye, brow, (x, y) in (
        (slice(36, 42), slice(17, 22), painted.face.landmarks[0]),
        (slice(42, 48), slice(22, 27), painted.face.landmarks[1]),
    ):
        points[eye] = np.stack([x + 9 * np.cos(outline[::2]), y + 4 * np.sin(outline[::2])], axis=1)
        points[brow] = np.stack([np.linspace(x - 17, x + 17, 5), np.full(5, y - 14)], axis=1)
    points[48:60] = np.stack([128 + 25 * np.cos(outline), 195 + 18 * np.sin(outline)], axis=1)
    open_mouth = skin_mask(painted.pixels, replace(painted.face, landmarks_68=points))
    assert skin_mask(painted.pixels, painted.face)[207, 128] > 0.8
    assert open_mouth[207, 128] < 0.2
    assert open_mouth[155, 92] > 0.9


def test_the_same_input_gives_the_same_mask() -> None:
    painted = painted_face(DARK)
    before = painted.pixels.copy()
    assert np.array_equal(skin_mask(painted.pixels, painted.face), skin_mask(painted.pixels, painted.face))
    assert np.array_equal(painted.pixels, before)


@pytest.mark.skipif(not (DATA / "faces_train_masks").exists(), reason="faces with parse masks are not here")
def test_parse_masks_of_real_faces_agree() -> None:
    """Faces that nothing was tuned on."""
    detector, overlaps = EmbeddedDetector(), []
    for number in range(1, 400, 50):
        pixels = np.asarray(Image.open(DATA / "faces_train" / f"{number:04d}.jpg").convert("RGB"))
        truth = np.isin(np.asarray(Image.open(DATA / "faces_train_masks" / f"{number:04d}.png")), (1, 2))
        face = max(detector.detect(pixels), key=lambda face: face.size)
        found = skin_mask(np.divide(pixels, 255.0, dtype=np.float32), face) > 0.5
        overlaps.append((found & truth).sum() / (found | truth).sum())
    assert np.mean(overlaps) > 0.72
    assert min(overlaps) > 0.5
