"""GFPGAN, RestoreFormer and CodeFormer behind the seam, with random weights from spandrel's own architectures."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from faces import FixedDetector, made_up_face, noise_picture
from safetensors.torch import save_file

import gpen_core
from gpen_core.errors import CheckpointError, GPENError
from gpen_core.network import SpandrelNetwork, spandrel_network

FAMILIES = {
    "GFPGAN": ("spandrel", "Apache-2.0", None),
    "RestoreFormer": ("spandrel", "Apache-2.0", None),
    "CodeFormer": ("spandrel_extra_arches", "non-commercial", 0.5),
}
CROP = torch.rand(1, 512, 512, 3, generator=torch.Generator().manual_seed(1))


@pytest.fixture(scope="module", params=FAMILIES)
def case(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """Family, and a weight file of it."""
    pytest.importorskip(FAMILIES[request.param][0])
    from spandrel_files import restorer, save

    path = save(restorer(request.param), tmp_path_factory.mktemp("weights") / f"{request.param}.pth")
    yield request.param, path
    path.unlink()


def test_it_loads_says_what_it_is_and_restores(case: tuple[str, Path]) -> None:
    family, path = case
    model = gpen_core.load_model(path, "cpu")
    network = model.network
    assert isinstance(network, SpandrelNetwork)
    assert (network.family, model.template, network.sizes) == (family, "ffhq", (512,))
    assert FAMILIES[family][1] in network.terms
    assert network.fidelity == FAMILIES[family][2]
    assert model.precision == "fp32"
    assert {"fp32", "bf16"} <= set(network.precisions)
    once = model(CROP)
    assert once.shape == CROP.shape and once.isfinite().all()
    assert torch.equal(once, model(CROP))  # no noise drawn anew
    picture = noise_picture(160, 160)
    result = gpen_core.restore(picture, model, detector=FixedDetector(made_up_face(80, 80, size=70)))
    outside = result.mask.numpy() == 0
    assert np.array_equal(result.image.numpy()[outside], picture[outside])
    assert not np.array_equal(result.image.numpy(), picture)
    assert model.name in result.report.text()


def test_it_gives_what_the_network_itself_gives_in_its_range(case: tuple[str, Path]) -> None:
    family, path = case
    if family == "CodeFormer":
        importlib.import_module("spandrel_extra_arches").install(ignore_duplicates=True)
    own = importlib.import_module("spandrel").ModelLoader().load_from_file(path).model.eval()
    how = {"GFPGAN": {"randomize_noise": False}, "RestoreFormer": {}, "CodeFormer": {"weight": 0.5}}[family]
    with torch.no_grad():
        expected = own((CROP.permute(0, 3, 1, 2) * 2 - 1).contiguous(), **how)[0].permute(0, 2, 3, 1) / 2 + 0.5
    assert (gpen_core.load_model(path, "cpu")(CROP) - expected.clamp(0, 1)).abs().max() <= 1e-4


def test_fidelity_changes_the_face_of_codeformer_alone(case: tuple[str, Path]) -> None:
    family, path = case
    usual, other = (gpen_core.load_model(path, "cpu", fidelity=fidelity) for fidelity in (0.5, 1.0))
    if family != "CodeFormer":
        assert usual is other
        return
    assert usual.name == "CodeFormer.pth (fidelity 0.5)"
    assert other is not usual and other is gpen_core.load_model(path, "cpu", fidelity=1.0)
    assert not torch.equal(usual(CROP), other(CROP))


def test_an_impossible_fidelity_is_refused() -> None:
    with pytest.raises(GPENError, match="fidelity must be 0 to 1"):
        gpen_core.load_model(fidelity=1.5)


def test_a_network_that_enlarges_pictures_is_refused_by_name(tmp_path: Path) -> None:
    pytest.importorskip("spandrel")
    from spandrel_files import esrgan_tensors

    save_file(esrgan_tensors(), tmp_path / "4x.safetensors")
    with pytest.raises(CheckpointError, match=r"(?s)4x\.safetensors: .*another kind: ESRGAN.*Load Upscale Model"):
        gpen_core.load_model(tmp_path / "4x.safetensors")


def test_an_incomplete_file_is_refused(tmp_path: Path) -> None:
    pytest.importorskip("spandrel")
    marks = {"toRGB.0.weight": torch.zeros(3, 8, 1, 1), "stylegan_decoder.style_mlp.1.weight": torch.zeros(8, 8)}
    save_file(marks, tmp_path / "GFPGANv1.4.safetensors")
    with pytest.raises(CheckpointError, match="Not a complete GFPGAN that spandrel knows"):
        gpen_core.load_model(tmp_path / "GFPGANv1.4.safetensors")


@pytest.mark.parametrize(
    ("marks", "package"),
    [
        (("toRGB.0.weight", "stylegan_decoder.style_mlp.1.weight"), "--no-deps spandrel einops"),
        (("position_emb", "idx_pred_layer.1.weight", "quantize.embedding.weight"), "spandrel_extra_arches"),
    ],
)
def test_without_its_package_it_says_what_to_install(
    marks: tuple[str, ...], package: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spandrel_network, "_import", lambda name: None)
    save_file({name: torch.zeros(2, 2) for name in marks}, tmp_path / "net.safetensors")
    with pytest.raises(GPENError, match=f"(?s)not installed.*{package}"):
        gpen_core.load_model(tmp_path / "net.safetensors")
