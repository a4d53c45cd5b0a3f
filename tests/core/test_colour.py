"""Colour conversions against scikit-image and against themselves."""

from __future__ import annotations

import numpy as np
import pytest
import skimage.color
import torch

from gpen_core.image import is_grey, lab_to_rgb, linear_to_srgb, luminance, rgb_to_lab, srgb_to_linear


@pytest.fixture(scope="module")
def cube() -> torch.Tensor:
    """(1, 3, 17, 289): the whole of sRGB, corners included."""
    axis = torch.linspace(0, 1, 17)
    return torch.cartesian_prod(axis, axis, axis).T.reshape(1, 3, 17, 289)


def last(x: torch.Tensor) -> np.ndarray:
    return x[0].permute(1, 2, 0).double().numpy()


def test_lab_is_scikit_images(cube: torch.Tensor) -> None:
    # Its matrix and its white do not fit each other: its greys have b = -0.005, ours 0. Hence not 1e-3 here.
    np.testing.assert_allclose(last(rgb_to_lab(cube)), skimage.color.rgb2lab(last(cube)), atol=1e-2)


def test_lab_formula_is_scikit_images_to_a_thousandth(cube: torch.Tensor) -> None:
    matrix = np.array(
        [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
    )
    rgb = last(cube)
    linear = np.where(rgb > 0.04045, ((rgb + 0.055) / 1.055) ** 2.4, rgb / 12.92)
    np.testing.assert_allclose(last(rgb_to_lab(cube)), skimage.color.xyz2lab(linear @ matrix.T), atol=1e-3)


def test_rgb_of_lab_is_scikit_images(cube: torch.Tensor) -> None:
    lab = rgb_to_lab(cube)
    np.testing.assert_allclose(last(lab_to_rgb(lab)), skimage.color.lab2rgb(last(lab)), atol=1e-3)


def test_lab_round_trip(cube: torch.Tensor) -> None:
    torch.testing.assert_close(lab_to_rgb(rgb_to_lab(cube)), cube, atol=1e-5, rtol=0)


def test_lab_round_trip_outside_srgb() -> None:
    lab = torch.tensor([50.0, 120.0, -120.0]).reshape(1, 3, 1, 1)
    rgb = lab_to_rgb(lab)
    assert rgb.min() < 0
    assert rgb.isfinite().all()


def test_grey_has_no_chroma() -> None:
    grey = torch.linspace(0, 1, 256).expand(1, 3, 1, 256)
    lab = rgb_to_lab(grey)
    assert lab[:, 1:].abs().max() < 1e-4
    torch.testing.assert_close(lab[0, 0, 0, [0, -1]], torch.tensor([0.0, 100.0]), atol=1e-4, rtol=0)


def test_linear_round_trip() -> None:
    values = torch.linspace(0, 1, 1001)
    torch.testing.assert_close(linear_to_srgb(srgb_to_linear(values)), values, atol=1e-6, rtol=0)


def test_middle_grey_is_21_percent_light() -> None:
    assert srgb_to_linear(torch.tensor(0.5)).item() == pytest.approx(0.21404114, abs=1e-6)


def test_gradients_are_finite_at_black() -> None:
    black = torch.zeros(1, 3, 2, 2, requires_grad=True)
    lab_to_rgb(rgb_to_lab(black)).sum().backward()
    assert black.grad is not None and black.grad.isfinite().all()


def test_half_precision_is_computed_in_float32() -> None:
    assert rgb_to_lab(torch.rand(1, 3, 4, 4).bfloat16()).dtype == torch.float32


def test_luminance_weights_each_channel() -> None:
    primaries = torch.eye(3).reshape(3, 3, 1, 1)
    weights = luminance(primaries)
    assert weights.shape == (3, 1, 1, 1)
    torch.testing.assert_close(weights.flatten(), torch.tensor([0.2126, 0.7152, 0.0722]))


def test_is_grey_within_the_tolerance() -> None:
    picture = torch.full((3, 8, 8), 0.5)
    assert is_grey(picture, 0)
    picture[1, 2, 3] += 2 / 255
    assert not is_grey(picture, 1 / 255)
    assert is_grey(picture, 3 / 255)
