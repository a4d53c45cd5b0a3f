"""Eye-centred squares."""

from __future__ import annotations

import numpy as np
import pytest
from faces import made_up_face, noise_picture

from gpen_core.faces.face import Face
from gpen_core.faces.square import crop_square, eye_centred_square
from gpen_core.image.geometry import apply
from gpen_core.image.resample import resize


def face_with_eyes(x: float, y: float) -> Face:
    landmarks = np.array([[x - 10, y], [x + 10, y], [x, y + 12], [x - 8, y + 24], [x + 8, y + 24]])
    return Face(box=(x - 30, y - 30, x + 30, y + 40), landmarks=landmarks, score=0.9)


def test_square_is_centred_on_the_midpoint_of_the_eyes() -> None:
    assert eye_centred_square(face_with_eyes(700.0, 600.0), 1200, 1400, 896) == (252, 152, 1148, 1048)


def test_odd_size_is_halved_downwards() -> None:
    assert eye_centred_square(face_with_eyes(50.0, 50.0), 200, 200, 21) == (40, 40, 61, 61)


@pytest.mark.parametrize(
    ("x", "y", "expected"),
    [
        (10, 10, (0, 0, 100, 100)),
        (290, 190, (200, 100, 300, 200)),
        (290, 10, (200, 0, 300, 100)),
        (150, 250, (100, 100, 200, 200)),
    ],
)
def test_square_is_shifted_inside_the_picture(x: float, y: float, expected: tuple[int, ...]) -> None:
    assert eye_centred_square(face_with_eyes(x, y), 200, 300, 100) == expected


def test_68_landmarks_give_the_eyes_where_there_are_any() -> None:
    points = np.full((68, 2), 5.0)
    points[36:42] = (90.0, 60.0)
    points[42:48] = (110.0, 64.0)
    face = made_up_face(30, 30, landmarks_68=points)
    assert eye_centred_square(face, 200, 200, 40) == (80, 42, 120, 82)


def test_small_picture_gives_the_largest_square_that_fits() -> None:
    assert eye_centred_square(face_with_eyes(70.0, 20.0), 50, 100, 896) == (45, 0, 95, 50)


def test_without_a_face_the_largest_centred_square() -> None:
    assert eye_centred_square(None, 300, 501, 100) == (100, 0, 400, 300)


def test_crop_at_its_own_size_holds_the_pixels_themselves() -> None:
    picture = noise_picture(120, 160)
    crop = crop_square(picture, face_with_eyes(80.0, 60.0), 64)
    np.testing.assert_array_equal(crop.pixels, picture[28:92, 48:112])
    np.testing.assert_allclose(apply(crop.image_to_crop, np.array([[48.0, 28.0]])), [[0.0, 0.0]])


@pytest.mark.parametrize("out_size", [32, 200])
def test_transform_maps_the_corners_of_the_square_to_those_of_the_crop(out_size: int) -> None:
    crop = crop_square(noise_picture(120, 160), face_with_eyes(80.0, 60.0), 64, out_size)
    corners = np.array([[47.5, 27.5], [111.5, 91.5]])
    np.testing.assert_allclose(apply(crop.image_to_crop, corners), [[-0.5, -0.5], [out_size - 0.5, out_size - 0.5]])
    assert crop.size == out_size


@pytest.mark.parametrize("out_size", [24, 96])
def test_transform_tells_where_pixels_went(out_size: int) -> None:
    """A picture that holds its own coordinates: the crop holds them at the places the transform says."""
    y, x = np.mgrid[:120, :160].astype(np.float32) / 200
    crop = crop_square(np.dstack([x, y, x]), face_with_eyes(80.0, 60.0), 48, out_size)
    places = np.array([[70.0, 55.0], [90.0, 70.0], [75.0, 65.0]])
    column, row = apply(crop.image_to_crop, places).T
    inner = crop.pixels[..., :2] * 200
    for place, i, j in zip(places, np.rint(row).astype(int), np.rint(column).astype(int), strict=True):
        np.testing.assert_allclose(inner[i, j], place, atol=1.1 if out_size < 48 else 0.3)


def test_crop_is_resized_like_all_pictures() -> None:
    picture = noise_picture(120, 160)
    crop = crop_square(picture, face_with_eyes(80.0, 60.0), 64, 32)
    expected = resize(np.ascontiguousarray(picture[28:92, 48:112]), 32, 32)
    np.testing.assert_array_equal(crop.pixels, expected)


def test_crop_without_a_face_says_so_by_its_score() -> None:
    crop = crop_square(noise_picture(60, 100), None)
    assert crop.size == 60 and crop.face.score == 0.0
    assert crop.face.box == (20.0, 0.0, 80.0, 60.0)
    inside = apply(crop.image_to_crop, crop.face.landmarks)
    assert (inside > 0).all() and (inside < 60).all()
