"""The one callable, devices, precisions, overflow."""

from __future__ import annotations

import pytest
import torch
from networks import tiny_generator, tiny_network

from gpen_core import Generator, GPENConfig, GPENError, GPENModel
from gpen_core.device import choose_device, choose_precision
from gpen_core.network import FaceNetwork, GPENNetwork

CPU = torch.device("cpu")


def tiny_model(precision: str = "fp32", size: int = 32) -> GPENModel:
    return GPENModel(tiny_network(size), "tiny.safetensors", CPU, precision)


def gpu_model(size: int = 512, precision: str = "fp16") -> GPENModel:
    """A model of the published shapes for a GPU that need not be there; it cannot run."""
    with torch.device("meta"):
        return GPENModel(GPENNetwork(Generator(GPENConfig(size=size))), "published", torch.device("cuda", 0), precision)


@pytest.mark.parametrize("precision", ["fp32", "bf16", "fp16"])
def test_shape_range_and_type(precision: str) -> None:
    restored = tiny_model(precision)(torch.rand(2, 32, 32, 3))
    assert restored.shape == (2, 32, 32, 3)
    assert restored.dtype == torch.float32
    assert 0.0 <= float(restored.min()) <= float(restored.max()) <= 1.0
    assert not restored.is_inference()


def test_the_network_sees_minus_one_to_one() -> None:
    model, faces = tiny_model(), torch.rand(1, 32, 32, 3)
    with torch.inference_mode():
        expected = (tiny_generator()(faces.permute(0, 3, 1, 2) * 2 - 1) / 2 + 0.5).clamp(0, 1)
    torch.testing.assert_close(model(faces), expected.permute(0, 2, 3, 1))


def test_no_faces_are_no_error() -> None:
    assert tiny_model()(torch.rand(0, 32, 32, 3)).shape == (0, 32, 32, 3)


@pytest.mark.parametrize("shape", [(32, 32, 3), (1, 16, 16, 3), (1, 32, 32, 4), (1, 3, 32, 32)])
def test_other_shapes_are_refused_with_the_right_one(shape: tuple[int, ...]) -> None:
    with pytest.raises(GPENError, match=r"\(N, 32, 32, 3\)"):
        tiny_model()(torch.rand(shape))


def test_eight_bit_faces_are_refused() -> None:
    with pytest.raises(GPENError, match="floating"):
        tiny_model()(torch.zeros(1, 32, 32, 3, dtype=torch.uint8))


def test_grad_mode_is_left_alone() -> None:
    tiny_model()(torch.rand(1, 32, 32, 3))
    assert torch.is_grad_enabled()


class Overflowing(FaceNetwork):
    """Gives faces back as they are; white ones overflow in half precision."""

    sizes = (32,)

    def generate(self, crops: torch.Tensor, dtype: torch.dtype, whole: int) -> torch.Tensor:
        result = crops.to(dtype).float()
        if dtype != torch.float32:
            result[crops.amin((1, 2, 3)) == 1.0] = torch.inf
        return result

    def activation_bytes(self, size: int, batch: int, dtype: torch.dtype, whole: int) -> int:
        return 3 * size**2 * batch * dtype.itemsize


@pytest.mark.parametrize("budget", [None, 0])
def test_overflow_is_repeated_in_float32_and_reported(budget: int | None) -> None:
    """With all faces at once and one by one."""
    model = GPENModel(Overflowing(), "tiny", CPU, "fp16")
    model.budget = budget
    faces = torch.rand(3, 32, 32, 3)
    faces[1] = 1.0
    output = model.run(faces)
    assert output.repeated == (1,)
    torch.testing.assert_close(output.faces, faces, atol=1e-3, rtol=0)


class Blackening(Overflowing):
    """As Overflowing, but gives black instead."""

    def generate(self, crops: torch.Tensor, dtype: torch.dtype, whole: int) -> torch.Tensor:
        return super().generate(crops, dtype, whole).nan_to_num(posinf=-3.0)


def test_a_face_that_comes_out_black_is_repeated_in_float32() -> None:
    faces = torch.rand(3, 32, 32, 3)
    faces[1], faces[2] = 1.0, 0.0  # what is black stays so, and is not repeated
    output = GPENModel(Blackening(), "tiny", CPU, "fp16").run(faces)
    assert output.repeated == (1,)
    torch.testing.assert_close(output.faces, faces, atol=1e-3, rtol=0)
    assert GPENModel(Blackening(), "tiny", CPU, "fp32").run(faces).repeated == ()


