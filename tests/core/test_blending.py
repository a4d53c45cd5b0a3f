"""Masks and pasting."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np
import pytest
from faces import made_up_face, noise_picture

from gpen_core.faces.aligned_crop import crop_face, image_to_crop
from gpen_core.faces.face import Face, FaceCrop
from gpen_core.image.geometry import Region, crop_region
from gpen_core.image.warp import Pixels, Plane
from gpen_core.restore import blending
from gpen_core.restore.masks import face_mask

FEATHER = 0.45


def paste_faces(
    picture: Pixels, crops: Sequence[FaceCrop], strengths: Sequence[float], feather: float, grain: float = 0.0
) -> tuple[Pixels, Plane]:
    """A copy of the picture with the crops in it, and their mask."""
    result = picture.copy()
    return result, blending.paste_faces(result, crops, strengths, feather, grain)


def plain_crop(face: Face, value: float | tuple[float, float, float], size: int = 128) -> FaceCrop:
    """A restored crop of one colour."""
    pixels = np.zeros((size, size, 3), np.float32) + np.asarray(value, np.float32)
    return FaceCrop(face=face, pixels=pixels, image_to_crop=image_to_crop(face.landmarks, size))


def test_mask_is_one_on_the_face_and_zero_at_the_border_of_the_crop() -> None:
    face = made_up_face(150, 150, size=100)
    transform = image_to_crop(face.landmarks, 256)
    region = crop_region(transform, 256, 300, 300)
    mask, weight = face_mask(face, transform, 256, region, FEATHER)
    for x, y in face.landmarks:
        assert mask[round(y) - region.top, round(x) - region.left] == 1.0
    edges = np.concatenate([mask[0], mask[-1], mask[:, 0], mask[:, -1]])
    assert edges.max() < 0.01
    assert ((mask > 0) == (weight > 0)).all()


def test_more_feather_never_covers_less() -> None:
    face = made_up_face(150, 150, size=100)
    transform = image_to_crop(face.landmarks, 256)
    region = crop_region(transform, 256, 300, 300)
    masks = [face_mask(face, transform, 256, region, feather)[0] for feather in (0.0, 0.2, 0.5, 1.0)]
    for narrower, wider in zip(masks, masks[1:], strict=False):
        assert (wider >= narrower - 1e-6).all()


def test_the_mask_turns_with_the_face() -> None:
    upright = made_up_face(100, 100, size=60)
    turn = np.array([[0.0, -1.0], [1.0, 0.0]])
    turned = Face(box=upright.box, landmarks=(upright.landmarks - 100) @ turn.T + 100, score=1.0)
    _, first = paste_faces(np.zeros((201, 201, 3), np.float32), [plain_crop(upright, 1.0)], [1.0], FEATHER)
    _, second = paste_faces(np.zeros((201, 201, 3), np.float32), [plain_crop(turned, 1.0)], [1.0], FEATHER)
    np.testing.assert_allclose(np.rot90(first, -1), second, atol=1e-3)


def test_pixels_outside_the_mask_are_bit_identical() -> None:
    picture = noise_picture(200, 260)
    result, mask = paste_faces(picture, [plain_crop(made_up_face(130, 100), 0.0)], [1.0], FEATHER)
    assert 0 < (mask > 0).mean() < 0.6
    assert np.array_equal(result[mask == 0], picture[mask == 0])
    assert not np.array_equal(result[mask == 1], picture[mask == 1])


def test_strength_zero_is_bit_identical_and_more_never_does_less() -> None:
    picture, crop = noise_picture(160, 160), plain_crop(made_up_face(80, 80), 0.9)
    changes = []
    for strength in (0.0, 0.3, 0.6, 1.0):
        result, _ = paste_faces(picture, [crop], [strength], FEATHER)
        changes.append(np.abs(result - picture))
    assert changes[0].max() == 0.0
    for less, more in zip(changes, changes[1:], strict=False):
        assert (more >= less).all()


def test_cut_and_pasted_back_gives_the_picture_again() -> None:
    y, x = np.mgrid[:200, :200].astype(np.float32)
    picture = np.stack([np.sin(x / 15), np.cos(y / 12), np.sin((x - y) / 20)], axis=2) * 0.3 + 0.5
    picture = picture.astype(np.float32)
    crop = crop_face(picture, made_up_face(100, 100, size=90), 256)
    result, mask = paste_faces(picture, [crop], [1.0], FEATHER)
    assert mask.max() == 1.0
    np.testing.assert_allclose(result, picture, atol=0.01)


@pytest.mark.parametrize("centre", [(0.0, 0.0), (159.0, 80.0), (80.0, -20.0), (-500.0, 80.0)])
def test_faces_over_the_border_are_cut_to_the_picture(centre: tuple[float, float]) -> None:
    picture = noise_picture(160, 160)
    result, mask = paste_faces(picture, [plain_crop(made_up_face(*centre), 1.0)], [1.0], FEATHER)
    assert result.shape == picture.shape
    assert (mask.max() == 0.0) == (centre[0] == -500.0)


def test_overlapping_faces_are_averaged_without_a_seam() -> None:
    picture = np.full((200, 300, 3), 0.5, np.float32)
    crops = [plain_crop(made_up_face(120, 100), 0.2), plain_crop(made_up_face(180, 100), 0.8)]
    result, _ = paste_faces(picture, crops, [1.0, 1.0], FEATHER)
    row = result[100, :, 0]
    assert row[120] == pytest.approx(0.2, abs=0.01)
    assert row[180] == pytest.approx(0.8, abs=0.01)
    assert np.abs(np.diff(row[120:181])).max() < 0.05
    swapped, _ = paste_faces(picture, crops[::-1], [1.0, 1.0], FEATHER)
    np.testing.assert_allclose(swapped, result, atol=1e-6)


def test_coloured_crops_stay_coloured_on_a_grey_picture() -> None:
    """A face that was colourised elsewhere; our own restoration of a grey face is grey already."""
    picture = np.repeat(noise_picture(160, 160)[..., :1], 3, axis=2)
    result, mask = paste_faces(picture, [plain_crop(made_up_face(80, 80), (0.9, 0.3, 0.1))], [1.0], FEATHER)
    np.testing.assert_allclose(result[mask == 1.0] - np.array([0.9, 0.3, 0.1]), 0.0, atol=1e-5)


def test_grey_pictures_stay_exactly_grey_under_grey_crops() -> None:
    picture = np.repeat(noise_picture(160, 160)[..., :1], 3, axis=2)
    result, mask = paste_faces(picture, [plain_crop(made_up_face(80, 80), 0.3)], [0.7], FEATHER)
    assert mask.max() == 1.0
    assert np.array_equal(result[..., 0], result[..., 1])
    assert np.array_equal(result[..., 0], result[..., 2])


@pytest.mark.parametrize(("size", "least", "most"), [(30.0, 0.0, 0.7), (70.0, 0.99, 1.01)])
def test_a_small_face_is_about_as_sharp_as_its_picture(size: float, least: float, most: float) -> None:
    """Checks of hard edges, pasted into blurred ones: small ones get softer, and do not where the picture is sharp."""
    rows, columns = np.mgrid[:300, :300] // 16
    checks: Pixels = np.repeat(((rows + columns) % 2)[..., None], 3, axis=2).astype(np.float32)
    face = replace(made_up_face(150, 150, size=60), box=(0.0, 0.0, size, size))
    steepest = []
    for picture in (checks, cv2.GaussianBlur(checks, (0, 0), 1.5).astype(np.float32)):
        result, mask = paste_faces(picture, [crop_face(checks, face, 144)], [1.0], FEATHER)
        steepest.append(float(np.abs(np.diff(result[..., 0], axis=1))[mask[:, 1:] == 1.0].max()))
    assert least <= steepest[1] / steepest[0] <= most


def test_small_faces_no_sharper_than_their_picture_are_not_softened() -> None:
    small, picture = made_up_face(150, 150, size=60), noise_picture(300, 300)
    large = replace(small, box=(50.0, 50.0, 250.0, 250.0))
    results = []
    for face in (small, large):
        crop = crop_face(picture, face, 432)
        np.multiply(crop.pixels, np.float32(0.9), out=crop.pixels)
        results.append(paste_faces(picture, [crop], [1.0], FEATHER)[0])
    assert np.array_equal(*results)


def test_faces_are_given_the_grain_they_lack() -> None:
    draws = np.random.default_rng(0).normal(0.0, 0.008, (300, 300, 1))
    picture = np.repeat(0.5 + draws, 3, axis=2).astype(np.float32)
    levels = []
    for grain in (0.0, 0.5, 1.0):
        result, mask = paste_faces(picture, [plain_crop(made_up_face(150, 150, size=130), 0.5)], [1.0], FEATHER, grain)
        levels.append(float(result[mask == 1.0].std()))
    assert levels[0] < 1e-6
    assert levels[1] == pytest.approx(levels[2] / 2, rel=0.01)
    assert 0.004 < levels[2] < 0.009


def test_noise_is_no_grain() -> None:
    picture = noise_picture(300, 300)
    result, mask = paste_faces(picture, [plain_crop(made_up_face(150, 150, size=130), 0.5)], [1.0], FEATHER, 1.0)
    assert float(result[mask == 1.0].std()) < 0.012
    assert float(picture.std()) > 0.1


def test_no_faces_change_nothing() -> None:
    picture = noise_picture(20, 30)
    result, mask = paste_faces(picture, [], [], FEATHER)
    assert np.array_equal(result, picture)
    assert mask.max() == 0.0


def test_regions() -> None:
    a, b = Region(0, 10, 0, 10), Region(5, 15, 8, 20)
    assert a.overlaps(b)
    assert not a.overlaps(Region(10, 12, 0, 5))
    assert a.union(b) == Region(0, 15, 0, 20)
    assert b.within(a.union(b)) == (slice(5, 15), slice(8, 20))
