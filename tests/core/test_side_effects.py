"""Nothing outside of a call is changed by it, nor by the import: ComfyUI and other packs live in the same process."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from faces import FixedDetector, made_up_face, noise_picture
from networks import tiny_generator, tiny_network
from PIL import Image
from surroundings import changed, surroundings

from gpen_core import GPENModel, RestoreSettings, crop_faces, load_generator, load_model, paste, restore
from gpen_core.checkpoints import convert, load_pruned_generator, read_state_dict, verify
from gpen_core.faces import make_detector
from gpen_core.faces.embedded import _load  # pyright: ignore[reportPrivateUsage]
from gpen_core.image import read_picture, write_picture
from gpen_core.image.contrast import clahe
from gpen_core.image.exposure import correct_exposure
from gpen_core.image.standardise import standardise
from gpen_core.pruning import prune
from gpen_core.quality import advise_picture
from gpen_core.settings import SCOPES

_PROJECT = Path(__file__).resolve().parents[2]
_FACE = made_up_face(70, 70, size=50)
_PICTURE = noise_picture(160, 200)


@pytest.fixture(autouse=True)
def anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing comes from what an earlier test has loaded."""
    monkeypatch.setattr("gpen_core.registry._alive", {})
    _load.cache_clear()


@pytest.fixture(scope="module")
def model() -> GPENModel:
    return GPENModel(tiny_network(64), "tiny", torch.device("cpu"), "fp32")


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("weights") / "tiny.pth"
    torch.save({"g_ema": tiny_generator(64, narrow=1 / 16, channel_multiplier=1).state_dict()}, path)
    return path


_ON_PICTURES: dict[str, Callable[[], object]] = {
    "clahe": lambda: clahe(_PICTURE),
    "correct_exposure": lambda: correct_exposure(_PICTURE * np.float32(0.3)),
    "standardise": lambda: standardise(_PICTURE),
    "advise_picture": lambda: advise_picture(_PICTURE, [_FACE]),
    "yunet": lambda: make_detector("yunet", "cpu").detect((_PICTURE * 255).astype(np.uint8)),
    "embedded": lambda: make_detector("embedded", "cpu").detect((_PICTURE * 255).astype(np.uint8)),
    "load_model": lambda: load_model(device="cpu"),
}
_ON_FILES: dict[str, Callable[[Path, Path], object]] = {
    "load_generator": lambda weights, folder: load_generator(weights),
    "read_state_dict": lambda weights, folder: read_state_dict(weights),
    "convert": lambda weights, folder: convert(weights, folder / "converted.safetensors"),
    "verify": lambda weights, folder: verify(weights),
    "load_pruned_generator": lambda weights, folder: load_pruned_generator(weights),
    "prune": lambda weights, folder: prune(tiny_generator(64, narrow=1 / 16, channel_multiplier=1), 0.3),
    "write_picture": lambda weights, folder: write_picture(folder / "a.png", torch.from_numpy(_PICTURE), None, "png"),
    "write_jpeg": lambda weights, folder: write_picture(folder / "a.jpg", torch.from_numpy(_PICTURE), None, "jpeg"),
}


@pytest.mark.parametrize("name", _ON_PICTURES)
def test_calls_on_pictures_leave_all_else_alone(name: str) -> None:
    before = surroundings()
    _ON_PICTURES[name]()
    assert changed(before) == {}


@pytest.mark.parametrize("name", _ON_FILES)
def test_calls_on_files_leave_all_else_alone(name: str, weights: Path, tmp_path: Path) -> None:
    before = surroundings()
    _ON_FILES[name](weights, tmp_path)
    assert changed(before) == {}


@pytest.mark.parametrize("suffix", ["png", "jpg", "webp", "tiff", "bmp"])
def test_reading_a_picture_leaves_all_else_alone(suffix: str, tmp_path: Path) -> None:
    Image.new("RGB", (40, 30)).save(tmp_path / f"a.{suffix}")
    before = surroundings()
    read_picture(tmp_path / f"a.{suffix}")
    assert changed(before) == {}


@pytest.mark.parametrize("scope", SCOPES)
@pytest.mark.parametrize("gradients", [True, False])
def test_a_restoration_leaves_all_else_alone(scope: Any, gradients: bool, model: GPENModel) -> None:
    settings = RestoreSettings(
        scope=scope, strength=100, detail_enhance=True, lens="wide angle", tile_size=128, overlap=16
    )
    with torch.set_grad_enabled(gradients):
        before = surroundings()
        restore(_PICTURE, model, settings, detector=FixedDetector(_FACE))
        assert changed(before) == {}


def test_cutting_out_and_pasting_leave_all_else_alone() -> None:
    before = surroundings()
    cut = crop_faces(_PICTURE, 64, detector=FixedDetector(_FACE))
    paste(_PICTURE, cut.pictures)
    assert changed(before) == {}


def test_a_call_that_fails_leaves_all_else_alone(model: GPENModel, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: object) -> torch.Tensor:
        assert not torch.is_grad_enabled()
        raise KeyboardInterrupt

    monkeypatch.setattr(model.network, "generate", fail)
    before = surroundings()
    with pytest.raises(KeyboardInterrupt):
        restore(noise_picture(90, 90, seed=7), model, detector=FixedDetector(made_up_face(45, 45, size=50)))
    assert changed(before) == {}


def test_importing_everything_leaves_all_else_alone() -> None:
    code = """
import importlib, pkgutil, sys
sys.path[:0] = [".", "tests"]
from surroundings import changed, surroundings
before = surroundings()
import gpen_core
from gpen_core import *
for found in pkgutil.walk_packages(gpen_core.__path__, "gpen_core."):
    if not found.name.endswith("__main__"):  # which runs the command
        importlib.import_module(found.name)
print(changed(before))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=_PROJECT)
    assert (done.stdout, done.returncode) == ("{}\n", 0), done.stderr
