"""`gpen advise` and `gpen restore --auto`, from files to files."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from faces import FixedDetector, made_up_face
from networks import tiny_generator
from pictures import leaves, softened
from PIL import Image
from safetensors.torch import save_file

from gpen_core.cli import main


@pytest.fixture(autouse=True)
def fixed_detector(monkeypatch: pytest.MonkeyPatch) -> FixedDetector:
    detector = FixedDetector(made_up_face(128, 128, size=128, score=0.9))
    for module in ("archive.worker", "cli.advise"):
        monkeypatch.setattr(f"gpen_core.{module}.make_detector", lambda name, device: detector)
    return detector


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "in"
    folder.mkdir()
    sharp = leaves(256)
    for name, picture in (("sharp", sharp), ("blurred", softened(sharp, 8))):
        Image.fromarray((picture * 255 + 0.5).astype(np.uint8)).save(folder / f"{name}.png")
    return folder


@pytest.fixture
def weights(tmp_path: Path) -> str:
    save_file(tiny_generator().state_dict(), tmp_path / "tiny.safetensors")
    return str(tmp_path / "tiny.safetensors")


def run(*words: object) -> int:
    return main([str(word) for word in words])


def test_measures_and_settings_are_printed(folder: Path, capsys: pytest.CaptureFixture) -> None:
    assert run("advise", folder / "blurred.png") == 0
    printed = capsys.readouterr().out
    for word in ("256 x 256 px", "face 0:", "sharpness", "strength:", "mode:", "denoise:", "model:"):
        assert word in printed


def test_a_chart_for_each_picture(folder: Path, tmp_path: Path) -> None:
    assert run("advise", folder, "--chart", tmp_path / "charts") == 0
    charts = sorted((tmp_path / "charts").iterdir())
    assert [path.name for path in charts] == ["blurred.png", "sharp.png"]
    assert Image.open(charts[0]).width == 1200


def test_one_chart_to_one_file(folder: Path, tmp_path: Path) -> None:
    assert run("advise", folder / "sharp.png", "--chart", tmp_path / "chart.jpg") == 0
    assert Image.open(tmp_path / "chart.jpg").format == "JPEG"


def test_json_holds_measures_and_advice(folder: Path, tmp_path: Path) -> None:
    assert run("advise", folder, "--json", tmp_path / "advice.json") == 0
    blurred, sharp = json.loads((tmp_path / "advice.json").read_text())
    assert blurred["measures"]["faces"][0]["degradation"] > sharp["measures"]["faces"][0]["degradation"]
    assert blurred["advice"]["settings"]["strength"] >= 60


def test_nothing_is_overwritten_unless_asked(folder: Path, tmp_path: Path) -> None:
    chart, numbers = tmp_path / "chart.png", tmp_path / "advice.json"
    for path in (chart, numbers):
        path.write_text("mine")
    assert run("advise", folder / "sharp.png", "--chart", chart) == 1
    assert run("advise", folder / "sharp.png", "--json", numbers) == 1
    assert chart.read_text() == numbers.read_text() == "mine"
    assert run("advise", folder / "sharp.png", "--chart", chart, "--json", numbers, "--overwrite") == 0
    assert json.loads(numbers.read_text())


def test_a_bad_file_does_not_stop_the_others(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    (folder / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n nothing more")
    assert run("advise", folder, "--json", tmp_path / "advice.json") == 1
    assert "broken.png" in capsys.readouterr().err
    assert ["error" in entry for entry in json.loads((tmp_path / "advice.json").read_text())] == [False, True, False]


def test_a_picture_without_faces(folder: Path, fixed_detector: FixedDetector, capsys: pytest.CaptureFixture) -> None:
    fixed_detector.faces = ()
    assert run("advise", folder / "sharp.png") == 0
    assert "No face" in capsys.readouterr().out


def test_auto_restores_each_picture_as_it_needs(
    folder: Path, tmp_path: Path, weights: str, capsys: pytest.CaptureFixture
) -> None:
    out, report = tmp_path / "out", tmp_path / "report.json"
    assert run("restore", folder, "-o", out, "--model", weights, "--auto", "--report", report) == 0
    before, after = (np.asarray(Image.open(path / "sharp.png")) for path in (folder, out))
    assert np.array_equal(before, after)
    assert (np.asarray(Image.open(folder / "blurred.png")) != np.asarray(Image.open(out / "blurred.png"))).any()
    assert "sharp.png: best left alone" in capsys.readouterr().out
    blurred, sharp = (entry["pictures"][0]["faces"][0] for entry in json.loads(report.read_text()))
    assert blurred["sharpness"] < sharp["sharpness"]
    assert blurred["strength"] >= 60


def test_auto_detects_once(folder: Path, tmp_path: Path, weights: str, fixed_detector: FixedDetector) -> None:
    run("restore", folder / "blurred.png", "-o", tmp_path / "out", "--model", weights, "--auto")
    assert fixed_detector.calls == 1
