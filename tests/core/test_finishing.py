"""What the settings make of the network's face, on made-up faces and on what the original GPEN made of real ones."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import cv2
import numpy as np
import pytest
from crop_pairs import CropPair, Pixels, grey, made_up_pair, solvay_pair

from gpen_core import RestoreSettings
from gpen_core.finish import finishing
from gpen_core.finish.anchors import opacity, profile_weight
from gpen_core.finish.denoise import denoise, noise_levels
from gpen_core.finish.features import feature_mask
from gpen_core.finish.finishing import finish_face, prepare_face
from gpen_core.finish.tone import adjust_tone
from gpen_core.image.luma import luma
from gpen_core.settings import MODES

STEPS = (0, 15, 50, 75, 100)


@pytest.fixture(params=["made up", 7, 20], ids=str)
def pair(request: pytest.FixtureRequest) -> CropPair:
    return made_up_pair() if request.param == "made up" else solvay_pair(request.param)


def finish(pair: CropPair, **options: Any) -> Pixels:
    return finish_face(pair.original, pair.restored, pair.face, pair.image_to_crop, RestoreSettings(**options))


def shown(pair: CropPair, **options: Any) -> Pixels:
    """The crop as it is seen once pasted."""
    weight = opacity(RestoreSettings(**options), pair.face.yaw)
    return pair.original + np.float32(weight) * (finish(pair, **options) - pair.original)


def steepness(pixels: Pixels) -> Pixels:
    light = luma(pixels)
    across, down = (cv2.Sobel(light, cv2.CV_32F, *axis) for axis in ((1, 0), (0, 1)))
    return np.sqrt(np.square(across) + np.square(down)).astype(np.float32, copy=False)


def noise(pixels: Pixels) -> float:
    light = luma(pixels)
    return float(np.mean(np.abs(light - cv2.GaussianBlur(light, (0, 0), 1.5))))


def low(pixels: Pixels, share: float) -> Pixels:
    return cv2.GaussianBlur(pixels, (0, 0), share * pixels.shape[0]).astype(np.float32)


def never_falls(values: list[float]) -> bool:
    return all(more >= less - 1e-6 for less, more in zip(values, values[1:], strict=False)) and values[-1] > values[0]


@pytest.mark.parametrize("mode", MODES)
def test_more_strength_is_further_from_the_original(pair: CropPair, mode: str) -> None:
    far = [float(np.abs(shown(pair, mode=mode, strength=step) - pair.original).mean()) for step in STEPS]
    assert far[0] == 0.0
    assert never_falls(far)


@pytest.mark.parametrize("strength", [40, 100])
def test_more_denoise_leaves_less_noise(pair: CropPair, strength: float) -> None:
    left = [noise(shown(pair, strength=strength, denoise=step, sharpen=0)) for step in STEPS]
    assert never_falls([-value for value in left])


def test_more_sharpen_is_steeper(pair: CropPair) -> None:
    assert never_falls([float(steepness(shown(pair, sharpen=step)).mean()) for step in STEPS])


def test_more_contrast_spreads_further(pair: CropPair) -> None:
    assert never_falls([float(shown(pair, contrast=step).std()) for step in STEPS])


def test_more_brightness_is_brighter(pair: CropPair) -> None:
    assert never_falls([float(shown(pair, brightness=step).mean()) for step in STEPS])


@pytest.mark.parametrize(
    ("stage", "neutral"),
    [
        ("denoise", {"denoise": 0}),
        ("unsharp", {"sharpen": 0}),
        ("adjust_tone", {"contrast": 50, "brightness": 50}),
        ("emphasise", {"mode": "natural"}),
        ("enhance_details", {"detail_enhance": False}),
        ("protect_skin", {"skin_protect": False}),
    ],
)
def test_neutral_values_leave_their_stage_out(
    stage: str, neutral: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    pair = made_up_pair()
    expected = finish(pair, **neutral)

    def unwanted(*args: Any) -> None:
        raise AssertionError(f"{stage} ran")

    monkeypatch.setattr(finishing, stage, unwanted)
    assert np.array_equal(finish(pair, **neutral), expected)


@pytest.mark.parametrize("sharpen", [50, 100])
def test_sharpening_leaves_no_halo(pair: CropPair, sharpen: float) -> None:
    before, after = finish(pair, sharpen=0), finish(pair, sharpen=sharpen)
    window = np.ones((7, 7), np.uint8)
    assert (after <= cv2.dilate(before, window) + 2 / 255).all()
    assert (after >= cv2.erode(before, window) - 2 / 255).all()


@pytest.mark.parametrize("mode", MODES)
def test_denoise_spares_eyes_and_lips(pair: CropPair, mode: str) -> None:
    features = feature_mask(pair.face, pair.image_to_crop, pair.original.shape[0]) > 0.9
    edges = [
        float(steepness(shown(pair, mode=mode, strength=100, denoise=step, sharpen=0))[features].mean())
        for step in (0, 50)
    ]
    assert edges[1] >= 0.9 * edges[0]


@pytest.mark.parametrize("mode", MODES)
def test_grey_stays_exactly_grey(pair: CropPair, mode: str) -> None:
    result = finish(grey(pair), mode=mode, detail_enhance=True, contrast=70, brightness=40)
    assert np.array_equal(result[..., 0], result[..., 1])
    assert np.array_equal(result[..., 0], result[..., 2])


@pytest.mark.parametrize("mode", ["natural", "detail"])
def test_light_and_colour_are_the_pictures_own(pair: CropPair, mode: str) -> None:
    result = finish(pair, mode=mode, strength=100)
    assert float(np.abs(low(result, 0.1) - low(pair.original, 0.1)).mean()) < 2 / 255


def test_strong_takes_the_light_of_the_restoration_but_not_its_colour() -> None:
    pair = made_up_pair()
    cheek = np.zeros((256, 256, 1), np.float32)
    cheek[140, 100] = 1.0
    highlight = low(cheek, 0.06)[..., None]
    lit = replace(pair, restored=pair.restored + 0.1 * highlight / highlight.max())
    natural, strong = (
        finish(lit, mode=mode, denoise=0, sharpen=0) - finish(pair, mode=mode, denoise=0, sharpen=0)
        for mode in ("natural", "strong")
    )
    assert natural[140, 100].mean() < 0.05 < 0.08 < strong[140, 100].mean()
    strong = finish(pair, mode="strong")
    chroma = [low(pixels, 0.1) - low(luma(pixels), 0.1)[..., None] for pixels in (strong, pair.original)]
    assert float(np.abs(chroma[0] - chroma[1]).mean()) < 2 / 255


def test_strong_shows_less_of_the_original() -> None:
    values = [opacity(RestoreSettings(strength=60, mode=mode), 0.0) for mode in MODES]
    assert values == pytest.approx([0.6, 0.84, 0.6])


def test_only_strong_changes_what_the_network_sees() -> None:
    pair = made_up_pair()
    seen = {mode: prepare_face(pair.original, pair.image_to_crop, RestoreSettings(mode=mode)) for mode in MODES}
    assert seen["natural"] is pair.original
    assert seen["detail"] is pair.original
    assert noise(seen["strong"]) < 0.8 * noise(pair.original)


def test_detail_brings_out_features_and_leaves_skin(pair: CropPair) -> None:
    features = feature_mask(pair.face, pair.image_to_crop, pair.original.shape[0])
    natural, detail = (finish(pair, mode=mode) for mode in ("natural", "detail"))
    gain = steepness(detail) / (steepness(natural) + 1e-3)
    assert float(gain[features > 0.9].mean()) > 1.05
    cheek = np.s_[int(0.55 * len(gain)) : int(0.62 * len(gain)), int(0.36 * len(gain)) : int(0.42 * len(gain))]
    assert float(gain[cheek].mean()) < 1.03


def test_detail_enhance_brings_out_fine_detail(pair: CropPair) -> None:
    assert noise(finish(pair, detail_enhance=True)) > 1.02 * noise(finish(pair))


def test_faces_turned_away_are_restored_less() -> None:
    weights = [profile_weight(yaw) for yaw in (0.0, 25.0, 35.0, 45.0, 60.0, 90.0)]
    assert weights[:2] == [1.0, 1.0]
    assert weights == sorted(weights, reverse=True)
    assert weights[3] == 0.5
    assert profile_weight(-60.0) == profile_weight(60.0)
    pair = made_up_pair()
    turned = replace(pair.face, yaw=60.0)
    assert opacity(RestoreSettings(), turned.yaw) < 0.5 * opacity(RestoreSettings(), 0.0)


def test_the_input_is_left_alone() -> None:
    pair = made_up_pair()
    before = pair.original.copy(), pair.restored.copy()
    finish(pair, mode="detail", detail_enhance=True, contrast=60)
    assert np.array_equal(pair.original, before[0])
    assert np.array_equal(pair.restored, before[1])


def test_black_stays_black_and_white_stays_white() -> None:
    pixels = np.zeros((4, 8, 3), np.float32)
    pixels[:, 4:] = 1.0
    for contrast, brightness in ((0, 50), (100, 50), (50, 0), (50, 100)):
        assert np.abs(adjust_tone(pixels, contrast, brightness, pivot=0.4) - pixels).max() < 0.02


def test_contrast_turns_about_the_pivot() -> None:
    pixels = np.full((4, 4, 3), 0.4, np.float32)
    for contrast in (0, 30, 70, 100):
        np.testing.assert_allclose(adjust_tone(pixels, contrast, 50.0, pivot=0.4), pixels, atol=1e-4)


def test_denoise_takes_noise_off_flat_places_and_keeps_edges() -> None:
    clean = np.full((128, 128, 3), 0.3, np.float32)
    clean[:, 64:] = 0.7
    noisy = clean + np.random.default_rng(0).normal(0.0, 0.05, clean.shape).astype(np.float32)
    result = denoise(noisy, 1.0, noise_levels(1.0))
    assert float((result - clean)[:, 8:56].std()) < 0.6 * float((noisy - clean)[:, 8:56].std())
    edge = result[:, 64:66].mean() - result[:, 62:64].mean()
    assert edge > 0.8 * 0.4


def test_denoise_reaches_further_where_the_picture_was_enlarged() -> None:
    assert [noise_levels(enlargement) for enlargement in (0.3, 1.0, 2.0, 4.0, 8.0, 30.0)] == [1, 1, 2, 3, 4, 4]