@pytest.mark.parametrize("precision", ["fp16", "bf16"])
def test_weights_too_large_for_half_precision_give_the_face_of_float32(precision: str) -> None:
    """GPEN's own layers, with weights scaled until half precision overflows."""
    faces = torch.rand(2, 32, 32, 3)

    def model(precision: str) -> GPENModel:
        network = tiny_network()
        with torch.no_grad():
            for name, parameter in network.named_parameters():
                if ".ecd" in name and name.endswith("weight"):
                    parameter.mul_(30.0)
        return GPENModel(network, "scaled", CPU, precision)

    exact, half = model("fp32").run(faces), model(precision).run(faces)
    assert exact.faces.isfinite().all() and exact.repeated == ()
    assert half.repeated == ((0, 1) if precision == "fp16" else ())  # bf16 has the range of float32
    if precision == "fp16":  # of weights that were rounded to it
        assert (half.faces - exact.faces).abs().mean() < 0.01


def test_damaged_weights_are_an_error() -> None:
    model = tiny_model()
    with torch.no_grad():
        next(model.network.parameters()).fill_(torch.nan)
    with pytest.raises(GPENError, match="not finite"):
        model(torch.rand(1, 32, 32, 3))


def test_a_new_model_is_not_moved_yet() -> None:
    assert next(gpu_model().network.parameters()).device == torch.device("meta")


def test_weights_moved_away_are_brought_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """By ComfyUI, between two runs. The moves are pretended."""
    model, moves = tiny_model(), []
    monkeypatch.setattr(model.network, "to", moves.append)
    model(torch.rand(1, 32, 32, 3))
    assert moves == []
    model.network.register_buffer("left", torch.empty(1, device="meta"))
    model(torch.rand(1, 32, 32, 3))
    assert moves == [CPU]


@pytest.mark.parametrize(("gigabytes", "faces"), [(4, 1), (6, 2), (8, 4)])
def test_the_automatic_batch_beats_the_rule_of_thumb(
    gigabytes: int, faces: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the usual network, and with three quarters of the card taken by others."""
    monkeypatch.setattr("gpen_core.model.free_memory", lambda device: gigabytes * 2**30 // 4)
    assert gpu_model().automatic_batch() >= faces


@pytest.mark.parametrize(("free", "faces"), [(0, 1), (2**29, 1), (2**40, 8), (None, 1)])
def test_the_automatic_batch_has_bounds(free: int | None, faces: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gpen_core.model.free_memory", lambda device: free)
    assert gpu_model().automatic_batch() == faces


def test_the_automatic_batch_on_a_cpu_is_one_face() -> None:
    assert tiny_model().automatic_batch() == 1


def test_bytes_grow_with_the_batch_and_fall_with_strips() -> None:
    model = gpu_model()
    assert model.weight_bytes > 142e6
    assert model.activation_bytes(4) > 3.5 * model.activation_bytes()
    assert model.activation_bytes(1, whole=128) < 0.5 * model.activation_bytes()


def test_little_free_memory_means_a_smaller_batch_or_strips(monkeypatch: pytest.MonkeyPatch) -> None:
    model, faces = tiny_model(size=256), torch.rand(2, 256, 256, 3)
    plain = model.run(faces)
    assert plain.rungs == ()
    margin = 256 * 2**20
    monkeypatch.setattr("gpen_core.model.free_memory", lambda device: margin + model.activation_bytes())
    assert model.run(faces).rungs == ("batch 1 instead of 2",)
    monkeypatch.setattr("gpen_core.model.free_memory", lambda device: margin + model.activation_bytes() - 1)
    restored = model.run(faces)
    assert restored.rungs == ("batch 1 instead of 2", "strips of 64 rows")
    torch.testing.assert_close(restored.faces, plain.faces, rtol=0, atol=1e-5)


def test_a_budget_goes_before_free_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    model = tiny_model(size=256)
    monkeypatch.setattr("gpen_core.model.free_memory", lambda device: 0)
    model.budget = model.activation_bytes()
    assert model.run(torch.rand(1, 256, 256, 3)).rungs == ()
    model.budget -= 1
    assert model.run(torch.rand(1, 256, 256, 3)).rungs == ("strips of 64 rows",)


def test_unknown_devices_and_precisions_say_what_there_is() -> None:
    with pytest.raises(GPENError, match="auto, cpu, cuda"):
        choose_device("gpu")
    with pytest.raises(GPENError, match="not available"):
        choose_device("cuda:63")
    with pytest.raises(GPENError, match="fp32, fp16, bf16"):
        choose_precision("half", CPU)


def test_automatic_precision_on_a_cpu_is_float32() -> None:
    assert choose_precision("auto", CPU) == "fp32"
