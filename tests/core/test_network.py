"""The network against the original's numbers, in every precision."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from networks import golden_case, tiny_config, tiny_generator
from plain_generator import plain_generator

from gpen_core import load_generator
from gpen_core.network import Generator, GPENConfig

CASES = {"gpen_64_cm2_narrow0.125": 1e-5, "gpen_64_noconcat": 1e-5, "gpen_256_cm1_narrow0.5": 2e-3}


def relative_error(result: torch.Tensor, reference: np.ndarray) -> float:
    return float(np.linalg.norm(result.double().numpy() - reference) / np.linalg.norm(reference))


@pytest.mark.parametrize(("name", "tolerance"), CASES.items())
def test_float32_equals_the_original(name: str, tolerance: float) -> None:
    weights, face, reference = golden_case(name)
    with torch.inference_mode():
        assert relative_error(load_generator(weights)(face), reference) <= tolerance


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.bfloat16, 0.015), (torch.float16, 0.005)])
def test_half_precision_stays_close(name: str, dtype: torch.dtype, tolerance: float) -> None:
    weights, face, reference = golden_case(name)
    net = load_generator(weights).prepare(dtype)
    with torch.inference_mode():
        assert relative_error(net(face.to(dtype)), reference) <= tolerance


@pytest.mark.parametrize("changes", [{}, {"concat": False}, {"size": 16}, {"size": 128, "channel_multiplier": 1}])
def test_equals_the_plain_implementation(changes: dict) -> None:
    net = tiny_generator(**changes)
    face = torch.rand(2, 3, net.config.size, net.config.size) * 2 - 1
    with torch.inference_mode():
        expected = plain_generator(net.state_dict(), face)
        assert relative_error(net.prepare()(face), expected.double().numpy()) < 1e-5


def test_training_and_inference_agree() -> None:
    net = tiny_generator(64)
    face = torch.rand(2, 3, 64, 64) * 2 - 1
    trained = net(face)
    assert trained.requires_grad
    with torch.inference_mode():
        torch.testing.assert_close(net.prepare()(face), trained.detach(), rtol=1e-4, atol=1e-5)


def test_scaled_weights_give_what_scaled_maps_give(monkeypatch: pytest.MonkeyPatch) -> None:
    """The choice between scaling weights and maps is one of speed only."""
    net, face = tiny_generator(64).prepare(), torch.rand(2, 3, 64, 64) * 2 - 1
    results = []
    for worth in (0.0, 1e9):
        monkeypatch.setattr("gpen_core.network.generator._WEIGHTS_WORTH_SCALING", worth)
        with torch.inference_mode():
            results.append(net(face))
    torch.testing.assert_close(*results, rtol=1e-4, atol=1e-5)


def test_a_batch_gives_what_single_faces_give() -> None:
    net, faces = tiny_generator().prepare(), torch.rand(3, 3, 32, 32) * 2 - 1
    with torch.inference_mode():
        singly = torch.cat([net(face[None]) for face in faces])
        torch.testing.assert_close(net(faces), singly, rtol=1e-4, atol=1e-5)


def test_the_input_is_left_alone() -> None:
    net, face = tiny_generator().prepare(), torch.rand(1, 3, 32, 32)
    before = face.clone()
    with torch.inference_mode():
        net(face)
        assert torch.equal(face, before)


def test_repeated_calls_give_the_same_bits() -> None:
    net, face = tiny_generator().prepare(), torch.rand(1, 3, 32, 32)
    with torch.inference_mode():
        assert torch.equal(net(face), net(face))


@pytest.mark.parametrize(
    "config",
    [
        GPENConfig(size=256, narrow=0.5, channel_multiplier=1),
        GPENConfig(size=512),
        GPENConfig(size=1024),
        GPENConfig(size=2048),
        GPENConfig(size=256, narrow=0.25, channel_multiplier=1, style_dim=256, mapping_depth=4),
        GPENConfig(size=64, narrow=0.5, channel_multiplier=0.5),
        tiny_config(16),
        tiny_config(32, concat=False),
        tiny_config(64, channel_multiplier=1),
    ],
)
def test_hyper_parameters_are_read_off_the_tensors(config: GPENConfig) -> None:
    with torch.device("meta"):
        state = Generator(config).state_dict()
    found = GPENConfig.from_state_dict(state)
    if config.size <= 32:  # the channel multiplier acts from 64 px up
        assert found == GPENConfig(**{**config.__dict__, "channel_multiplier": 1})
    else:
        assert found == config


@pytest.mark.parametrize("narrow", [0.3, 0.6, 0.35, 3 / 16])
def test_odd_widths_load_as_they_are(narrow: float) -> None:
    with torch.device("meta"):
        state = Generator(GPENConfig(size=512, narrow=narrow)).state_dict()
        again = Generator(GPENConfig.from_state_dict(state)).state_dict()
    assert {name: tensor.shape for name, tensor in again.items()} == {name: t.shape for name, t in state.items()}


@pytest.mark.parametrize(
    ("config", "tensors", "parameters"),
    [
        (GPENConfig(size=256, narrow=0.5, channel_multiplier=1), 144, 18_879_010),
        (GPENConfig(size=512), 163, 71_005_223),
        (GPENConfig(size=1024), 182, 71_210_540),
        (GPENConfig(size=2048), 201, 71_294_769),
    ],
)
def test_published_sizes(config: GPENConfig, tensors: int, parameters: int) -> None:
    """Numbers of tensors (blur kernels included) and of parameters in the published files."""
    with torch.device("meta"):
        state = Generator(config).state_dict()
    assert len(state) == tensors
    assert sum(tensor.numel() for name, tensor in state.items() if not name.endswith(".kernel")) == parameters
