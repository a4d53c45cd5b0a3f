"""What protected skin keeps, and what nothing may touch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import cv2
import numpy as np
import pytest
from painted_face import DARK, LIGHT, SEPIA, PaintedFace, painted_face
from skimage.color import rgb2lab

from gpen_core.errors import GPENError
from gpen_core.finish.protection import SkinProtection, protect_skin
from gpen_core.finish.skin import skin_mask
from gpen_core.finish.skin_blend import blend_skin
from gpen_core.image.luma import luma
from gpen_core.image.warp import Pixels, Plane

NEUTRAL = SkinProtection(colour=0.0, light=0.0, texture=0.0, smooth=0.5, match=False)


def blurred(pixels: Pixels, sigma: float) -> Pixels:
    return cv2.GaussianBlur(pixels, (0, 0), sigma).astype(np.float32, copy=False)


def plastic(pixels: Pixels, tint: tuple[float, float, float] = (1.1, 0.95, 0.9)) -> Pixels:
    """As a bad restorer would have it: smooth, tinted, lighter; with some detail of its own."""
    smooth = blurred(pixels, 2.0) * np.array(tint, np.float32) + np.float32(0.03)
    own = np.random.default_rng(5).normal(0.0, 0.004, (*pixels.shape[:2], 1))
    return np.clip(smooth + own, 0.0, 1.0).astype(np.float32)


def painted_pair(side: int = 256, colour: tuple[float, float, float] = LIGHT) -> tuple[PaintedFace, Pixels, Plane]:
    painted = painted_face(colour, side, grain=0.03)
    return painted, plastic(painted.pixels), skin_mask(painted.pixels, painted.face)


def colour_distance(first: Pixels, second: Pixels, where: Plane) -> float:
    """Mean difference of the channels less that of the luma, both blurred."""
    slow = blurred(first - second, 6.0)
    return float(np.abs(slow - luma(slow)[..., None])[where > 0.9].mean())


def light_distance(first: Pixels, second: Pixels, where: Plane) -> float:
    return float(np.abs(luma(blurred(first - second, 6.0)))[where > 0.9].mean())


def fine_detail(pixels: Pixels) -> Plane:
    light = luma(pixels)
    return light - cv2.GaussianBlur(light, (0, 0), 1.0)


def roughness(pixels: Pixels, where: Plane) -> float:
    return float(fine_detail(pixels)[where > 0.9].std())


def test_neutral_settings_change_nothing() -> None:
    painted, enhanced, skin = painted_pair()
    enhanced[0, 0], enhanced[155, 92] = 1.5, 1.2  # not even values out of range
    assert np.array_equal(protect_skin(painted.pixels, enhanced, skin, NEUTRAL), enhanced)


@pytest.mark.parametrize(
    "change", [{"colour": 100.0}, {"light": 100.0}, {"texture": 1.0}, {"smooth": 0.0}, {"smooth": 1.0}], ids=str
)
def test_each_setting_acts_on_skin_only(change: dict[str, float]) -> None:
    painted, enhanced, skin = painted_pair()
    result = protect_skin(painted.pixels, enhanced, skin, replace(NEUTRAL, **change))
    assert np.array_equal(result[skin == 0.0], enhanced[skin == 0.0])
    assert np.abs(result - enhanced)[skin > 0.9].mean() > 1e-3
    assert (result.min(), result.max()) >= (0.0, 0.0) and result.max() <= 1.0
    assert result.dtype == np.float32


def test_inputs_are_left_alone() -> None:
    painted, enhanced, skin = painted_pair()
    keep = np.zeros_like(skin)
    before = [array.copy() for array in (painted.pixels, enhanced, skin, keep)]
    blend_skin(painted.pixels, enhanced, [painted.face], SkinProtection(), keep)
    protect_skin(painted.pixels, enhanced, skin, SkinProtection(), keep)
    for array, expected in zip((painted.pixels, enhanced, skin, keep), before, strict=True):
        assert np.array_equal(array, expected)


@pytest.mark.parametrize("colour", [LIGHT, DARK], ids=["light", "dark"])
def test_skin_keeps_its_tone(colour: tuple[float, float, float]) -> None:
    painted, enhanced, skin = painted_pair(colour=colour)
    result = protect_skin(painted.pixels, enhanced, skin, SkinProtection())
    for distance, left in ((colour_distance, 0.3), (light_distance, 0.5)):
        assert distance(result, painted.pixels, skin) < left * distance(enhanced, painted.pixels, skin)


def measures(painted: PaintedFace, skin: Plane) -> dict[str, Callable[[Pixels], float]]:
    """For each setting what it must never make smaller."""
    theirs = fine_detail(painted.pixels)
    sure = skin > 0.9
    return {
        "colour": lambda result: -colour_distance(result, painted.pixels, skin),
        "light": lambda result: -light_distance(result, painted.pixels, skin),
        "texture": lambda result: float((fine_detail(result) * theirs)[sure].sum()),
        "smooth": lambda result: -roughness(result, skin),
    }


@pytest.mark.parametrize("name", ["colour", "light", "texture", "smooth"])
def test_more_never_does_less(name: str) -> None:
    painted, enhanced, skin = painted_pair()
    measure = measures(painted, skin)[name]
    most = 100.0 if name in ("colour", "light") else 1.0
    values = [
        measure(protect_skin(painted.pixels, enhanced, skin, replace(NEUTRAL, **{name: most * step / 6})))
        for step in range(7)
    ]
    assert all(more > less for less, more in zip(values, values[1:], strict=False))


def test_all_of_the_texture_comes_back() -> None:
    painted, enhanced, skin = painted_pair()
    theirs, sure = fine_detail(painted.pixels), skin > 0.9

    def share(texture: float) -> float:
        result = protect_skin(painted.pixels, enhanced, skin, replace(NEUTRAL, texture=texture))
        return float((fine_detail(result) * theirs)[sure].sum() / np.square(theirs)[sure].sum())

    assert share(0.0) < 0.3
    assert 0.8 < share(1.0) < 1.15


def test_texture_that_is_there_already_is_not_doubled() -> None:
    painted, _, skin = painted_pair()
    detail = painted.pixels - blurred(painted.pixels, 2.0)
    sharpened = np.clip(painted.pixels + np.float32(0.5) * detail, 0.0, 1.0)
    result = protect_skin(painted.pixels, sharpened, skin, replace(NEUTRAL, texture=1.0))
    assert roughness(result, skin) == pytest.approx(roughness(sharpened, skin), rel=0.05)


def test_a_blurred_original_takes_no_detail_from_sharp_skin() -> None:
    painted, _, skin = painted_pair()
    result = protect_skin(blurred(painted.pixels, 4.0), painted.pixels, skin, SkinProtection(texture=1.0))
    inner = cv2.erode(skin, np.ones((25, 25))).astype(np.float32)  # beyond the reach of the blurred lips and eyes
    assert roughness(result, inner) > 0.99 * roughness(painted.pixels, inner)


def test_no_colour_bleeds_in_from_beside_the_skin() -> None:
    painted, _, skin = painted_pair()
    original = painted.pixels.copy()
    original[skin == 0.0] = (1.0, 0.0, 0.0)
    result = protect_skin(original, painted.pixels, skin, SkinProtection(texture=0.0))
    assert np.abs(result - painted.pixels)[skin > 0.99].max() < 0.02


def test_a_grey_picture_stays_exactly_grey() -> None:
    painted, _, _ = painted_pair()
    grey = np.repeat(luma(painted.pixels)[..., None], 3, axis=2)
    result, _ = blend_skin(grey, plastic(grey), [painted.face], SkinProtection(texture=1.0, smooth=0.2))
    assert np.ptp(result, axis=2).max() == 0.0


def test_grey_enhanced_pixels_beside_the_skin_stay_as_they_are() -> None:
    painted, _, skin = painted_pair()
    grey = np.repeat(luma(painted.pixels)[..., None], 3, axis=2)
    enhanced = np.repeat(luma(plastic(grey))[..., None], 3, axis=2)
    result = protect_skin(grey, enhanced, skin, SkinProtection())
    assert np.array_equal(result[skin == 0.0], enhanced[skin == 0.0])


def test_a_sepia_picture_keeps_its_hue() -> None:
    painted = painted_face(SEPIA)
    enhanced = plastic(painted.pixels, (1.1, 0.9, 1.2))
    result, skin = blend_skin(painted.pixels, enhanced, [painted.face], SkinProtection())
    hues = []
    for pixels in (painted.pixels, enhanced, result):
        a, b = rgb2lab(pixels)[skin > 0.9][:, 1:].mean(axis=0)
        hues.append(np.degrees(np.arctan2(b, a)))
    assert abs(hues[1] - hues[0]) > 20.0
    assert abs(hues[2] - hues[0]) < 2.0


def test_where_keep_is_one_the_original_stays() -> None:
    painted, enhanced, skin = painted_pair()
    keep = np.zeros_like(skin)
    keep[140:180, 80:180] = 1.0
    keep[0:20, 0:20] = 0.5
    result = protect_skin(painted.pixels, enhanced, skin, SkinProtection(), keep)
    without = protect_skin(painted.pixels, enhanced, skin, SkinProtection())
    assert np.array_equal(result[keep == 1.0], painted.pixels[keep == 1.0])
    assert np.array_equal(result[keep == 0.0], without[keep == 0.0])
    np.testing.assert_allclose(result[5, 5], (painted.pixels[5, 5] + without[5, 5]) / 2, atol=1e-6)


def test_the_scale_is_found_from_the_skin() -> None:
    painted, enhanced, skin = painted_pair()
    found = protect_skin(painted.pixels, enhanced, skin, SkinProtection())
    given = protect_skin(painted.pixels, enhanced, skin, SkinProtection(), scale=0.5)
    assert np.abs(found - given).max() < 0.02


@pytest.mark.parametrize(
    "change", [{"colour": -1.0}, {"light": 101.0}, {"texture": 1.5}, {"smooth": float("nan")}], ids=str
)
def test_impossible_settings_are_refused(change: dict[str, float]) -> None:
    with pytest.raises(GPENError, match=next(iter(change))):
        SkinProtection(**change)  # pyright: ignore[reportArgumentType]


def test_sizes_must_match() -> None:
    painted, enhanced, skin = painted_pair()
    with pytest.raises(GPENError, match="256x256 px and 256x200 px"):
        protect_skin(painted.pixels, enhanced[:200], skin[:200], SkinProtection())
    with pytest.raises(GPENError, match="Original and enhanced"):
        blend_skin(painted.pixels[:, :100], enhanced, [painted.face], SkinProtection())
    with pytest.raises(GPENError, match="mask"):
        blend_skin(painted.pixels, enhanced, [painted.face], SkinProtection(), np.zeros((5, 5), np.float32))


def test_without_a_face_the_picture_passes_unchanged() -> None:
    painted, enhanced, _ = painted_pair()
    result, mask = blend_skin(painted.pixels, enhanced, [], SkinProtection())
    assert np.array_equal(result, enhanced)
    assert mask.shape == enhanced.shape[:2] and mask.max() == 0.0


def test_several_faces_keep_their_own_tone() -> None:
    first, second = painted_face(LIGHT, 128), painted_face(DARK, 128)
    original = np.concatenate([first.pixels, second.pixels], axis=1)
    enhanced = plastic(original)
    moved = replace(second.face, landmarks=second.face.landmarks + (128.0, 0.0))
    result, mask = blend_skin(original, enhanced, [first.face, moved], SkinProtection())
    assert mask[78, 46] > 0.9 and mask[78, 174] > 0.9
    assert colour_distance(result, original, mask) < 0.3 * colour_distance(enhanced, original, mask)
    assert np.array_equal(result[mask == 0.0], enhanced[mask == 0.0])


def test_the_same_face_twice_is_protected_once() -> None:
    painted, enhanced, _ = painted_pair()
    protection = SkinProtection(colour=50.0, light=50.0, match=False)
    once, mask = blend_skin(painted.pixels, enhanced, [painted.face], protection)
    twice, both = blend_skin(painted.pixels, enhanced, [painted.face, painted.face], protection)
    assert both.max() <= 1.0
    sure = mask > 0.99
    np.testing.assert_allclose(twice[sure], once[sure], atol=0.01)


def test_a_smooth_face_in_a_grainy_picture_gets_its_grain_back() -> None:
    painted = painted_face(side=256, grain=0.04)
    skin = skin_mask(painted.pixels, painted.face)[..., None]
    smooth = blurred(painted.pixels, 2.5)
    enhanced = (painted.pixels + skin * (smooth - painted.pixels)).astype(np.float32)
    protection = replace(NEUTRAL, match=True)
    result, mask = blend_skin(painted.pixels, enhanced, [painted.face], protection)
    assert roughness(enhanced, mask) < 0.3 * roughness(painted.pixels, mask)
    assert roughness(result, mask) == pytest.approx(roughness(painted.pixels, mask), rel=0.35)
    assert np.array_equal(blend_skin(painted.pixels, enhanced, [painted.face], protection)[0], result)
