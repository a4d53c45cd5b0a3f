"""`gpen evaluate`, from a folder of pairs to a table."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from faces import FixedDetector
from networks import tiny_generator
from painted_face import painted_face
from pictures import noisy, softened
from PIL import Image
from safetensors.torch import save_file

from gpen_core import GPENError
from gpen_core.cli import main
from gpen_core.evaluation import (
    Evaluation,
    Levels,
    contact_sheet,
    crop_size,
    degraded_at,
    find_cases,
    read_levels,
    restore_face,
    sharp_at,
    to_levels,
)
from gpen_core.image.warp import Pixels
from gpen_core.registry import load_model

SIDE = 256
PAINTED = painted_face(side=SIDE, grain=0.03)


def write(path: Path, picture: Pixels, side: int | None = None) -> None:
    path.parent.mkdir(exist_ok=True)
    image = Image.fromarray(to_levels(picture))
    (image if side is None else image.resize((side, side), Image.Resampling.BOX)).save(path)


@pytest.fixture
def pairs(tmp_path: Path) -> Path:
    """Two faces, each 512 px sharp and in two severities."""
    folder = tmp_path / "pairs"
    folder.mkdir()
    for number in (2, 10):
        sharp = noisy(PAINTED.pixels, 3.0, seed=number)
        write(folder / "hq" / f"{number}.png", sharp.repeat(2, axis=0).repeat(2, axis=1))
        write(folder / "lq_heavy" / f"{number}.png", softened(sharp, 6), 64)
        write(folder / "lq_light" / f"{number}.png", softened(sharp, 2), 200)
    return folder


@pytest.fixture
def evaluation() -> Evaluation:
    """Of a model that changes nothing."""
    return Evaluation(lambda face: face.copy(), SIDE, FixedDetector(PAINTED.face), keep=1)


@pytest.fixture
def weights(tmp_path: Path) -> str:
    save_file(tiny_generator().state_dict(), tmp_path / "tiny.safetensors")
    return str(tmp_path / "tiny.safetensors")


@pytest.fixture(autouse=True)
def fixed_detector(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gpen_core.cli.evaluate.make_detector", lambda name, device: FixedDetector(PAINTED.face))


def run(*words: object) -> int:
    return main(["evaluate", *(str(word) for word in words)])


def test_pictures_of_one_name_belong_together(pairs: Path) -> None:
    cases, problems = find_cases(pairs)
    assert not problems
    assert [case.name for case in cases] == ["2", "10"]
    assert [list(case.degraded) for case in cases] == [["light", "heavy"]] * 2
    assert cases[0].sharp == pairs / "hq" / "2.png"


def test_names_without_a_partner_are_named(pairs: Path) -> None:
    (pairs / "hq" / "2.png").unlink()
    (pairs / "lq_heavy" / "10.png").unlink()
    cases, problems = find_cases(pairs)
    assert [(case.name, list(case.degraded)) for case in cases] == [("10", ["light"])]
    assert len(problems) == 3
    for part in ("lq_light/2.png: there is no sharp", "lq_heavy/2.png: there is no sharp", "no degraded face (heavy)"):
        assert any(part in problem.replace("\\", "/") for problem in problems)


def test_two_pictures_of_one_name(pairs: Path) -> None:
    write(pairs / "hq" / "2.bmp", PAINTED.pixels)
    cases, problems = find_cases(pairs)
    assert len(cases) == 2
    assert "has the same name" in problems[0]


def test_folders_that_are_missing(pairs: Path, tmp_path: Path) -> None:
    with pytest.raises(GPENError, match="There is no folder .*nowhere"):
        find_cases(tmp_path / "nowhere")
    for path in pairs.glob("lq*/*"):
        path.rename(path.with_name(f"other{path.name}"))
    with pytest.raises(GPENError, match="No picture of .*hq has a degraded one"):
        find_cases(pairs)
    for path in pairs.glob("lq*"):
        path.rename(tmp_path / path.name)
    with pytest.raises(GPENError, match="no folder lq or lq_<severity>"):
        find_cases(pairs)


def test_one_folder_lq_and_one_without_any(pairs: Path) -> None:
    (pairs / "lq_light").rename(pairs.parent / "away")
    (pairs / "lq_heavy").rename(pairs / "lq")
    assert [list(case.degraded) for case in find_cases(pairs)[0]] == [["lq"]] * 2
    cases, problems = find_cases(pairs / "lq")
    assert not problems
    assert [(case.name, case.sharp) for case in cases] == [("2", None), ("10", None)]


def test_sizes_that_faces_are_brought_to(pairs: Path) -> None:
    picture = read_levels(pairs / "hq" / "2.png")
    assert np.array_equal(sharp_at(picture, SIDE), picture[::2, ::2])
    assert np.array_equal(degraded_at(picture, SIDE), picture[::2, ::2])  # twice the size: by area
    assert degraded_at(read_levels(pairs / "lq_heavy" / "2.png"), SIDE).shape == (SIDE, SIDE, 3)


def test_a_face_is_square(tmp_path: Path) -> None:
    write(tmp_path / "wide.png", PAINTED.pixels[:100])
    with pytest.raises(GPENError, match="wide.png has 256 x 100 px.*square"):
        read_levels(tmp_path / "wide.png")


def test_a_model_that_changes_nothing_gains_nothing(pairs: Path, evaluation: Evaluation) -> None:
    for case in find_cases(pairs)[0]:
        evaluation.add(case)
    results = evaluation.results()
    assert list(results) == ["light", "heavy", "hq"]
    for faces in results.values():
        assert len(faces) == 2
        assert all(face.before == face.after for face in faces)
    light, heavy = (results[severity][0].before for severity in ("light", "heavy"))
    assert light.psnr is not None
    assert heavy.psnr is not None
    assert light.psnr > heavy.psnr
    assert not evaluation.problems
    sheet: Levels = contact_sheet(evaluation.seen())
    assert sheet.shape == (2 * 3 * SIDE, SIDE, 3)


def test_bad_pictures_are_named_and_the_rest_goes_on(pairs: Path, evaluation: Evaluation) -> None:
    (pairs / "hq" / "2.png").write_bytes(b"no picture")
    (pairs / "lq_light" / "10.png").write_bytes(b"")
    for case in find_cases(pairs)[0]:
        evaluation.add(case)
    assert {severity: [face.name for face in faces] for severity, faces in evaluation.results().items()} == {
        "heavy": ["10"],
        "hq": ["10"],
    }
    assert len(evaluation.problems) == 2
    assert "2.png" in evaluation.problems[0]
    assert "empty" in evaluation.problems[1]


def test_the_models_own_face_is_judged(weights: str) -> None:
    model = load_model(weights)
    face = sharp_at(to_levels(PAINTED.pixels), crop_size(model))
    restored = restore_face(model, face)
    assert restored.shape == face.shape
    assert restored.dtype == np.uint8
    assert (restored != face).any()


def test_a_table_a_sheet_and_every_number(
    pairs: Path, tmp_path: Path, weights: str, capsys: pytest.CaptureFixture
) -> None:
    out, sheet = tmp_path / "new" / "numbers.json", tmp_path / "sheet.png"
    assert run(pairs, "--model", weights, "--device", "cpu", "--json", out, "--sheet", sheet) == 0
    printed = capsys.readouterr().out.splitlines()
    assert printed[0] == "tiny.safetensors in fp32, faces at 32 px, landmarks by fixed"
    head, rule, light, heavy, hq = (line.split(" | ") for line in printed[2:])
    assert [heading.strip("| ") for heading in head[1:4]] == ["faces", "PSNR, dB", "SSIM"]
    assert "NIQE" not in head  # 32 px are too few
    assert len({len(row) for row in (head, rule, light, heavy, hq)}) == 1
    assert light[:2] == ["| light", "2"]
    assert "->" in heavy[2]
    assert "->" not in hq[2]  # against itself, the sharp face has no PSNR
    entries = json.loads(out.read_text())
    assert [entry["severity"] for entry in entries] == ["light", "heavy", "hq"]
    assert [face["name"] for face in entries[0]["faces"]] == ["2", "10"]
    assert entries[2]["average"]["psnr"]["input"] is None
    assert Image.open(sheet).size == (2 * 32, 2 * 3 * 32)


def test_without_sharp_faces(pairs: Path, weights: str, tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    sheet = tmp_path / "sheet.png"
    assert run(pairs / "lq_heavy", "--model", weights, "--sheet", sheet) == 0
    printed = capsys.readouterr().out
    assert "PSNR" not in printed
    assert "fine energy" in printed
    assert Image.open(sheet).size == (2 * 32, 2 * 32)


def test_problems_are_told_and_change_the_exit_code(
    pairs: Path, weights: str, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    (pairs / "lq_light" / "2.png").write_bytes(b"no picture")
    (pairs / "hq" / "10.png").unlink()
    assert run(pairs, "--model", weights, "--json", tmp_path / "numbers.json") == 1
    errors = capsys.readouterr().err
    assert errors.count("failed: ") == 3
    assert sum("error" in entry for entry in json.loads((tmp_path / "numbers.json").read_text())) == 3


def test_faces_without_landmarks_are_counted(
    pairs: Path, weights: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    monkeypatch.setattr("gpen_core.cli.evaluate.make_detector", lambda name, device: FixedDetector())
    assert run(pairs, "--model", weights) == 0
    printed = capsys.readouterr()
    assert "landmark error" not in printed.out
    assert "light: without landmarks of 2 face(s)" in printed.err


def test_nothing_is_overwritten_unless_asked(pairs: Path, weights: str, tmp_path: Path) -> None:
    for option, path in (("--sheet", tmp_path / "sheet.png"), ("--json", tmp_path / "numbers.json")):
        path.write_text("mine")
        assert run(pairs, "--model", weights, option, path) == 1
        assert path.read_text() == "mine"
        assert run(pairs, "--model", weights, option, path, "--overwrite") == 0
        assert path.read_bytes() != b"mine"


def test_a_sheet_is_png(pairs: Path, weights: str, tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    assert run(pairs, "--model", weights, "--sheet", tmp_path / "sheet.jpg") == 1
    assert "End the name in .png" in capsys.readouterr().err
