"""Automatic exposure."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from skimage import data

from gpen_core.image.colour import linear_to_srgb, luminance, srgb_to_linear
from gpen_core.image.exposure import correct_exposure
from gpen_core.image.warp import Pixels, Plane

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"


@pytest.fixture(scope="module")
def portrait() -> Pixels:
    """A well-exposed picture with a face."""
    return np.divide(data.astronaut()[:256:2, 96:352:2], 255, dtype=np.float32)


@pytest.fixture(scope="module")
def face_region() -> Plane:
    y, x = np.mgrid[:128, :128]
    return (np.hypot((x - 65) / 18, (y - 55) / 26) < 1).astype(np.float32)


def darker(picture: Pixels, stops: float) -> Pixels:
    return linear_to_srgb(srgb_to_linear(torch.from_numpy(picture)) * 0.5**stops).numpy()


def faded(picture: Pixels, contrast: float) -> Pixels:
    return (picture - 0.5) * np.float32(contrast) + np.float32(0.55)


def backlit(picture: Pixels, region: Plane, stops: float) -> Pixels:
    """The face is dark, all around it bright."""
    around = picture * np.float32(0.4) + np.float32(0.6)
    return np.where(region[..., None] > 0.5, darker(picture, stops), around)


def brightness(picture: Pixels) -> Plane:
    return linear_to_srgb(luminance(srgb_to_linear(torch.from_numpy(picture).permute(2, 0, 1))))[0].numpy()


def test_well_exposed_picture_is_left_alone(portrait: Pixels, face_region: Plane) -> None:
    for region in (None, face_region):
        np.testing.assert_array_equal(correct_exposure(portrait, region), portrait)


@pytest.mark.skipif(not SHARED.is_dir(), reason="needs the shared pictures")
def test_well_exposed_faces_are_left_alone() -> None:
    y, x = np.mgrid[:128, :128]
    region = (np.hypot((x - 64) / 35, (y - 73) / 42) < 1).astype(np.float32)
    paths = [*sorted((SHARED / "faces_val" / "hq").glob("*.jpg")), *sorted((SHARED / "ffhq").glob("*.png"))]
    for path in paths:
        small = Image.open(path).convert("RGB").resize((128, 128), Image.Resampling.BOX)
        picture = np.divide(np.asarray(small), 255, dtype=np.float32)
        for given in (None, region):
            assert np.abs(correct_exposure(picture, given) - picture).mean() < 1 / 255, path.name


@pytest.mark.parametrize("stops", [2.0, 3.0])
def test_dark_picture_becomes_brighter(portrait: Pixels, face_region: Plane, stops: float) -> None:
    dark = darker(portrait, stops)
    for region in (None, face_region):
        corrected = correct_exposure(dark, region)
        face = face_region > 0.5
        assert brightness(corrected)[face].mean() > 1.25 * brightness(dark)[face].mean()
        assert np.abs(corrected - portrait).mean() < np.abs(dark - portrait).mean()


def test_backlit_face_becomes_brighter(portrait: Pixels, face_region: Plane) -> None:
    picture, face = backlit(portrait, face_region, 2.5), face_region > 0.5
    corrected = correct_exposure(picture, face_region)
    assert brightness(corrected)[face].mean() > 1.25 * brightness(picture)[face].mean()
    assert corrected.max() <= 1.0


def test_without_the_face_a_backlit_picture_is_not_recognised(portrait: Pixels, face_region: Plane) -> None:
    picture = backlit(portrait, face_region, 2.5)
    np.testing.assert_array_equal(correct_exposure(picture, np.zeros_like(face_region)), picture)


def test_dark_skin_in_good_light_stays_dark(portrait: Pixels, face_region: Plane) -> None:
    """Skin two stops darker, but eyes, teeth and shine (here 5 % of the face) as bright as ever."""
    picture = np.where(face_region[..., None] > 0.5, darker(portrait, 2.0), portrait)
    rng = np.random.default_rng(0)
    shine = (rng.random(face_region.shape) < 0.05) & (face_region > 0.5)
    picture[shine] = 0.75
    np.testing.assert_array_equal(correct_exposure(picture, face_region), picture)


def test_faded_picture_gets_its_contrast_back(portrait: Pixels, face_region: Plane) -> None:
    pale = faded(portrait, 0.5)
    corrected = correct_exposure(pale, face_region)
    assert brightness(corrected).std() > 1.4 * brightness(pale).std()


def test_correction_sets_in_gradually(portrait: Pixels, face_region: Plane) -> None:
    """A little darker or paler changes the result a little: no step as the correction begins."""
    means = [correct_exposure(darker(portrait, s), face_region).mean() for s in np.arange(0.0, 3.0, 0.1)]
    assert np.abs(np.diff(means)).max() < 0.02
    pale = [brightness(correct_exposure(faded(portrait, c), face_region)).std() for c in np.arange(0.4, 1.0, 0.02)]
    assert np.abs(np.diff(pale)).max() < 0.03


def test_darker_pixels_stay_darker() -> None:
    ramp = np.linspace(0, 0.3, 4096, dtype=np.float32)[None, :, None].repeat(3, 2)
    for picture in (ramp, ramp + 0.3):
        corrected = correct_exposure(picture)[0, :, 0]
        assert np.abs(corrected - picture[0, :, 0]).max() > 0.05
        assert (np.diff(corrected) > 0).all()
        assert np.diff(corrected).max() < 5 * np.diff(picture[0, :, 0]).max()  # smooth: no steps


def test_hue_is_kept(portrait: Pixels) -> None:
    """The direction from grey, in linear light, of colours that are not nearly grey."""
    dark = darker(portrait, 3.0)
    before, after = (srgb_to_linear(torch.from_numpy(x).permute(2, 0, 1)) for x in (dark, correct_exposure(dark)))
    before, after = before - luminance(before), after - luminance(after)
    coloured = before.norm(dim=0) > 0.1 * before.norm(dim=0).max()
    cosine = torch.cosine_similarity(before, after, dim=0)[coloured]
    assert coloured.float().mean() > 0.2
    assert cosine.min() > 0.9999


def test_grey_stays_grey(portrait: Pixels) -> None:
    grey = darker(portrait, 2.5)[..., :1].repeat(3, 2)
    corrected = correct_exposure(grey)
    assert not np.array_equal(corrected, grey)
    np.testing.assert_array_equal(corrected, corrected[..., :1].repeat(3, 2))


def test_black_picture_stays_black() -> None:
    black = np.zeros((16, 16, 3), np.float32)
    np.testing.assert_array_equal(correct_exposure(black), black)
