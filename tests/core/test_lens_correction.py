"""Restoring through a lens correction."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from faces import FixedDetector, made_up_face, noise_picture
from networks import tiny_network

from gpen_core.errors import GPENError
from gpen_core.image.lens import lens_preset, undistort, undo
from gpen_core.model import GPENModel
from gpen_core.restore import RestoreSettings, restore

PICTURE = noise_picture(160, 200)
SELFIE = RestoreSettings(lens="phone selfie")


@pytest.fixture(scope="module")
def model() -> GPENModel:
    return GPENModel(tiny_network(), "tiny", torch.device("cpu"), "fp32")


@pytest.mark.parametrize("lens", [{"lens": "none"}, {"lens": "phone selfie", "lens_strength": 0}])
def test_no_lens_is_plain_restoring(model: GPENModel, lens: dict[str, Any]) -> None:
    detector = FixedDetector(made_up_face(60, 60))
    through = restore(PICTURE, model, RestoreSettings(**lens), detector=detector)
    assert torch.equal(through.image, restore(PICTURE, model, detector=detector).image)


def test_only_pixels_of_the_mask_change(model: GPENModel) -> None:
    result = restore(PICTURE, model, SELFIE, detector=FixedDetector(made_up_face(60, 60)))
    changed = (result.image.numpy() != PICTURE).any(axis=-1)
    assert changed.any() and not changed[result.mask.numpy() == 0].any()


def test_the_mask_lies_where_the_face_is_in_the_picture_as_taken(model: GPENModel) -> None:
    detector, lens = FixedDetector(made_up_face(40, 40, size=40)), lens_preset("phone selfie")
    through = restore(PICTURE, model, SELFIE, detector=detector).mask.numpy()
    corrected = restore(undistort(PICTURE, lens), model, detector=detector).mask.numpy()
    black, shown = np.zeros_like(PICTURE), np.repeat(corrected[..., None], 3, axis=2)
    expected = undo(black, black, shown, np.ones_like(corrected), lens)[0][..., 0]
    assert np.abs(through - expected).max() < 0.1 < np.abs(through - corrected).max()


def test_a_batch_stays_a_batch(model: GPENModel) -> None:
    detector = FixedDetector(made_up_face(60, 60))
    batch = np.stack([PICTURE, PICTURE[:, ::-1]])
    result = restore(batch, model, SELFIE, detector=detector, region=np.ones((160, 200)))
    assert result.image.shape == (2, 160, 200, 3) and result.mask.shape == (2, 160, 200)


def test_the_whole_picture_may_change_with_its_background(model: GPENModel) -> None:
    settings = RestoreSettings(scope="picture", tile_size=64, overlap=16, lens="phone selfie")
    result = restore(PICTURE, model, settings, detector=FixedDetector())
    assert not result.mask.any()


def test_faces_of_the_picture_as_it_is_are_refused(model: GPENModel) -> None:
    with pytest.raises(GPENError, match="set lens to none"):
        restore(PICTURE, model, SELFIE, faces=[[made_up_face(60, 60)]])
