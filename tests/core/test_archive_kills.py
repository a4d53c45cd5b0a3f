"""A run that is killed and started again: its results are those of one that was not, and nothing is done twice."""

from __future__ import annotations

import json
import multiprocessing
import os
import shutil
import sys
from collections.abc import Iterator
from multiprocessing.synchronize import Event
from pathlib import Path

import archive_child
import numpy as np
import pytest
from faces import noise_picture
from networks import tiny_generator
from PIL import Image
from safetensors.torch import save_file

from gpen_core.archive import Job, Journal

if sys.platform == "win32":
    pytest.skip("it has neither fork nor SIGKILL", allow_module_level=True)

_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(["archive_child"])

_KILLED = -9
_PROJECT = Path(__file__).resolve().parents[2]
_NAMES = ("a.png", "b.jpg", "b.png", "deep/c.png", "deep/d.png")


@pytest.fixture(scope="module", autouse=True)
def importing() -> Iterator[None]:
    """Where the process that children are forked from finds what it is to import."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("PYTHONPATH", os.pathsep.join(map(str, (_PROJECT, _PROJECT / "tests"))))
        yield


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory, importing: None) -> Path:
    """Weights, a folder of five pictures, two with the same stem, and what an uninterrupted run makes of them."""
    tmp_path = tmp_path_factory.mktemp("archive")
    save_file(tiny_generator().state_dict(), tmp_path / "tiny.safetensors")
    (tmp_path / "in" / "deep").mkdir(parents=True)
    for number, name in enumerate(_NAMES):
        pixels = (noise_picture(60, 160, number) * 255).astype(np.uint8)
        Image.fromarray(pixels).save(tmp_path / "in" / name)
    assert gpen(tmp_path, "whole") == (0, "")
    return tmp_path


@pytest.fixture
def archive(original: Path, tmp_path: Path) -> Path:
    """A copy, in which nothing has been restored."""
    return shutil.copytree(original, tmp_path / "copy")


def gpen(archive: Path, out: str, moment: str = "never", number: int = 0, *words: str) -> tuple[int, str]:
    """Exit code, negative for a signal, and what was printed."""
    command = ["restore", "in", "-o", out, "--model", "tiny.safetensors", "--recursive", "--resume", "--quiet", *words]
    return run(archive, moment, number, command)


def run(archive: Path, moment: str, number: int, words: list[str]) -> tuple[int, str]:
    output = archive / "printed.txt"
    child = _CONTEXT.Process(target=archive_child.main_until, args=(moment, number, words, str(archive), str(output)))
    child.start()
    child.join(120)
    assert child.exitcode is not None
    return child.exitcode, output.read_text()


def results(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*.png")}


def recorded(folder: Path) -> list[str]:
    """The pictures that have a line of their own, in the order of the lines."""
    lines = [json.loads(line) for line in (folder / "gpen-journal.jsonl").read_text().splitlines()]
    return [line["input"] for line in lines if "input" in line]


# The lines of the journal: header, run, claim, then one for each of the five pictures.
@pytest.mark.parametrize(
    ("moment", "number"),
    [
        ("within line", 1),
        ("after line", 1),
        ("within line", 2),
        ("within line", 3),
        ("before line", 4),
        ("within line", 5),
        ("after line", 6),
        ("before picture", 2),
        ("within picture", 3),
        ("after picture", 3),
        ("after picture", 5),
    ],
)
def test_killed_and_started_again(archive: Path, moment: str, number: int) -> None:
    assert gpen(archive, "out", moment, number)[0] == _KILLED
    before = (archive / "out" / "gpen-journal.jsonl").read_bytes().rpartition(b"\n")[0]
    assert gpen(archive, "out") == (0, "")
    assert results(archive / "out") == results(archive / "whole")
    assert sorted(recorded(archive / "out")) == sorted(_NAMES)
    assert (archive / "out" / "gpen-journal.jsonl").read_bytes().startswith(before)


def test_killed_again_and_again(archive: Path) -> None:
    for moment in ("after picture", "within line", "before picture", "after line"):
        gpen(archive, "out", moment, 4)
    assert gpen(archive, "out") == (0, "")
    assert results(archive / "out") == results(archive / "whole")
    assert sorted(recorded(archive / "out")) == sorted(_NAMES)


def test_shards_that_are_killed_make_the_whole_too(archive: Path) -> None:
    for number in (1, 2, 3):
        gpen(archive, "out", "after picture", 1, "--shard", f"{number}/3")
        assert gpen(archive, "out", "never", 0, "--shard", f"{number}/3") == (0, "")
    assert results(archive / "out") == results(archive / "whole")
    code, printed = run(archive, "never", 0, ["report", "merge", "out"])
    assert code == 0
    assert printed.startswith("5 pictures: 5 written, 0 failed, 0 left\n10 faces: 10 restored")


def test_a_run_that_is_there_keeps_a_second_one_out(archive: Path) -> None:
    holding, released = _CONTEXT.Event(), _CONTEXT.Event()
    other = _CONTEXT.Process(target=hold, args=(str(archive / "out"), holding, released))
    other.start()
    assert holding.wait(60)
    code, printed = gpen(archive, "out")
    assert code == 1
    assert f"Another run writes to out: process {other.pid} on " in printed
    code, printed = run(archive, "never", 0, ["restore", "in/a.png", "-o", "out", "--model", "tiny.safetensors"])
    assert code == 1 and "Another run writes to out" in printed
    other.kill()
    other.join(60)
    assert "Another run" not in gpen(archive, "out")[1]  # a dead one holds nothing


def hold(folder: str, holding: Event, released: Event) -> None:
    """Hold a journal that any other run could go on with, until killed."""
    with Journal(Path(folder), Job(), "hash", start_over=True) as journal:
        journal.begin_run(1)
        holding.set()
        released.wait(60)
