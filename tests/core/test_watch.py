"""`gpen watch`: what appears in a folder is restored once it is complete."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from faces import FixedDetector, made_up_face, noise_picture
from networks import tiny_generator
from PIL import Image
from safetensors.torch import save_file

import gpen_core.cli.watch
from gpen_core.archive.arrivals import Arrivals
from gpen_core.cli import main
from gpen_core.image import FoundPicture


@pytest.fixture
def scans(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    detector = FixedDetector(made_up_face(40, 40, size=30))
    monkeypatch.setattr("gpen_core.archive.worker.make_detector", lambda name, device: detector)
    save_file(tiny_generator().state_dict(), tmp_path / "tiny.safetensors")
    (tmp_path / "in").mkdir()
    return tmp_path


def draw(path: Path, seed: int = 0) -> bytes:
    Image.fromarray((noise_picture(60, 120, seed) * 255).astype(np.uint8)).save(path)
    return path.read_bytes()


class Scanner:
    """Stands for the time between two looks: does the next of some things, then lets the user press Ctrl-C."""

    def __init__(self, *steps: Any) -> None:
        self._steps = list(steps)

    def __call__(self, seconds: float) -> None:
        if not self._steps:
            raise KeyboardInterrupt
        self._steps.pop(0)()


def watch(
    scans: Path, monkeypatch: pytest.MonkeyPatch, *steps: Any, settled: float = 0, words: list[str] | None = None
) -> int:
    with monkeypatch.context() as patched:
        patched.setattr(gpen_core.cli.watch.time, "sleep", Scanner(*steps))
        given = ["watch", scans / "in", scans / "out", "--model", scans / "tiny.safetensors", "--settled", settled]
        return main([str(word) for word in given])


def results(scans: Path) -> list[str]:
    return sorted(path.name for path in (scans / "out").glob("*.png"))


def test_what_appears_is_restored_and_restarts_do_nothing_twice(
    scans: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    draw(scans / "in" / "a.png")
    code = watch(scans, monkeypatch, lambda: draw(scans / "in" / "b.png", 1), lambda: None)
    assert (code, results(scans)) == (130, ["a.png", "b.png"])
    assert capsys.readouterr().out.count("1 of 1 face restored") == 2
    watch(scans, monkeypatch, lambda: draw(scans / "in" / "c.png", 2), lambda: None)
    assert results(scans) == ["a.png", "b.png", "c.png"]
    assert capsys.readouterr().out.count("1 of 1 face restored") == 1


def test_a_file_is_complete_when_it_stays_as_it_is(tmp_path: Path) -> None:
    now = [0.0]
    arrivals, path = Arrivals(5, lambda: now[0]), tmp_path / "a.png"
    found = [FoundPicture(path, Path())]

    def complete(at: float) -> bool:
        now[0] = at
        return arrivals.complete(found) == found

    assert not complete(0)  # it is not there
    path.touch()
    assert not complete(1) and not complete(20)  # empty: the scanner is about to write
    path.write_bytes(b"half")
    assert not complete(21) and not complete(25.9) and complete(26)
    path.write_bytes(b"half and more")
    assert not complete(27) and not complete(31) and complete(32)
    path.unlink()
    assert not complete(40)


def test_half_a_file_waits_for_its_other_half(scans: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data, path = draw(scans / "in" / "a.png"), scans / "in" / "a.png"
    path.write_bytes(data[: len(data) // 2])
    clock = [0.0]
    monkeypatch.setattr(gpen_core.cli.watch, "Arrivals", lambda settled: Arrivals(settled, lambda: clock[0]))

    def later(seconds: float) -> None:
        clock[0] += seconds

    def finish() -> None:
        assert results(scans) == []
        path.write_bytes(data)
        later(3)

    watch(scans, monkeypatch, lambda: later(3), finish, lambda: later(3), lambda: later(3), settled=5)
    assert results(scans) == ["a.png"]


def test_a_failed_file_is_tried_again_when_it_has_changed(
    scans: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    path = scans / "in" / "a.png"
    path.write_bytes(b"\x89PNG\r\n\x1a\n broken")
    watch(scans, monkeypatch, lambda: None, lambda: None, lambda: draw(path), lambda: None)
    assert capsys.readouterr().err.count("failed: ") == 1
    assert results(scans) == ["a.png"]


def test_a_folder_that_goes_and_comes_back(
    scans: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    draw(scans / "in" / "a.png")

    def away() -> None:
        (scans / "in").rename(scans / "away")

    def back() -> None:
        (scans / "away").rename(scans / "in")
        draw(scans / "in" / "b.png", 1)

    watch(scans, monkeypatch, away, lambda: None, back, lambda: None)
    assert capsys.readouterr().err.count("cannot be watched") == 1
    assert results(scans) == ["a.png", "b.png"]


def test_the_results_of_pictures_that_were_taken_away_stay(scans: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def exchange() -> None:
        (scans / "in" / "a.jpg").unlink()
        draw(scans / "in" / "a.png", 1)

    draw(scans / "in" / "a.jpg")
    watch(scans, monkeypatch, exchange, lambda: None)
    assert results(scans) == ["a.png", "a_2.png"]


def test_other_files_are_named_once(
    scans: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    draw(scans / "in" / "a.png")
    (scans / "in" / "b.gif").touch()
    with caplog.at_level(logging.WARNING):
        watch(scans, monkeypatch, lambda: None, lambda: None)
    assert caplog.text.count("Passed over") == 1


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["{s}/gone", "{s}/out"], "cannot be watched"),
        (["{s}/tiny.safetensors", "{s}/out"], "cannot be watched"),
        (["{s}/in", "{s}/in"], "is the folder that is watched"),
        (["{s}/in", "{s}/out", "--settled", "-1"], "--settled must be 0 or more"),
        (["{s}/in", "{s}/out", "--settled", "nan"], "--settled must be 0 or more"),
        (["{s}/in", "{s}/tiny.safetensors/out"], "cannot be written"),
        (["{s}/in", "{s}/out", "--model", "absent.pth"], "absent.pth"),
    ],
)
def test_wrong_words(scans: Path, words: list[str], text: str, capsys: pytest.CaptureFixture) -> None:
    assert main(["watch", *(word.format(s=scans) for word in words)]) == 1
    assert text in capsys.readouterr().err


def test_another_run_on_the_same_folder_is_kept_out(scans: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    codes: list[int] = []
    draw(scans / "in" / "a.png")
    watch(scans, monkeypatch, lambda: codes.append(main(["watch", str(scans / "in"), str(scans / "out")])))
    assert codes == [1]
