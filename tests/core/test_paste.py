"""Cutting faces out and pasting them back, apart from the network."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pytest
import torch
from faces import FixedDetector, made_up_face, noise_picture

from gpen_core import FaceChoice, GPENError, PictureFaces, RestoreSettings, crop_faces, paste
from gpen_core.image.warp import Pixels

TWO_FACES = FixedDetector(made_up_face(70, 70, size=50), made_up_face(190, 90, size=24, score=0.4))


def smooth_picture(height: int, width: int) -> Pixels:
    """(height, width, 3), the same scene at any size."""
    y, x = np.mgrid[:height, :width].astype(np.float32)
    y, x = (y + 0.5) / height, (x + 0.5) / width
    return (np.stack([np.sin(12 * x), np.cos(9 * y), np.sin(7 * (x - y))], axis=2) * 0.3 + 0.5).astype(np.float32)


def cut(picture: Pixels, size: int = 128) -> PictureFaces:
    return crop_faces(picture, size, detector=TWO_FACES).pictures[0]


def test_crops_have_the_size_asked_for_and_the_report_names_the_others() -> None:
    settings = RestoreSettings(choice=FaceChoice(min_score=0.5))
    result = crop_faces(torch.rand(2, 160, 250, 3), 96, settings, detector=TWO_FACES)
    assert [[crop.pixels.shape for crop in own.crops] for own in result.pictures] == [[(96, 96, 3)]] * 2
    assert [entry.skipped for entry in result.pictures[0].found] == [None, "below score"]
    assert result.report.summary().splitlines() == [
        "2 pictures: 2 of 4 faces cut out, 2 below score",
        "pictures 0-1: 1 of 2 faces cut out, 1 below score",
    ]
    assert result.report.as_dict()["pictures"][0]["faces"][0]["strength"] == 0.0


def test_crops_pasted_back_unedited_give_the_picture_again() -> None:
    picture = smooth_picture(160, 250)
    result = paste(picture, [cut(picture)])
    assert float(result.mask.max()) == 1.0
    np.testing.assert_allclose(result.image.numpy(), picture, atol=0.01)
    outside = result.mask.numpy() == 0
    assert np.array_equal(result.image.numpy()[outside], picture[outside])


@pytest.mark.parametrize(("height", "width"), [(320, 500), (240, 375), (80, 125), (321, 500)])
def test_crops_go_onto_the_picture_at_another_scale(height: int, width: int) -> None:
    picture, larger = smooth_picture(160, 250), smooth_picture(height, width)
    result = paste(larger, [cut(picture)])
    assert result.image.shape == (height, width, 3)
    assert float(result.mask.max()) == 1.0
    np.testing.assert_allclose(result.image.numpy(), larger, atol=0.015)


def test_edited_crops_of_another_size_land_in_the_same_place() -> None:
    picture = smooth_picture(160, 250)
    own = cut(picture, 64)
    planes = np.stack([crop.pixels for crop in own.crops])
    enlarged = np.stack([cv2.resize(plane, (256, 256), interpolation=cv2.INTER_CUBIC) for plane in planes])
    result = paste(picture, [own], enlarged)
    np.testing.assert_allclose(result.image.numpy(), picture, atol=0.015)
    torch.testing.assert_close(result.mask, paste(picture, [own]).mask, atol=0.1, rtol=0)


def test_edits_are_seen_on_the_right_face() -> None:
    picture = smooth_picture(160, 250)
    crops = torch.stack([torch.ones(32, 32, 3), torch.zeros(32, 32, 3)])
    image = paste(picture, [cut(picture)], crops).image
    assert torch.equal(image[70, 70], torch.ones(3))
    assert torch.equal(image[90, 190], torch.zeros(3))


def test_strength_zero_is_bit_identical() -> None:
    picture = noise_picture(160, 250)
    assert np.array_equal(paste(picture, [cut(picture)], torch.ones(2, 8, 8, 3), strength=0).image.numpy(), picture)


def test_no_faces_paste_nothing_whatever_the_crops() -> None:
    picture = noise_picture(50, 60)
    own = crop_faces(picture, 64, detector=FixedDetector()).pictures
    result = paste(picture, own, torch.zeros(1, 64, 64, 3))
    assert np.array_equal(result.image.numpy(), picture)
    assert float(result.mask.max()) == 0.0


@pytest.mark.parametrize(
    ("picture", "crops", "message"),
    [
        (torch.rand(2, 160, 250, 3), None, "in the same order"),
        (torch.rand(160, 160, 3), None, "proportions"),
        (torch.rand(160, 250, 3), torch.rand(3, 8, 8, 3), "one crop per face"),
        (torch.rand(160, 250, 3), torch.rand(2, 8, 9, 3), "square"),
    ],
)
def test_what_does_not_fit_is_refused(picture: torch.Tensor, crops: torch.Tensor | None, message: str) -> None:
    with pytest.raises(GPENError, match=message):
        paste(picture, [cut(noise_picture(160, 250))], crops)


@pytest.mark.parametrize("options", [{"strength": 101}, {"strength": float("nan")}, {"feather": 2}])
def test_impossible_settings_are_refused(options: dict[str, Any]) -> None:
    picture = noise_picture(160, 250)
    with pytest.raises(GPENError):
        paste(picture, [cut(picture)], **options)


def test_a_crop_of_no_size_is_refused() -> None:
    with pytest.raises(GPENError, match="1 px or more"):
        crop_faces(noise_picture(10, 10), 0, detector=TWO_FACES)
