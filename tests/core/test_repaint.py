"""Colourising, inpainting, faces from segmentations: the ways around GPEN's other networks, and stand-ins for these."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from chroma_step import chroma_step
from faces import FixedDetector, made_up_face, noise_picture
from networks import tiny_network
from torch import Tensor

from gpen_core import FaceChoice, GPENError, GPENModel
from gpen_core.image.luma import luma
from gpen_core.network import FaceNetwork
from gpen_core.repaint import (
    LABELS,
    PALETTE,
    ColouriseSettings,
    colourise,
    face_from_segmentation,
    inpaint,
    white_strokes,
)
from gpen_core.repaint.chroma import chroma_of, spread_chroma, with_chroma
from gpen_core.repaint.segmentation import labels_of

PINK = np.array([0.12, -0.02, -0.06], np.float32)
FACES = FixedDetector(made_up_face(70, 60, size=40))
CPU = torch.device("cpu")


class StandIn(FaceNetwork):
    """Remembers what it was given, and answers with what `answer` makes of it."""

    sizes, template, terms = (64,), "gpen", "none"

    def __init__(self, answer) -> None:
        super().__init__()
        self.answer, self.seen = answer, []

    def generate(self, crops: Tensor, dtype: torch.dtype, whole: int) -> Tensor:
        self.seen.append(crops.numpy().copy())
        return self.answer(crops)

    def activation_bytes(self, size: int, batch: int, dtype: torch.dtype, whole: int) -> int:
        return 24 * size**2 * batch


def tinting() -> StandIn:
    colour = torch.from_numpy(PINK - luma(PINK[None, None])[0, 0])
    return StandIn(lambda crops: crops + colour)


def model_of(network: FaceNetwork, name: str = "GPEN-Colorization-64.pth") -> GPENModel:
    return GPENModel(network, name, CPU, "fp32")


def grey_picture() -> np.ndarray:
    plane = noise_picture(150, 200)[..., :1] * np.float32(0.4) + np.float32(0.3)
    return np.repeat(plane, 3, axis=2)


# Colourise


def test_faces_are_coloured_and_light_stays() -> None:
    picture, network = grey_picture(), tinting()
    result = colourise(picture, model_of(network), ColouriseSettings(spread=0.0), detector=FACES)
    image, mask = result.image.numpy(), result.mask.numpy()
    assert (network.seen[0] == network.seen[0][..., :1]).all()  # the network sees no colour
    assert np.array_equal(image[mask == 0], picture[mask == 0])
    assert np.abs(luma(image) - luma(picture)).max() < 1e-5
    centre = chroma_of(image)[60, 70]
    assert np.abs(centre - chroma_of(PINK[None, None])[0, 0]).max() < 0.01
    assert "1 of 1 face coloured" in result.report.summary()


def test_a_coloured_picture_is_shown_without_its_colours() -> None:
    network = tinting()
    colourise(noise_picture(150, 200), model_of(network), detector=FACES)
    assert (network.seen[0] == network.seen[0][..., :1]).all()


def test_colours_spread_over_the_picture_and_leave_no_step() -> None:
    picture = grey_picture()
    hard, soft, spread = (
        colourise(picture, model_of(tinting()), ColouriseSettings(spread=share, feather=feather), detector=FACES)
        for share, feather in ((0.0, 0.0), (0.0, 0.4), (100.0, 0.4))
    )
    inside = hard.mask.numpy() > 0.5
    steps = [chroma_step(each.image.numpy(), inside) for each in (hard, soft, spread)]
    assert steps[0] > 10.0  # levels of 255
    assert steps[1] < 0.3 * steps[0]
    assert steps[2] < 0.05 * steps[0]
    assert np.abs(chroma_of(spread.image.numpy())[-1, -1] - chroma_of(PINK[None, None])[0, 0]).max() < 0.01


def test_more_spread_is_never_less_colour() -> None:
    picture = grey_picture()
    found = [
        np.abs(
            chroma_of(
                colourise(picture, model_of(tinting()), ColouriseSettings(spread=share), detector=FACES).image.numpy()
            )
        ).mean()
        for share in (0.0, 30.0, 60.0, 100.0)
    ]
    assert found == sorted(found)


def test_light_may_be_the_networks() -> None:
    picture = grey_picture()
    lighter = StandIn(lambda crops: crops + 0.1)
    settings = ColouriseSettings(spread=0.0, keep_light=False)
    image = colourise(picture, model_of(lighter), settings, detector=FACES).image.numpy()
    assert 0.08 < (image - picture)[60, 70].mean() < 0.12
    assert np.array_equal(image[:, -30:], picture[:, -30:])


def test_a_picture_without_a_face_stays_as_it_is() -> None:
    picture = grey_picture()
    result = colourise(picture, model_of(tinting()), detector=FixedDetector())
    assert np.array_equal(result.image.numpy(), picture)
    assert not result.mask.any()
    assert "no face" in result.report.summary()


def test_an_unlikely_network_is_named() -> None:
    result = colourise(grey_picture(), model_of(tinting(), "GPEN-BFR-512.pth"), detector=FACES)
    assert "GPEN-BFR-512.pth does not look like" in result.report.text()


def test_batches_keep_their_order_and_the_choice_counts() -> None:
    pictures = np.stack([grey_picture(), grey_picture() * np.float32(0.5)])
    result = colourise(pictures, model_of(tinting()), ColouriseSettings(choice=FaceChoice(max_faces=0)), detector=FACES)
    assert np.array_equal(result.image.numpy(), pictures)


@pytest.mark.parametrize("values", [{"spread": 101.0}, {"feather": -0.1}, {"batch_size": -1}])
def test_impossible_settings_are_refused(values) -> None:
    with pytest.raises(GPENError, match=next(iter(values))):
        ColouriseSettings(**values)


def test_chroma_beyond_the_gamut_keeps_its_luma_and_hue() -> None:
    light = np.full((4, 4), 0.95, np.float32)
    chroma = np.broadcast_to(chroma_of(PINK[None, None]) * 5, (4, 4, 3)).astype(np.float32)
    coloured = with_chroma(light, chroma)
    assert coloured.min() >= 0.0 and coloured.max() <= 1.0 + 1e-6
    assert np.abs(luma(coloured) - light).max() < 1e-5


def test_spreading_prefers_the_same_luma() -> None:
    light = np.zeros((80, 120), np.float32)
    light[:40], light[40:] = 0.3, 0.7
    chroma, known = np.zeros((80, 120, 3), np.float32), np.zeros((80, 120), np.float32)
    chroma[:40, :, 0], chroma[40:, :, 0], known[:, :20] = 0.1, -0.1, 1.0
    spread = spread_chroma(light, chroma, known)[..., 0]
    assert spread[10, 100] > 0.08 and spread[70, 100] < -0.08


# Inpaint


def test_only_the_masked_part_changes_and_the_network_sees_it_white() -> None:
    picture = noise_picture(150, 200)
    mask = np.zeros((150, 200), np.float32)
    mask[55:70, 60:85] = 1.0
    network = StandIn(lambda crops: torch.full_like(crops, 0.5))
    result = inpaint(picture, model_of(network, "GPEN-Inpainting-1024.pth"), mask, detector=FACES)
    image = result.image.numpy()
    assert np.array_equal(image[mask == 0], picture[mask == 0])
    assert not np.array_equal(image[mask == 1], picture[mask == 1])
    seen = network.seen[0][0]
    assert (seen == 1.0).all(axis=2).mean() > 0.01
    # Flat inside, and at the rim as light as what is around.
    inner = image[58:67, 65:80]
    assert inner.std() < picture[58:67, 65:80].std()
    assert abs(inner.mean() - picture[45:80, 50:95].mean()) < 0.05
    assert result.report.warnings == ()


def test_white_strokes_serve_as_the_mask() -> None:
    picture = noise_picture(150, 200) * np.float32(0.9)
    picture[60:66, 55:90] = 1.0
    picture[5, 5] = 1.0  # a highlight
    strokes = white_strokes(picture)
    assert strokes[63, 70] == 1.0 and strokes[5, 5] == 0.0
    network = StandIn(lambda crops: torch.full_like(crops, 0.3))
    image = inpaint(picture, model_of(network, "inpainting"), detector=FACES).image.numpy()
    assert image[63, 70].max() < 0.99
    assert np.array_equal(image[strokes == 0], picture[strokes == 0])


def test_faces_that_are_not_masked_are_left_alone_and_the_rest_is_told() -> None:
    picture = noise_picture(150, 300)
    both = FixedDetector(made_up_face(70, 60, size=40), made_up_face(230, 60, size=40))
    mask = np.zeros((150, 300), np.float32)
    mask[55:70, 60:85] = 1.0
    mask[140:150, 140:160] = 1.0  # nobody's
    network = StandIn(lambda crops: crops * 0.5)
    result = inpaint(picture, model_of(network, "inpainting"), mask, detector=both)
    assert len(network.seen[0]) == 1
    assert "no part of it is masked" in result.report.text()
    assert "% of the mask lies outside of the faces" in result.report.text()


def test_nothing_masked_is_told() -> None:
    picture = noise_picture(150, 200) * np.float32(0.9)
    result = inpaint(picture, model_of(StandIn(lambda crops: crops), "inpainting"), detector=FACES)
    assert np.array_equal(result.image.numpy(), picture)
    assert "nothing is masked" in result.report.text()


# A face from a segmentation


def segmentation(side: int = 32) -> np.ndarray:
    labels = (np.arange(side * side).reshape(side, side) // 8) % len(LABELS)
    return np.array(PALETTE, np.float32)[labels] / 255.0


def test_the_network_gets_and_gives_values_from_0_to_1() -> None:
    network = StandIn(lambda crops: crops)  # seen from outside of the seam: [0.5, 1]
    made = face_from_segmentation(segmentation(64), model_of(network, "GPEN-Seg2face-512.pth"))
    assert made.shape == (64, 64, 3)
    assert network.seen[0].min() == 0.5
    assert np.abs(made.numpy() - segmentation(64)).max() < 1e-6


def test_it_is_what_the_generator_makes_of_the_picture_without_scaling() -> None:
    network = tiny_network(64)
    with torch.no_grad():
        picture = torch.from_numpy(segmentation(64)).permute(2, 0, 1)[None]
        expected = network.generator.eval()(picture)[0].permute(1, 2, 0).clamp(0, 1)
    made = face_from_segmentation(segmentation(64), model_of(network))
    within = (expected > 0) & (expected < 1)
    assert (made - expected)[within].abs().max() < 1e-4


def test_small_deviations_of_colour_and_bare_labels_are_understood() -> None:
    exact = labels_of(segmentation())
    rng = np.random.default_rng(0)
    noisy = np.clip(segmentation() + rng.normal(0, 0.02, (32, 32, 3)), 0, 1).astype(np.float32)
    assert np.array_equal(labels_of(noisy), exact)
    bare = np.repeat(exact[..., None], 3, axis=2).astype(np.float32) / 255.0
    assert np.array_equal(labels_of(bare), exact)


def test_a_photo_is_no_segmentation() -> None:
    with pytest.raises(GPENError, match="no segmentation of a face"):
        face_from_segmentation(noise_picture(64, 64), model_of(tinting()))
    with pytest.raises(GPENError, match="square"):
        face_from_segmentation(np.zeros((64, 80, 3), np.float32), model_of(tinting()))


@pytest.mark.parametrize("call", [colourise, inpaint, face_from_segmentation])
def test_the_name_of_a_network_is_no_model(call) -> None:
    with pytest.raises(GPENError, match="Load one first"):
        call(grey_picture(), "GPEN-Colorization-1024")
