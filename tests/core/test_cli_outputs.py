"""What a run writes: never over what it reads, nor over another result of its own."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import numpy as np
import pytest
import torch
from faces import FixedDetector, made_up_face, noise_picture
from PIL import Image

from gpen_core.archive.targets import plan_beside, plan_targets
from gpen_core.cli import main
from gpen_core.cli.json_file import write_json_file
from gpen_core.cli.outputs import Outputs, check_folder
from gpen_core.errors import GPENError
from gpen_core.image import FoundPicture, PictureError, write_picture


@pytest.fixture(autouse=True)
def fixed_detector(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("archive.worker", "cli.faces", "cli.advise"):
        monkeypatch.setattr(
            f"gpen_core.{module}.make_detector", lambda name, device: FixedDetector(made_up_face(40, 40, size=30))
        )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "in").mkdir()
    for name in ("a.png", "a.jpg"):
        Image.fromarray((noise_picture(90, 160) * 255).astype(np.uint8)).save(tmp_path / "in" / name)
    return tmp_path / "in"


def run(*words: object) -> int:
    return main([str(word) for word in words])


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["restore", "{in}/a.png", "-o", "{out}", "--report", "{out}/a.png"], "would go over the result"),
        (["restore", "{in}/a.png", "-o", "{out}", "--report", "{in}/a.png"], "one of the pictures"),
        (["restore", "{in}", "-o", "{in}"], "is the folder that is read"),
        (["restore", "{in}/a.png", "-o", "{out}/*.png"], "is a pattern"),
        (["restore", "{in}/a.png", "-o", "{out}/a.gif"], "PNG or JPEG"),
        (["restore", "{in}/a.png", "-o", "{in}/a.jpg/deep"], "is a file; a folder is to be written to"),
        (["restore", "{in}/a.png", "-o", "{out}", "--report", "{in}"], "is a folder; the report is a file"),
        (["restore", "{in}/a.png", "-o", "{out}", "--report", "{in}/" + 300 * "x"], "cannot be written"),
        (["advise", "{in}/a.png", "--chart", "{in}/a.png"], "of which it is made"),
        (["advise", "{in}/a.png", "--json", "{in}/a.png"], "one of the pictures"),
        (["faces", "{in}/a.png", "-o", "{in}/a.png"], "of which it is made"),
        (["faces", "{in}", "-o", "{in}"], "is the folder that is read"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_collisions_are_refused_before_any_work(
    words: list[str], reason: str, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    before = {path: path.read_bytes() for path in folder.iterdir()}
    words = [word.format(**{"in": folder, "out": tmp_path / "out"}) for word in words]
    assert run(*words, "--overwrite") == 1
    assert reason in capsys.readouterr().err
    assert {path: path.read_bytes() for path in folder.iterdir()} == before
    assert not (tmp_path / "out").exists()


def test_a_folder_that_cannot_be_written_to_is_told_before_any_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(dir: Path) -> None:
        raise PermissionError(13, "Permission denied", str(dir))

    monkeypatch.setattr("tempfile.TemporaryFile", refuse)
    with pytest.raises(GPENError, match="deep cannot be written: Permission denied"):
        check_folder(tmp_path / "not" / "yet" / "deep")


def test_two_files_of_one_name_are_refused(tmp_path: Path) -> None:
    outputs = Outputs([], overwrite=True)
    outputs.add_file(tmp_path / "x.json", "the report")
    with pytest.raises(GPENError, match="the sheet would go over the report"):
        outputs.add_file(tmp_path / "." / "x.json", "the sheet")


def test_drawings_go_beside_and_are_not_drawn_on(folder: Path) -> None:
    for _ in range(2):
        assert run("faces", folder, "--overwrite") == 0
    assert sorted(path.name for path in folder.iterdir()) == ["a.jpg", "a.png", "a_faces.png", "a_faces_2.png"]


def test_a_picture_called_like_a_drawing_is_read(tmp_path: Path) -> None:
    found = [FoundPicture(tmp_path / "many_faces.jpg", Path())]
    assert [target.result.name for target in plan_beside(found, "_faces")] == ["many_faces_faces.png"]
    Image.new("RGB", (64, 64)).save(tmp_path / "many_faces.jpg")
    assert run("faces", tmp_path) == 0
    assert (tmp_path / "many_faces_faces.png").is_file()


def test_a_pair_is_written_whole_or_not_at_all(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(path: Path, *args: object, **options: object) -> None:
        if path.name == "a.png":
            raise PictureError("the disk is full")
        path.touch()

    monkeypatch.setattr("gpen_core.archive.worker.write_picture", failing)
    assert run("restore", folder / "a.png", "-o", tmp_path / "out", "--compare") == 1
    assert list((tmp_path / "out").iterdir()) == []


def test_the_report_takes_no_name_but_its_own(tmp_path: Path) -> None:
    (tmp_path / "r.json.part").write_text("mine")
    (tmp_path / "elsewhere").write_text("not to be followed")
    (tmp_path / "r.json").symlink_to(tmp_path / "elsewhere")
    write_json_file(tmp_path / "r.json", [{"a": 1}])
    assert (tmp_path / "r.json.part").read_text() == "mine"
    assert (tmp_path / "elsewhere").read_text() == "not to be followed"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["elsewhere", "r.json", "r.json.part"]


def test_too_long_a_name_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(PictureError, match="cannot be written"):
        write_picture(tmp_path / (300 * "x" + ".png"), torch.zeros(4, 4, 3), None, "png")


def test_a_folder_of_a_picture_name_is_taken_when_it_is_there(tmp_path: Path) -> None:
    (tmp_path / "old.gif").mkdir()
    targets = plan_targets([FoundPicture(Path("a.png"), Path())], tmp_path / "old.gif", None)
    assert targets[0].result == tmp_path / "old.gif" / "a.png"
    assert os.path.dirname(targets[0].comparison) == str(tmp_path / "old.gif")


def test_a_full_disk_ends_the_run(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    for number in range(8):
        Image.new("RGB", (64, 64)).save(folder / f"b{number}.png")
    monkeypatch.setattr(os, "fsync", lambda file: (_ for _ in ()).throw(OSError(errno.ENOSPC, "No space left")))
    assert run("restore", folder, "-o", tmp_path / "out") == 1
    printed = capsys.readouterr().err
    assert "The disk is full: " in printed and "not restored" in printed
    assert printed.count("No space left") < 10
