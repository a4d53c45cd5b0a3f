"""A network nobody has heard of, in ten lines, goes the whole way: library, command line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import pytest
import torch
from faces import FixedDetector, made_up_face, noise_picture
from PIL import Image
from safetensors.torch import save_file
from torch import Tensor

import gpen_core
from gpen_core import GPENError, RestoreSettings
from gpen_core.cli import main
from gpen_core.network import FaceNetwork, face_network, register

TWO_FACES = FixedDetector(made_up_face(70, 70, size=50), made_up_face(190, 90, size=24))


class Darkening(FaceNetwork):
    """Halves what it is given: crops of 32 or 64 px."""

    family, sizes, precisions, terms = "stand-in", (32, 64), ("fp32",), "none"

    @classmethod
    def recognises(cls, tensors: Mapping[str, Tensor]) -> bool:
        return "darkening" in tensors

    @classmethod
    def from_state_dict(cls, tensors: Mapping[str, Tensor]) -> FaceNetwork:
        return cls()

    def generate(self, crops: Tensor, dtype: torch.dtype, whole: int) -> Tensor:
        return crops * 0.5

    def activation_bytes(self, size: int, batch: int, dtype: torch.dtype, whole: int) -> int:
        return 24 * size**2 * batch


@pytest.fixture
def weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setattr(face_network, "_families", [*face_network._families])
    register(Darkening)
    path = tmp_path / "darkening.safetensors"
    save_file({"darkening": torch.zeros(1)}, path)
    yield path


def test_it_restores_pictures(weights: Path) -> None:
    model = gpen_core.load_model(weights)
    picture = noise_picture(160, 250) * np.float32(0.2) + np.float32(0.6)
    settings = RestoreSettings(strength=100, mode="strong", sharpen=0, denoise=0, skin_protect=False)
    result = gpen_core.restore(picture, model, settings, detector=TWO_FACES)
    assert [crop.size for crop in result.crops[0]] == [64, 64]
    assert {crop.pixels.shape for crop in result.crops[0]} == {(64, 64, 3)}
    outside = result.mask.numpy() == 0
    assert np.array_equal(result.image.numpy()[outside], picture[outside])
    assert not np.array_equal(result.image.numpy(), picture)


def test_the_smallest_size_that_holds_what_it_is_for_is_taken(weights: Path) -> None:
    model = gpen_core.load_model(weights)
    assert [model.size_for(side) for side in (10.0, 32.0, 33.0, 500.0)] == [32, 32, 64, 64]


def test_the_command_line_takes_its_file(weights: Path, tmp_path: Path) -> None:
    source = Path(gpen_core.__file__).parents[1] / "example_workflows" / "pictures" / "portrait.jpg"
    assert main(["restore", str(source), "-o", str(tmp_path / "out.png"), "--model", str(weights)]) == 0
    assert Image.open(tmp_path / "out.png").size == Image.open(source).size


def test_a_precision_it_cannot_be_trusted_in_is_refused(weights: Path) -> None:
    assert gpen_core.load_model(weights, precision="auto").precision == "fp32"
    with pytest.raises(GPENError, match="cannot be trusted in bf16"):
        gpen_core.load_model(weights, precision="bf16")


def test_what_auto_has_loaded_does_not_hide_that(weights: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """ "auto" is fp16 on a GPU; here it is pretended to be bf16."""
    monkeypatch.setattr("gpen_core.registry.choose_precision", lambda precision, device: "bf16")
    model = gpen_core.load_model(weights, precision="auto")
    assert model.precision == "fp32"
    with pytest.raises(GPENError, match="cannot be trusted in bf16"):
        gpen_core.load_model(weights, precision="bf16")


def test_a_network_without_its_call_cannot_be_made() -> None:
    class Half(FaceNetwork):
        sizes = (32,)

    with pytest.raises(TypeError, match="generate"):
        Half()  # pyright: ignore[reportAbstractUsage]


def test_what_cannot_be_pruned_is_used_in_full_and_says_so(weights: Path) -> None:
    model = gpen_core.load_model(weights, variant="pruned")
    assert model.variant == "full"
    assert "cannot be pruned" in model.name
