"""Strips give what the whole network gives."""

from __future__ import annotations

import pytest
import torch
from networks import tiny_config, tiny_generator

from gpen_core.network import Generator, GPENConfig
from gpen_core.network.strips import Rows, encode_rows, run_in_strips


def assert_equal(found: torch.Tensor, expected: torch.Tensor) -> None:
    torch.testing.assert_close(found, expected, rtol=0.0, atol=1e-5)


def faces(net: Generator, count: int = 1) -> torch.Tensor:
    torch.manual_seed(1)
    return torch.rand(count, 3, net.config.size, net.config.size) * 2 - 1


def uneven_generator() -> Generator:
    """As pruning leaves it: no two layers of the same width."""
    config = tiny_config(64, widths=(5, 6, 7, 8, 9), decoder=(8, 7, 6, 5, 4, 9, 3, 5, 6, 7))
    torch.manual_seed(0)
    return Generator(config)


@pytest.mark.parametrize(
    "net",
    [
        tiny_generator(128),
        tiny_generator(64, concat=False),
        tiny_generator(64, narrow=1 / 8, channel_multiplier=1),
        uneven_generator(),
    ],
    ids=["128", "added", "wide", "uneven"],
)
@pytest.mark.parametrize("batch", [1, 2])
def test_strips_equal_the_whole(net: Generator, batch: int) -> None:
    net.prepare()
    face = faces(net, batch)
    with torch.no_grad():
        expected = net(face)
        whole = net.config.size
        while whole >= 8:
            assert_equal(run_in_strips(net, face, whole), expected)
            whole //= 2


def test_a_published_network_in_strips_equals_itself_whole() -> None:
    torch.manual_seed(0)
    net = Generator(GPENConfig(size=256, narrow=0.5, channel_multiplier=1)).prepare()
    face = faces(net)
    with torch.no_grad():
        assert_equal(run_in_strips(net, face, 128), net(face))


@pytest.mark.parametrize("level", range(5))
def test_rows_of_the_encoder_equal_the_whole(level: int) -> None:
    net = tiny_generator(128, channel_multiplier=1).prepare()
    face = faces(net, 2)
    height = 128 >> level
    with torch.no_grad():
        expected = net.encode(face)[-1 - level]
        for start in range(0, height, 4):
            rows = Rows(start, start + 4, height)
            found = encode_rows(net, face, {level: rows})[level]
            assert_equal(found, expected[:, :, start : start + 4])


def test_rows_of_several_encoder_levels_at_once() -> None:
    net = tiny_generator(128).prepare()
    face = faces(net)
    wanted = {0: Rows(90, 96, 128), 2: Rows(3, 9, 32), 3: Rows(15, 16, 16)}
    with torch.no_grad():
        features = net.encode(face)
        for level, found in encode_rows(net, face, wanted).items():
            assert_equal(found, wanted[level].cut(features[-1 - level]))


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_half_precision_is_as_close_to_float32_in_strips_as_whole(dtype: torch.dtype) -> None:
    net = tiny_generator(128)
    face = faces(net)
    with torch.no_grad():
        exact = net.prepare()(face)
        net.prepare(dtype)
        whole, strips = ((run_in_strips(net, face.to(dtype), side) - exact).norm() for side in (128, 32))
    assert strips <= 1.1 * whole


def test_the_input_is_left_alone() -> None:
    net = tiny_generator(64).prepare()
    face = faces(net).contiguous(memory_format=torch.channels_last)
    before = face.clone()
    with torch.no_grad():
        run_in_strips(net, face, 16)
    assert torch.equal(face, before)


def test_repeated_calls_give_the_same_bits() -> None:
    net = tiny_generator(64).prepare()
    with torch.no_grad():
        assert torch.equal(run_in_strips(net, faces(net), 16), run_in_strips(net, faces(net), 16))


def test_rows_stay_within_the_map() -> None:
    assert Rows(0, 4, 16).grown(3) == Rows(0, 7, 16)
    assert Rows(12, 16, 16).grown(3) == Rows(9, 16, 16)


def test_half_the_rows_cover_them_all() -> None:
    assert Rows(5, 9, 16).halved() == Rows(2, 5, 8)
    assert Rows(5, 9, 16).halved().doubled() == Rows(4, 10, 16)
