"""What the training of the embedded model is built from."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from degradation import SIDE, degrade
from skimage import data
from train_lite import CONFIG, gradient_loss, identity_generator, ssim_loss

Picture = np.ndarray


@pytest.fixture(scope="module")
def face() -> Picture:
    return np.ascontiguousarray(data.astronaut()[:SIDE, :SIDE])


def test_training_starts_from_the_identity() -> None:
    net, face = identity_generator(CONFIG), torch.rand(1, 3, 256, 256) * 2 - 1
    with torch.no_grad():
        torch.testing.assert_close(net(face), face, atol=1e-4, rtol=0)


def test_degradation_is_repeatable_and_varied(face: Picture) -> None:
    pairs = [degrade(face, 128, np.random.default_rng(seed)) for seed in (0, 0, 1)]
    assert np.array_equal(pairs[0][0], pairs[1][0])
    assert not np.array_equal(pairs[0][0], pairs[2][0])


def test_degradation_covers_light_to_heavy(face: Picture) -> None:
    rng = np.random.default_rng(0)
    errors = []
    for _ in range(60):
        degraded, target = degrade(face, 128, rng)
        assert degraded.shape == target.shape == (128, 128, 3)
        assert degraded.dtype == target.dtype == np.uint8
        errors.append(np.abs(degraded.astype(float) - target).mean())
    assert min(errors) < 4
    assert max(errors) > 12


def test_losses_are_zero_for_equal_pictures_only() -> None:
    picture = torch.rand(1, 3, 32, 32) * 2 - 1
    other = picture + 0.1 * torch.randn(1, 3, 32, 32)
    for loss in (ssim_loss, gradient_loss):
        assert float(loss(picture, picture)) == pytest.approx(0.0, abs=1e-5)
        assert float(loss(picture, other)) > 0.01
