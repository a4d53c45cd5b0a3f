"""`gpen colourise`, `gpen inpaint`, `gpen seg2face`, with small networks of random weights."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from networks import tiny_generator
from PIL import Image
from safetensors.torch import save_file

import gpen_core
from gpen_core.cli import main
from gpen_core.repaint import PALETTE

PICTURES = Path(gpen_core.__file__).parents[1] / "example_workflows" / "pictures"


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("weights") / "colorization-inpainting.safetensors"
    save_file(tiny_generator(64).state_dict(), path)
    return str(path)


def pixels(path: Path) -> np.ndarray:
    return np.asarray(Image.open(path))


def test_a_grey_file_becomes_a_coloured_one(network: str, tmp_path: Path) -> None:
    Image.open(PICTURES / "portrait.jpg").convert("L").save(tmp_path / "grey.png")
    report = tmp_path / "report.json"
    arguments = ["colourise", str(tmp_path / "grey.png"), "-o", str(tmp_path / "out.png"), "--model", network]
    assert main([*arguments, "--spread", "50", "--report", str(report), "--quiet"]) == 0
    coloured = pixels(tmp_path / "out.png")
    assert coloured.ndim == 3 and np.ptp(coloured.astype(int), axis=2).max() > 0
    (entry,) = json.loads(report.read_text())
    assert entry["pictures"][0]["faces"][0]["skipped"] is None


def test_white_strokes_and_masks_are_filled_in(network: str, tmp_path: Path) -> None:
    source = PICTURES / "scratched.png"
    assert main(["inpaint", str(source), "-o", str(tmp_path / "out.png"), "--model", network, "--quiet"]) == 0
    before, after = pixels(source), pixels(tmp_path / "out.png")
    changed = (before != after).any(axis=2)
    assert changed.any() and not changed[:40].any()
    mask = np.zeros(before.shape[:2], np.uint8)
    mask[100:110, 130:160] = 255
    (tmp_path / "masks").mkdir()
    Image.fromarray(mask).save(tmp_path / "masks" / "scratched.png")
    arguments = ["inpaint", str(source), "-o", str(tmp_path / "masked.png"), "--model", network, "--quiet"]
    assert main([*arguments, "--mask", str(tmp_path / "masks")]) == 0
    assert not (before != pixels(tmp_path / "masked.png")).any(axis=2)[mask == 0].any()


def test_a_missing_mask_is_named_and_the_exit_code_says_so(
    network: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "masks").mkdir()
    arguments = ["inpaint", str(PICTURES / "scratched.png"), "-o", str(tmp_path / "out"), "--model", network]
    assert main([*arguments, "--mask", str(tmp_path / "masks")]) == 1
    assert "There is no mask scratched.png" in capsys.readouterr().err


def test_a_segmentation_becomes_a_face_of_the_networks_size(network: str, tmp_path: Path) -> None:
    arguments = ["seg2face", str(PICTURES / "segmentation.png"), "-o", str(tmp_path / "face.png"), "--model", network]
    assert main([*arguments, "--quiet"]) == 0
    assert pixels(tmp_path / "face.png").shape == (64, 64, 3)


def test_a_photo_is_refused_as_a_segmentation(network: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Image.open(PICTURES / "portrait.jpg").crop((0, 0, 600, 600)).save(tmp_path / "photo.png")
    assert main(["seg2face", str(tmp_path / "photo.png"), "-o", str(tmp_path / "out"), "--model", network]) == 1
    assert "no segmentation of a face" in capsys.readouterr().err


def test_the_example_is_drawn_in_the_palette_alone() -> None:
    colours = {tuple(colour) for colour in pixels(PICTURES / "segmentation.png").reshape(-1, 3).tolist()}
    assert colours <= set(PALETTE) and len(colours) > 10
