"""The model of bytes against measured peaks."""

from __future__ import annotations

from contextlib import nullcontext

import pytest
import torch
from networks import tiny_config
from peak_memory import peak_bytes

from gpen_core.device import free_memory, release_cached
from gpen_core.network import Generator, GPENConfig
from gpen_core.network.memory_estimate import activation_bytes, prepared_weight_bytes, weight_bytes
from gpen_core.network.strips import run_in_strips

CPU = torch.device("cpu")
LITE = GPENConfig(size=256, narrow=0.5, channel_multiplier=1)
NARROW = GPENConfig(size=512, narrow=0.125)
UNEVEN = GPENConfig(
    size=256,
    narrow=0.25,
    channel_multiplier=1,
    widths=(99, 90, 88, 92, 60, 30, 14),
    decoder=(90, 80) * 4 + (50, 40, 20, 24, 11, 9),
)


def measured(config: GPENConfig, batch: int, dtype: torch.dtype, whole: int) -> int:
    torch.manual_seed(0)
    net = Generator(config).prepare(dtype)
    face = torch.rand(batch, 3, config.size, config.size).to(dtype, memory_format=torch.channels_last)
    with torch.no_grad():
        return face.nbytes + peak_bytes(lambda: run_in_strips(net, face, whole), CPU)[0]


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize(
    ("config", "batch", "whole"),
    [(LITE, 1, 256), (LITE, 2, 256), (LITE, 1, 128), (NARROW, 1, 128), (UNEVEN, 2, 256)],
)
def test_the_model_of_bytes_equals_the_measured_peak(
    config: GPENConfig, batch: int, whole: int, dtype: torch.dtype
) -> None:
    expected = activation_bytes(config, batch, dtype, whole)
    assert measured(config, batch, dtype, whole) == pytest.approx(expected, rel=0.1)


def test_networks_whose_features_are_added_need_less() -> None:
    config = GPENConfig(size=256, narrow=0.25, channel_multiplier=1, concat=False)
    peak = measured(config, 1, torch.float32, 256)
    assert peak == pytest.approx(activation_bytes(config, 1, torch.float32), rel=0.1)
    assert peak < activation_bytes(GPENConfig(size=256, narrow=0.25, channel_multiplier=1), 1, torch.float32)


def test_strips_need_less_and_ever_less() -> None:
    needs = [activation_bytes(GPENConfig(size=2048), 1, torch.float16, whole) for whole in (2048, 1024, 512, 256, 128)]
    assert needs == sorted(needs, reverse=True)


@pytest.mark.parametrize(("size", "megabytes"), [(512, 450), (1024, 650), (2048, 1000)])
def test_one_face_in_half_precision_fits_a_small_card(size: int, megabytes: int) -> None:
    """Weights included, without strips; and with them into half of it."""
    config = GPENConfig(size=size)
    weights = prepared_weight_bytes(config, torch.float16)
    assert weights + activation_bytes(config, 1, torch.float16) <= megabytes * 1e6
    assert weights + activation_bytes(config, 1, torch.float16, 128) <= 350e6


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16])
@pytest.mark.parametrize("config", [tiny_config(32), tiny_config(64, concat=False), UNEVEN])
def test_the_weights_of_a_network_are_known_without_making_it(config: GPENConfig, dtype: torch.dtype) -> None:
    assert prepared_weight_bytes(config, dtype) == weight_bytes(Generator(config).prepare(dtype))


def test_weights_are_counted_in_their_precision() -> None:
    net = Generator(tiny_config(32))
    with_float32 = weight_bytes(net)
    assert with_float32 == 4 * sum(tensor.numel() for tensor in net.state_dict().values())
    convolutions = sum(tensor.numel() for tensor in net.state_dict().values() if tensor.shape[-2:] == (3, 3))
    constants = sum(tensor.nbytes for name, tensor in net.prepare(torch.float16).named_buffers() if "energy" in name)
    assert weight_bytes(net) == with_float32 - 2 * convolutions + constants


def test_free_memory_of_a_cpu_is_that_of_the_host(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gpen_core.device.free_host_memory", lambda: 3000)
    assert free_memory(CPU) == 3000


def test_free_memory_of_a_gpu_includes_what_torch_holds_unused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda device: (1000, 8000))
    monkeypatch.setattr(torch.cuda, "memory_reserved", lambda device: 500)
    monkeypatch.setattr(torch.cuda, "memory_allocated", lambda device: 200)
    assert free_memory(torch.device("cuda", 0)) == 1300


def test_what_torch_holds_is_given_back_on_the_device_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    emptied: list[str] = []
    monkeypatch.setattr(torch.cuda, "device", lambda device: nullcontext())
    for module in (torch.cuda, torch.mps):
        monkeypatch.setattr(module, "empty_cache", lambda name=module.__name__: emptied.append(name))
    for device in ("cpu", "cuda", "mps"):
        release_cached(torch.device(device))
    assert emptied == ["torch.cuda", "torch.mps"]
