"""Restoring through a lens correction."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from faces import FixedDetector, made_up_face, noise_picture
from networks import tiny_network

from gpen_core.image.lens import lens_preset, redistort, undistort
from gpen_core.model import GPENModel
from gpen_core.restore import RestoreSettings, restore
from gpen_core.restore.lens_correction import restore_through_lens


@pytest.fixture(scope="module")
def model() -> GPENModel:
    return GPENModel(tiny_network(), "tiny", torch.device("cpu"), "fp32")


PICTURE = noise_picture(160, 200)
SELFIE = lens_preset("phone selfie")


def test_no_lens_is_plain_restoring(model):
    detector = FixedDetector(made_up_face(60, 60))
    through = restore_through_lens(PICTURE, model, lens_preset("none"), detector=detector)
    assert torch.equal(through.image, restore(PICTURE, model, detector=detector).image)


def test_only_pixels_of_the_mask_change(model):
    result = restore_through_lens(PICTURE, model, SELFIE, detector=FixedDetector(made_up_face(60, 60)))
    changed = (result.image.numpy() != PICTURE).any(axis=-1)
    assert changed.any() and not changed[result.mask.numpy() == 0].any()


def test_the_mask_lies_where_the_face_is_in_the_picture_as_taken(model):
    detector = FixedDetector(made_up_face(40, 40, size=40))
    through = restore_through_lens(PICTURE, model, SELFIE, detector=detector).mask.numpy()
    corrected = restore(undistort(PICTURE, SELFIE), model, detector=detector).mask.numpy()
    expected = redistort(np.repeat(corrected[..., None], 3, axis=2), SELFIE)[..., 0]
    assert np.abs(through - expected).max() < 0.1 < np.abs(through - corrected).max()


def test_a_batch_stays_a_batch(model):
    detector = FixedDetector(made_up_face(60, 60))
    batch = np.stack([PICTURE, PICTURE[:, ::-1]])
    result = restore_through_lens(batch, model, SELFIE, detector=detector, region=np.ones((160, 200)))
    assert result.image.shape == (2, 160, 200, 3) and result.mask.shape == (2, 160, 200)


def test_the_whole_picture_may_change_with_its_background(model):
    settings = RestoreSettings(scope="picture", tile_size=64, overlap=16)
    result = restore_through_lens(PICTURE, model, SELFIE, settings, detector=FixedDetector())
    assert not result.mask.any()
