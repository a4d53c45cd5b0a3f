"""The one callable, devices, precisions, overflow."""

from __future__ import annotations

import pytest
import torch
from networks import tiny_generator

from gpen_core import GPENError, GPENModel
from gpen_core.model import choose_device, choose_precision

CPU = torch.device("cpu")


def tiny_model(precision: str = "fp32") -> GPENModel:
    return GPENModel(tiny_generator(), "tiny.safetensors", CPU, precision)


@pytest.mark.parametrize("precision", ["fp32", "bf16", "fp16"])
def test_shape_range_and_type(precision: str) -> None:
    restored = tiny_model(precision)(torch.rand(2, 3, 32, 32))
    assert restored.shape == (2, 3, 32, 32)
    assert restored.dtype == torch.float32
    assert 0.0 <= float(restored.min()) <= float(restored.max()) <= 1.0
    assert not restored.is_inference()


def test_the_network_sees_minus_one_to_one() -> None:
    model, faces = tiny_model(), torch.rand(1, 3, 32, 32)
    with torch.inference_mode():
        expected = (model.generator(faces * 2 - 1) / 2 + 0.5).clamp(0, 1)
    torch.testing.assert_close(model(faces), expected)


def test_no_faces_are_no_error() -> None:
    assert tiny_model()(torch.rand(0, 3, 32, 32)).shape == (0, 3, 32, 32)


@pytest.mark.parametrize("shape", [(3, 32, 32), (1, 3, 16, 16), (1, 4, 32, 32), (1, 32, 32, 3)])
def test_other_shapes_are_refused_with_the_right_one(shape: tuple[int, ...]) -> None:
    with pytest.raises(GPENError, match=r"\(N, 3, 32, 32\)"):
        tiny_model()(torch.rand(shape))


def test_eight_bit_faces_are_refused() -> None:
    with pytest.raises(GPENError, match="floating"):
        tiny_model()(torch.zeros(1, 3, 32, 32, dtype=torch.uint8))


def test_grad_mode_is_left_alone() -> None:
    tiny_model()(torch.rand(1, 3, 32, 32))
    assert torch.is_grad_enabled()


class Overflowing(torch.nn.Module):
    """Stands for a generator whose second face overflows in half precision."""

    config = tiny_generator().config

    def prepare(self, dtype: torch.dtype) -> Overflowing:
        return self

    def forward(self, faces: torch.Tensor) -> torch.Tensor:
        result = faces.float().clone()
        if faces.dtype != torch.float32:
            result[1, 0, 0, 0] = torch.inf
        return result


def test_overflow_is_repeated_in_float32_and_reported() -> None:
    model = GPENModel(Overflowing(), "tiny", CPU, "fp16")  # pyright: ignore[reportArgumentType]
    faces = torch.rand(3, 3, 32, 32)
    output = model.run(faces)
    assert output.repeated == (1,)
    torch.testing.assert_close(output.faces, faces, atol=1e-3, rtol=0)


def test_damaged_weights_are_an_error() -> None:
    model = tiny_model()
    with torch.no_grad():
        model.generator.generator.to_rgb1.bias.fill_(torch.nan)
    with pytest.raises(GPENError, match="not finite"):
        model(torch.rand(1, 3, 32, 32))


def test_unknown_devices_and_precisions_say_what_there_is() -> None:
    with pytest.raises(GPENError, match="auto, cpu, cuda"):
        choose_device("gpu")
    with pytest.raises(GPENError, match="not available"):
        choose_device("cuda:63")
    with pytest.raises(GPENError, match="fp32, fp16, bf16"):
        choose_precision("half", CPU)


def test_automatic_precision_on_a_cpu_is_float32() -> None:
    assert choose_precision("auto", CPU) == "fp32"
