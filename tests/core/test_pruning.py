"""Smaller networks made of larger ones."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from networks import tiny_generator
from plain_generator import plain_generator

from gpen_core.errors import GPENError
from gpen_core.network import Generator, GPENConfig
from gpen_core.pruning.calibration import calibration_faces
from gpen_core.pruning.channels import group_sizes, layers, taps_of, work
from gpen_core.pruning.contribution import measure_contribution
from gpen_core.pruning.elimination import Elimination
from gpen_core.pruning.pruner import prune


def wide_generator(**changes: Any) -> Generator:
    """Small, but with enough channels to take some away: 32, and 16 at 64 px."""
    return tiny_generator(64, narrow=1 / 16, channel_multiplier=1, **changes)


def faces(count: int = 2, size: int = 64) -> torch.Tensor:
    return calibration_faces(count, size, seed=1)


def run(net: Generator, x: torch.Tensor) -> torch.Tensor:
    with torch.inference_mode():
        return net(x)


def silence(net: Generator, group: str, channels: slice) -> None:
    """Make nothing read those channels of a group."""
    sizes = group_sizes(net.config)
    with torch.no_grad():
        for layer in layers(net.config):
            start = 0
            for name in layer.inputs:
                if name == group:
                    weight = taps_of(net.get_parameter(f"{layer.name}.weight"), layer)
                    weight[:, start : start + sizes[name]][:, channels] = 0.0
                start += sizes[name]


def test_a_pruned_network_is_smaller_by_the_ratio() -> None:
    net = wide_generator()
    smaller = prune(net, 0.3)
    before, after = work(net.config), work(smaller.config)
    assert smaller.config.pruned and not net.config.pruned
    assert after.parameters <= 0.7 * before.parameters
    assert after.multiply_adds < before.multiply_adds
    assert run(smaller, faces()).isfinite().all()


def test_the_loader_reads_the_shapes() -> None:
    smaller = prune(wide_generator(), 0.3)
    state = smaller.state_dict()
    assert GPENConfig.from_state_dict(state) == smaller.config
    assert sum(parameter.numel() for parameter in smaller.parameters()) == work(smaller.config).parameters


def test_a_pruned_network_is_an_ordinary_one() -> None:
    smaller, x = prune(wide_generator(), 0.3), faces()
    with torch.inference_mode():
        expected = plain_generator(smaller.state_dict(), x)
        torch.testing.assert_close(smaller.prepare()(x), expected, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize(
    "group", ["constant", "encoder 8", "encoder 64", "decoder 4 1", "decoder 16 0", "decoder 32 1"]
)
def test_channels_that_nobody_reads_go_first_and_are_not_missed(group: str) -> None:
    net = wide_generator()
    silence(net, group, slice(0, 8))
    choice = Elimination(net, measure_contribution(net, faces()))
    order, costs = choice._order(group)
    assert set(order[:8].tolist()) == set(range(8))
    assert costs[7] < 1e-9 * max(costs[-1], 1e-9) or len(costs) == 8


def test_unread_channels_are_taken_away_without_a_trace() -> None:
    net = wide_generator()
    for side in (8, 16, 32, 64):
        for number in (0, 1):
            silence(net, f"decoder {side} {number}", slice(0, 8))
    smaller, x = prune(net, 0.08), faces()
    assert smaller.config.decoder != net.config.decoder
    torch.testing.assert_close(run(smaller, x), run(net, x), rtol=1e-3, atol=1e-3)


def test_one_of_two_equal_channels_takes_over_for_both() -> None:
    net = wide_generator()
    copies, originals = slice(8, 16), slice(0, 8)
    with torch.no_grad():
        for name in ("ecd2.0.1.weight", "ecd2.0.2.bias"):  # features of 16 px
            tensor = net.get_parameter(name)
            tensor[copies] = tensor[originals]
    measured = measure_contribution(net, faces())
    alone, pairs = Elimination(net, measured), Elimination(net, measured)
    pairs._remove("encoder 16", torch.arange(8, 16))
    alone._remove("encoder 16", torch.arange(16, 24))
    reader = "ecd3.0.1"  # of the decoder's layers, the second bias of each tells the copies apart
    left = {choice: choice.readers[reader].mixture for choice in (pairs, alone)}
    moments = measured.moments[reader]
    changes = [torch.eye(32).double() - mixture for mixture in left.values()]
    errors = [float(torch.trace(change @ moments @ change.T)) for change in changes]
    assert errors[0] < 0.5 * errors[1]


def test_the_mixture_is_the_least_squares_one() -> None:
    net = wide_generator()
    measured = measure_contribution(net, faces())
    choice = Elimination(net, measured)
    name = "generator.convs.5.conv"
    precision = choice.readers[name].precision.clone()
    choice._remove("decoder 32 0", torch.arange(8))
    choice._remove("encoder 32", torch.arange(4, 20))
    kept = choice.kept_inputs(choice.readers[name].layer)
    moments = torch.linalg.inv(precision)  # damped, as used
    expected = moments[:, kept] @ torch.linalg.inv(moments[kept][:, kept])
    torch.testing.assert_close(choice.readers[name].mixture[:, kept], expected)


def test_closer_than_without_the_measurement(monkeypatch: pytest.MonkeyPatch) -> None:
    """Dropping the same numbers of channels, the last ones of each group and without compensation, is far worse."""
    net, x = wide_generator(), faces()
    reference = run(net, x)
    smaller = prune(net, 0.3)
    kept = {group: torch.arange(size) for group, size in group_sizes(smaller.config).items()}
    monkeypatch.setattr(Elimination, "shrink", lambda self, ratio, progress: self.kept.update(kept))
    naive = prune(net, 0.3)
    assert naive.config == smaller.config
    assert (run(smaller, x) - reference).square().mean() < 0.5 * (run(naive, x) - reference).square().mean()


def test_a_network_that_adds_features_stays_one() -> None:
    net = wide_generator(concat=False)
    smaller = prune(net, 0.3)
    config = smaller.config
    assert not config.concat
    assert all(set(config.decoder_channels(side)) == {config.channels(side)} for side in config.resolutions[1:])
    assert run(smaller, faces()).isfinite().all()


def test_the_same_network_is_pruned_the_same() -> None:
    first, second = (prune(wide_generator(), 0.3).state_dict() for _ in range(2))
    assert all(torch.equal(first[name], second[name]) for name in first)


def test_pruning_leaves_no_trace() -> None:
    net = wide_generator()
    before = {name: tensor.clone() for name, tensor in net.state_dict().items()}
    random = torch.random.get_rng_state()
    prune(net, 0.3)
    assert torch.equal(torch.random.get_rng_state(), random)
    assert all(torch.equal(tensor, before[name]) for name, tensor in net.state_dict().items())
    assert all(parameter.grad is None and parameter.requires_grad for parameter in net.parameters())
    assert not any(module._forward_hooks for module in net.modules())


@pytest.mark.parametrize("mode", [torch.no_grad, torch.inference_mode])
def test_gradients_being_off_does_not_matter(mode: Callable[[], torch.no_grad]) -> None:
    expected = prune(wide_generator(), 0.3).state_dict()
    with mode():
        found = prune(wide_generator(), 0.3).state_dict()
    assert all(torch.equal(found[name], expected[name]) for name in expected)


@pytest.mark.parametrize("ratio", [0.0, 1.0, -0.5, float("nan")])
def test_impossible_ratios_are_refused(ratio: float) -> None:
    with pytest.raises(GPENError, match="more than 0 and less than 1"):
        prune(wide_generator(), ratio)


def test_a_ratio_out_of_reach_is_explained() -> None:
    with pytest.raises(GPENError, match=r"cannot be made smaller by a ratio of 0\.99\.\nAbout 0\.\d+ is possible"):
        prune(wide_generator(), 0.99)


def test_a_pruned_network_is_not_pruned_again() -> None:
    with pytest.raises(GPENError, match="pruned before"):
        prune(prune(wide_generator(), 0.3), 0.1)


def test_weights_that_are_not_finite_are_refused() -> None:
    net = wide_generator()
    with torch.no_grad():
        net.get_parameter("ecd1.0.1.weight")[0] = torch.inf
    with pytest.raises(GPENError, match="expected finite weights"):
        prune(net, 0.3)


def test_calibration_faces_are_pictures_and_always_the_same() -> None:
    pictures = calibration_faces(3, 64)
    assert pictures.shape == (3, 3, 64, 64) and pictures.dtype == torch.float32
    assert pictures.min() >= -1.0 and pictures.max() <= 1.0
    assert all(picture.std() > 0.1 for picture in pictures)
    assert torch.equal(pictures, calibration_faces(3, 64))
    assert not torch.equal(pictures, calibration_faces(3, 64, seed=1))


@pytest.mark.parametrize("concat", [True, False])
def test_layers_and_work_describe_the_network(concat: bool) -> None:
    net = wide_generator(concat=concat)
    sizes = group_sizes(net.config)
    for layer in layers(net.config):
        weight = taps_of(net.get_parameter(f"{layer.name}.weight"), layer)
        assert weight.shape[1] == sum(sizes[group] for group in layer.inputs), layer
        assert layer.output is None or weight.shape[0] == sizes[layer.output], layer
    assert work(net.config).parameters == sum(parameter.numel() for parameter in net.parameters())


def test_influence_is_the_squared_derivative() -> None:
    """Of the last ToRGB, whose result is the picture: the picture's change is the error itself, common or not."""
    net = wide_generator()
    measured = measure_contribution(net, faces(32))  # the common part is an estimate
    last = "generator.to_rgbs.3.conv"
    scale = float(net.get_submodule(last).scale)  # type: ignore[arg-type]
    expected = torch.full((3,), 64.0**2 * scale**2, dtype=torch.float64)
    torch.testing.assert_close(measured.influence[last], expected, rtol=0.2, atol=0.0)
