"""What is measured of pictures and faces."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from faces import made_up_face
from pictures import as_jpeg, grainy, leaves, noisy, softened

from gpen_core.image.warp import Pixels
from gpen_core.quality import FaceMeasures, measure_face, measure_picture
from gpen_core.quality.blockiness import blockiness
from gpen_core.quality.grain import grain_powers
from gpen_core.quality.light import exposure_of, tint_of
from gpen_core.quality.noise import noise_sigma
from gpen_core.quality.region import native_face

_SIDE = 512
_FACE = made_up_face(256, 256, size=256, yaw=12.0, pitch=-3.0, roll=4.0)  # its aligned crop fills the picture


@pytest.fixture(scope="module")
def picture() -> Pixels:
    return leaves(_SIDE)


@pytest.fixture(scope="module")
def sharp(picture: Pixels) -> FaceMeasures:
    return measure_face(picture, _FACE)


def test_sharpness_falls_with_the_detail(picture: Pixels, sharp: FaceMeasures) -> None:
    readings = [measure_face(softened(picture, factor), _FACE).sharpness for factor in (2, 4, 8, 16)]
    assert sharp.sharpness > 350
    assert [sharp.sharpness, *readings] == sorted([sharp.sharpness, *readings], reverse=True)
    for factor, reading in zip((4, 8), readings[1:3], strict=True):
        assert _SIDE / factor / 2 < reading < _SIDE / factor * 2


@pytest.mark.parametrize("sigma", [3.0, 6.0, 12.0])
def test_noise_does_not_pass_for_detail(picture: Pixels, sigma: float) -> None:
    soft = softened(picture, 8)
    reading = measure_face(soft, _FACE).sharpness
    assert reading / 2 < measure_face(noisy(soft, sigma), _FACE).sharpness < reading * 2


@pytest.mark.parametrize("clump", [0.7, 1.0, 1.5])
def test_film_grain_does_not_make_a_blurred_face_sharp(picture: Pixels, sharp: FaceMeasures, clump: float) -> None:
    soft = softened(picture, 8)
    assert measure_face(grainy(soft, 8.0, clump), _FACE).sharpness < sharp.sharpness / 2
    assert measure_face(grainy(soft, 15.0, clump), _FACE).sharpness < sharp.sharpness / 2


def test_what_grain_does_not_hide_is_still_read(picture: Pixels) -> None:
    readings = [measure_face(grainy(softened(picture, factor), 8.0, 1.0), _FACE).sharpness for factor in (1.5, 4, 12)]
    assert readings == sorted(readings, reverse=True) and readings[0] > 1.5 * readings[2]


@pytest.mark.parametrize("scale", [0.25, 0.5, 1.0, 2.0])
def test_grain_is_found_at_every_scale_and_not_where_there_is_none(picture: Pixels, scale: float) -> None:
    soft = softened(picture, 8 / min(scale, 1.0))
    assert grain_powers(soft, scale) is None
    powers = grain_powers(grainy(soft, 10.0, 1.0 / min(scale, 1.0)), scale)
    assert powers is not None and powers.shape == (9,) and bool((powers >= 0).all()) and powers[3] > powers[-1]


def test_no_grain_is_read_in_a_few_pixels() -> None:
    assert grain_powers(np.random.default_rng(0).random((9, 9, 3), np.float32), 30.0) is None


def test_sharpness_does_not_depend_on_contrast(picture: Pixels, sharp: FaceMeasures) -> None:
    assert measure_face(picture * 0.5 + 0.2, _FACE).sharpness == pytest.approx(sharp.sharpness, rel=0.1)


def test_a_small_face_cannot_be_sharp() -> None:
    small = made_up_face(256, 256, size=40)
    assert measure_face(leaves(_SIDE), small).sharpness <= 40 * 2 * 1.05


def test_sharpness_of_a_flat_picture_is_finite() -> None:
    assert 0 < measure_face(np.full((64, 64, 3), 0.5, np.float32), made_up_face(32, 32, 40)).sharpness < 100


@pytest.mark.parametrize("sigma", [3.0, 8.0, 20.0])
def test_noise_is_read_in_levels(picture: Pixels, sigma: float) -> None:
    assert noise_sigma(noisy(softened(picture, 3), sigma)) == pytest.approx(sigma, rel=0.15)


def test_noise_of_a_clean_or_tiny_picture(picture: Pixels) -> None:
    assert noise_sigma(softened(picture, 2)) < 1.5
    assert noise_sigma(np.zeros((1, 1, 3), np.float32)) == 0.0


def test_blockiness_rises_with_compression(picture: Pixels) -> None:
    soft = softened(picture, 4)
    readings = [blockiness(as_jpeg(soft, quality)) for quality in (95, 70, 40, 15)]
    assert blockiness(picture) < 1.05
    assert readings == sorted(readings)
    assert readings[0] < 1.3 < readings[-1]


def test_blockiness_follows_a_shifted_grid(picture: Pixels) -> None:
    stored = as_jpeg(softened(picture, 4), 30)
    assert blockiness(np.ascontiguousarray(stored[3:, 5:])) == pytest.approx(blockiness(stored), rel=0.1)


def test_too_small_for_blocks() -> None:
    assert blockiness(noisy(np.full((24, 90, 3), 0.5, np.float32), 20)) == 1.0


def test_exposure_of_known_levels() -> None:
    ramp = np.repeat(np.linspace(0, 1, 256, dtype=np.float32)[None, :, None], 3, axis=2)
    exposure = exposure_of(ramp)
    assert exposure.lightness == pytest.approx(127.5, abs=1)
    assert exposure.contrast == pytest.approx(0.96 * 255, abs=1)
    assert exposure.black == pytest.approx(7 / 256)
    assert exposure.white == pytest.approx(6 / 256)


@pytest.mark.parametrize(
    ("weights", "tint"), [((1.0, 1.0, 1.0), "grey"), ((1.0, 0.86, 0.66), "toned"), ((0.9, 0.95, 1.0), "toned")]
)
def test_tint_of_grey_and_toned_pictures(weights: tuple[float, float, float], tint: str) -> None:
    grey = leaves(128, colour=False)
    assert tint_of(noisy(grey * np.array(weights, np.float32), 4)) == tint


def test_tint_of_a_colour_picture(picture: Pixels) -> None:
    assert tint_of(picture) == "colour"


def test_degradation_rises_with_each_cause(sharp: FaceMeasures) -> None:
    assert 0 <= sharp.degradation < 27
    for worse in ({"sharpness": 100.0}, {"noise": 15.0}, {"blockiness": 2.0}):
        assert replace(sharp, **worse).degradation > sharp.degradation + 5
    assert replace(sharp, sharpness=16.0, noise=40.0, blockiness=3.0).degradation <= 100


def test_a_picture_and_its_faces(picture: Pixels) -> None:
    others = made_up_face(100, 90, size=60, index=1), made_up_face(500, 500, size=80, index=2)
    measures = measure_picture(picture, [_FACE, *others])
    assert (measures.width, measures.height, measures.short_side) == (_SIDE, _SIDE, _SIDE)
    assert [face.index for face in measures.faces] == [0, 1, 2]
    first = measures.faces[0]
    assert (first.size, first.yaw, first.pitch, first.roll) == (256, 12.0, -3.0, 4.0)
    assert measures.as_dict()["faces"][0]["degradation"] == first.degradation


def test_a_picture_without_faces(picture: Pixels) -> None:
    assert measure_picture(picture, []).faces == ()


def test_the_face_is_read_from_the_pictures_own_pixels(picture: Pixels) -> None:
    seen = native_face(picture, made_up_face(100, 100, size=60))
    assert np.shares_memory(seen, picture)
    assert max(seen.shape[:2]) < 100
    for x, y in ((0, 0), (900, -300)):
        assert native_face(picture, made_up_face(x, y, size=60), least=128).shape == (128, 128, 3)


def test_the_picture_is_not_changed(picture: Pixels) -> None:
    before = picture.copy()
    measure_picture(picture, [_FACE])
    assert np.array_equal(picture, before)
