"""Networks in .onnx files: the same faces as the same weights give as .pth, and clear words where they cannot serve."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from faces import FixedDetector, made_up_face, noise_picture
from networks import tiny_generator
from torch import nn

import gpen_core
from gpen_core.checkpoints import find_file
from gpen_core.errors import CheckpointError, GPENError
from gpen_core.network import OnnxNetwork, onnx_session

pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")
from onnx_files import ChannelsLast, FromZero, export, plain  # noqa: E402

FACE = torch.zeros(1, 3, 32, 32)
CROPS = torch.rand(3, 32, 32, 3, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("opset", [11, 18])
def test_it_gives_what_the_same_weights_give_as_pth(tmp_path: Path, opset: int) -> None:
    generator = tiny_generator()
    torch.save(generator.state_dict(), tmp_path / "GPEN.pth")
    path = export(plain(generator), FACE, tmp_path / "GPEN.onnx", opset)
    ours, theirs = (gpen_core.load_model(each, "cpu", "fp32") for each in (tmp_path / "GPEN.pth", path))
    assert isinstance(theirs.network, OnnxNetwork)
    assert (ours(CROPS) - theirs(CROPS)).abs().max() <= 1e-4
    assert (ours.size, ours.template) == (theirs.size, theirs.template)
    assert theirs.network.terms == ours.network.terms
    assert "cannot be pruned" in theirs.network.limits[0]


class _Halving(nn.Module):
    def forward(self, face: torch.Tensor) -> torch.Tensor:
        return face * 0.5


def test_a_network_that_takes_several_faces_gets_them_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    network = OnnxNetwork(export(_Halving(), FACE, tmp_path / "net.onnx", any_batch=True))
    seen: list[int] = []
    run = network._session.run
    monkeypatch.setattr(network._session, "run", lambda values, device: seen.append(len(values)) or run(values, device))
    restored = network.generate(CROPS, torch.float32, 32)
    assert seen == [3]
    assert (restored - (CROPS * 0.5 + 0.25)).abs().max() < 1e-6


@pytest.mark.parametrize("form", [FromZero, ChannelsLast])
def test_range_and_layout_are_read_off_the_file(tmp_path: Path, form: type[nn.Module]) -> None:
    generator = tiny_generator()
    face = FACE if form is FromZero else FACE.permute(0, 2, 3, 1)
    usual = OnnxNetwork(export(plain(generator), FACE, tmp_path / "usual.onnx"))
    other = OnnxNetwork(export(_Soft(form, generator), face, tmp_path / "other.onnx"))
    reference = OnnxNetwork(export(_Soft(None, generator), FACE, tmp_path / "soft.onnx"))
    assert usual.sizes == other.sizes == (32,)
    difference = other.generate(CROPS, torch.float32, 32) - reference.generate(CROPS, torch.float32, 32)
    assert difference.abs().max() <= 1e-4


class _Soft(nn.Module):
    """The network within its range, as a trained one stays: random weights reach far beyond."""

    def __init__(self, form: type[nn.Module] | None, generator: gpen_core.Generator) -> None:
        super().__init__()
        network = nn.Sequential(plain(generator), nn.Tanh())
        self.network = form(network) if form else network

    def forward(self, face: torch.Tensor) -> torch.Tensor:
        return self.network(face)


def test_half_precision_files_run_in_their_own(tmp_path: Path) -> None:
    path = export(_Halving(), FACE.half(), tmp_path / "half.onnx")
    model = gpen_core.load_model(path, "cpu")
    assert model.precision == "fp16"
    assert (model(CROPS) - (CROPS * 0.5 + 0.25)).abs().max() < 1e-3
    with pytest.raises(GPENError, match="cannot be trusted in fp32"):
        gpen_core.load_model(path, "cpu", "fp32")


def test_it_restores_pictures(tmp_path: Path) -> None:
    model = gpen_core.load_model(export(plain(tiny_generator()), FACE, tmp_path / "net.onnx"), "cpu")
    picture = noise_picture(120, 160)
    result = gpen_core.restore(picture, model, detector=FixedDetector(made_up_face(70, 60, size=50)))
    outside = result.mask.numpy() == 0
    assert np.array_equal(result.image.numpy()[outside], picture[outside])
    assert not np.array_equal(result.image.numpy(), picture)


def test_it_is_found_by_its_name_after_other_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GPEN_WEIGHTS", str(tmp_path))
    (tmp_path / "my-net.onnx").touch()
    assert find_file("my-net") == tmp_path / "my-net.onnx"
    (tmp_path / "my-net.pth").touch()
    assert find_file("my-net") == tmp_path / "my-net.pth"


def test_the_pruned_variant_is_used_in_full_and_says_so(tmp_path: Path) -> None:
    path = export(plain(tiny_generator()), FACE, tmp_path / "net.onnx")
    assert "cannot be pruned" in gpen_core.load_model(path, "cpu", variant="pruned").name


class _Enlarging(nn.Module):
    def forward(self, face: torch.Tensor) -> torch.Tensor:
        return torch.nn.functional.interpolate(face, scale_factor=2.0)


class _Scores(nn.Module):
    def forward(self, face: torch.Tensor) -> torch.Tensor:
        return face.mean((2, 3))


class _TwoInputs(nn.Module):
    def forward(self, faces: tuple[torch.Tensor, torch.Tensor]) -> torch.Tensor:
        return faces[0] + faces[1]


@pytest.mark.parametrize(
    ("network", "face", "message"),
    [
        (_Enlarging(), FACE, "no face restorer: it makes .*64.*\n.*\n.*Load Upscale Model"),
        (_Scores(), FACE, "no face restorer"),
        (nn.Identity(), FACE.double(), "takes tensor\\(double\\)"),
        (nn.Identity(), FACE[:, :2], "no face restorer"),
        (_TwoInputs(), (FACE, FACE), "2 inputs .*expected one"),
    ],
)
def test_what_is_no_face_restorer_is_refused_by_name(
    tmp_path: Path, network: nn.Module, face: torch.Tensor, message: str
) -> None:
    path = export(network, face, tmp_path / "other.onnx")
    with pytest.raises(CheckpointError, match=f"(?s)other.onnx.*{message}"):
        gpen_core.load_model(path, "cpu")


def test_a_damaged_file_is_refused(tmp_path: Path) -> None:
    path = export(plain(tiny_generator()), FACE, tmp_path / "net.onnx")
    path.write_bytes(path.read_bytes()[:3000])
    with pytest.raises(CheckpointError, match=r"net\.onnx cannot be opened by ONNX Runtime"):
        gpen_core.load_model(path, "cpu")


def test_without_onnx_runtime_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = export(plain(tiny_generator()), FACE, tmp_path / "net.onnx")
    monkeypatch.setattr(onnx_session, "onnxruntime_or_none", lambda: None)
    with pytest.raises(GPENError, match="pip install onnxruntime"):
        gpen_core.load_model(path, "cpu")
