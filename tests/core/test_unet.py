"""The network that comes with the project."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from painted_face import painted_face
from peak_memory import peak_bytes

import gpen_core
from gpen_core.errors import CheckpointError
from gpen_core.network import UNetNetwork, family_of
from gpen_core.network.unet import ResidualUNet, UNetConfig

SMALL = UNetConfig(widths=(8, 12, 16), encoder=1, middle=2, decoder=1, picture=4)


def trained(config: UNetConfig = SMALL) -> ResidualUNet:
    """With random weights in all layers, those that begin as zero too."""
    torch.manual_seed(0)
    net = ResidualUNet(config)
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.normal_(std=0.1)
    return net


def test_it_begins_as_the_identity() -> None:
    face = torch.rand(1, 3, 32, 48)
    assert torch.equal(ResidualUNet(SMALL)(face), face)


@pytest.mark.parametrize("config", [SMALL, UNetConfig()])
def test_the_shapes_are_read_off_the_tensors(config: UNetConfig) -> None:
    tensors = trained(config).state_dict()
    assert family_of(tensors) is UNetNetwork
    network = UNetNetwork.from_state_dict(tensors)
    assert network.net.config == config


@pytest.mark.parametrize("change", ["missing", "misshapen", "unexpected"])
def test_incomplete_weights_are_refused(change: str) -> None:
    tensors = trained().state_dict()
    if change == "missing":
        del tensors["blend.weight"]
    elif change == "misshapen":
        tensors["blend.weight"] = tensors["blend.weight"][:2]
    else:
        tensors["other.weight"] = tensors["blend.weight"]
    with pytest.raises(CheckpointError, match=r"(blend|other)\.weight"):
        UNetNetwork.from_state_dict(tensors)


def test_the_seam_gives_what_the_network_gives() -> None:
    net = trained()
    crops = torch.rand(2, 64, 64, 3)
    with torch.no_grad():
        expected = net(crops.permute(0, 3, 1, 2) * 2 - 1).permute(0, 2, 3, 1) / 2 + 0.5
        found = UNetNetwork(net).generate(crops, torch.float32, 64)
    torch.testing.assert_close(found, expected)


@pytest.mark.parametrize(("precision", "apart"), [("bf16", 0.02), ("fp16", 0.004)])
def test_half_precision_stays_close(precision: str, apart: float) -> None:
    crops = torch.from_numpy(painted_face().pixels)[None]
    exact = gpen_core.load_model(precision="fp32")(crops)
    assert float((gpen_core.load_model(precision=precision)(crops) - exact).abs().max()) < apart


def test_the_embedded_network_cleans_and_keeps_colours() -> None:
    """Noise on a painted face falls to less than half; the mean of no channel moves by more than a level."""
    clean = painted_face().pixels
    noisy = np.clip(clean + np.random.default_rng(0).normal(0, 0.06, clean.shape), 0, 1).astype(np.float32)
    restored = gpen_core.load_model(precision="fp32")(torch.from_numpy(noisy)[None])[0].numpy()
    assert (restored - clean).std() < 0.5 * (noisy - clean).std()
    assert np.abs((restored - noisy).mean((0, 1))).max() < 1 / 255


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
@pytest.mark.parametrize("batch", [1, 3])
def test_memory_is_foreseen(precision: str, batch: int) -> None:
    model = gpen_core.load_model(precision=precision)
    size = model.network.sizes[-1]
    peak, _ = peak_bytes(lambda: model.run(torch.rand(batch, size, size, 3)), model.device)
    peak -= batch * 3 * size**2 * 4  # the crops themselves, made within
    assert peak <= model.activation_bytes(batch) <= 1.1 * peak


def test_the_former_name_still_finds_it() -> None:
    assert gpen_core.load_model("gpen-lite-256").name == "face-unet.safetensors"
