"""`gpen restore --resume` and `--shard`, and `gpen report merge`, on pictures that change between the runs."""

from __future__ import annotations

import errno
import json
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from faces import FixedDetector, made_up_face, noise_picture
from networks import tiny_generator
from PIL import Image
from safetensors.torch import save_file

import gpen_core.archive.worker
from gpen_core.archive import LocalEngine, plan_targets
from gpen_core.archive.journal_file import read_journal
from gpen_core.archive.targets import picture_keys
from gpen_core.cli import main
from gpen_core.image import FoundPicture, PictureError

NAMES = ("a.png", "b.png", "c.png", "deep/d.png")


@pytest.fixture(autouse=True)
def fixed_detector(monkeypatch: pytest.MonkeyPatch) -> FixedDetector:
    detector = FixedDetector(made_up_face(40, 40, size=30))
    monkeypatch.setattr("gpen_core.archive.worker.make_detector", lambda name, device: detector)
    return detector


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """Weights and a folder of four pictures."""
    save_file(tiny_generator().state_dict(), tmp_path / "tiny.safetensors")
    (tmp_path / "in" / "deep").mkdir(parents=True)
    for number, name in enumerate(NAMES):
        draw(tmp_path / "in" / name, number)
    return tmp_path


def draw(path: Path, seed: int) -> None:
    Image.fromarray((noise_picture(60, 120, seed) * 255).astype(np.uint8)).save(path)


def gpen(archive: Path, *words: object, out: str = "out", also: Sequence[Path] = ()) -> int:
    given = [
        "restore",
        archive / "in",
        *also,
        "-o",
        archive / out,
        "--model",
        archive / "tiny.safetensors",
        "--recursive",
    ]
    return main([str(word) for word in (*given, *words)])


def written(archive: Path, out: str = "out") -> dict[str, tuple[bytes, int]]:
    """The results, and when they were written."""
    folder = archive / out
    paths = [path for path in folder.rglob("*") if path.suffix in (".png", ".jpg")]
    return {path.relative_to(folder).as_posix(): (path.read_bytes(), path.stat().st_mtime_ns) for path in paths}


def test_a_second_run_does_nothing(archive: Path, capsys: pytest.CaptureFixture, fixed_detector: FixedDetector) -> None:
    assert gpen(archive, "--resume") == 0
    assert "0 done, 4 left" in capsys.readouterr().out
    first = written(archive)
    assert gpen(archive, "--resume") == 0
    assert "4 done, 0 left" in capsys.readouterr().out
    assert (written(archive), fixed_detector.calls) == (first, 4)


def test_only_what_is_new_changed_lost_or_failed_is_done_again(
    archive: Path, capsys: pytest.CaptureFixture, fixed_detector: FixedDetector
) -> None:
    (archive / "in" / "c.png").write_bytes(b"")
    assert gpen(archive, "--resume", "--compare") == 1
    before = written(archive)
    draw(archive / "in" / "a.png", 77)
    (archive / "out" / "b_compare.png").unlink()
    draw(archive / "in" / "c.png", 78)
    draw(archive / "in" / "e.png", 79)
    capsys.readouterr()
    assert gpen(archive, "--resume", "--compare") == 0
    summary = "1 done, 4 left, 1 of them failed before, 1 of them changed since, 1 of them lost their result"
    assert summary in capsys.readouterr().out
    after = written(archive)
    assert after["deep/d.png"] == before["deep/d.png"]
    assert after["a.png"][0] != before["a.png"][0]
    assert after["b_compare.png"][0] == before["b_compare.png"][0]
    assert {"c.png", "e.png"} <= set(after)
    assert fixed_detector.calls == 3 + 4


def test_a_failed_picture_is_never_skipped_silently(archive: Path, capsys: pytest.CaptureFixture) -> None:
    (archive / "in" / "b.png").write_bytes(b"")
    for _ in range(2):
        assert gpen(archive, "--resume") == 1
        assert "b.png is empty" in capsys.readouterr().err


def test_files_of_others_are_not_replaced(archive: Path, capsys: pytest.CaptureFixture) -> None:
    (archive / "out").mkdir()
    (archive / "out" / "b.png").write_text("of somebody else")
    for _ in range(2):
        assert gpen(archive, "--resume") == 1
        assert "b.png already exists" in capsys.readouterr().err
        assert (archive / "out" / "b.png").read_text() == "of somebody else"
    assert gpen(archive, "--resume", "--overwrite") == 0
    assert Image.open(archive / "out" / "b.png").size == (120, 60)


def test_other_settings_start_over_on_request_only(archive: Path, capsys: pytest.CaptureFixture) -> None:
    assert gpen(archive, "--resume") == 0
    first = written(archive)
    assert gpen(archive, "--resume", "--strength", "90") == 1
    assert "strength 60 -> 90" in capsys.readouterr().err
    assert written(archive) == first
    assert gpen(archive, "--resume", "--strength", "90", "--start-over") == 0
    second = written(archive)
    assert all(second[name][0] != first[name][0] for name in NAMES)
    assert gpen(archive, "--strength", "90", out="plain") == 0
    assert {name: each[0] for name, each in second.items()} == {
        name: each[0] for name, each in written(archive, "plain").items()
    }


def test_another_model_is_told(archive: Path, capsys: pytest.CaptureFixture) -> None:
    assert gpen(archive, "--resume") == 0
    save_file(tiny_generator(seed=5).state_dict(), archive / "tiny.safetensors")
    assert gpen(archive, "--resume") == 1
    assert "another model" in capsys.readouterr().err


def test_shards_together_are_the_whole(archive: Path, capsys: pytest.CaptureFixture) -> None:
    for number in range(9):
        draw(archive / "in" / f"more {number}.png", number)
    (archive / "in" / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    gpen(archive, out="whole")
    for number in (1, 2, 3):
        gpen(archive, "--shard", f"{number}/3")
    whole, parts = written(archive, "whole"), written(archive)
    assert {name: each[0] for name, each in parts.items()} == {name: each[0] for name, each in whole.items()}
    journals = sorted(archive.glob("out/gpen-journal-*.jsonl"))
    keys = [key for path in journals for key in read_journal(path).known]
    assert sorted(keys) == sorted(set(keys)) and len(keys) == 14
    capsys.readouterr()
    assert main(["report", "merge", str(archive / "out"), "-o", str(archive / "merged.json")]) == 1
    printed = capsys.readouterr().out
    assert printed.startswith("14 pictures: 13 written, 1 failed, 0 left\n13 faces: 13 restored")
    assert "failed 1 x: broken.png" in printed and "pictures per hour" in printed and "shard 2/3: " in printed
    entries = json.loads((archive / "merged.json").read_text())
    assert sorted(Path(entry["input"]).name for entry in entries if "error" not in entry) == sorted(
        Path(name).name for name in whole
    )


def test_merging_says_what_is_missing(archive: Path, capsys: pytest.CaptureFixture) -> None:
    gpen(archive, "--shard", "2/3")
    assert main(["report", "merge", str(archive / "out")]) == 1
    error = capsys.readouterr().err
    assert "no journal of shard 1/3" in error and "no journal of shard 3/3" in error and "shard 2/3" not in error


def test_what_does_not_belong_together_is_not_merged(archive: Path, capsys: pytest.CaptureFixture) -> None:
    gpen(archive, "--shard", "1/2", out="x")
    gpen(archive, "--shard", "2/2", "--strength", "90", out="y")
    gpen(archive, "--shard", "2/3", out="z")
    shutil.copytree(archive / "x", archive / "copy")
    (archive / "empty").mkdir()
    for folders, text in (
        (("x", "y"), "different settings"),
        (("x", "z"), "not one division"),
        (("x", "copy"), "more than one journal of shard 1/2"),
        (("empty",), "There is no journal in"),
        (("gone",), "There is no file or folder"),
        (("tiny.safetensors",), "no journal of gpen restore"),
    ):
        capsys.readouterr()
        assert main(["report", "merge", *(str(archive / name) for name in folders)]) == 1
        assert text in capsys.readouterr().err


def test_failures_are_counted_by_reason(archive: Path, capsys: pytest.CaptureFixture) -> None:
    for name in ("a.png", "b.png", "deep/d.png"):
        (archive / "in" / name).write_bytes(b"")
    gpen(archive, "--resume")
    capsys.readouterr()
    assert main(["report", "merge", str(archive / "out" / "gpen-journal.jsonl")]) == 1
    assert "failed 3 x: " in capsys.readouterr().out


def test_the_report_of_a_resumed_run_has_all_pictures(archive: Path) -> None:
    report = archive / "report.json"
    assert gpen(archive, "--report", archive / "plain.json", out="plain") == 0
    (archive / "in" / "c.png").rename(archive / "c.png")
    assert gpen(archive, "--resume", "--report", report) == 0
    (archive / "c.png").rename(archive / "in" / "c.png")
    assert gpen(archive, "--resume", "--report", report) == 0
    plain, resumed = (json.loads(path.read_text()) for path in (archive / "plain.json", report))
    for entry in plain + resumed:
        assert entry.pop("seconds") >= 0  # of work, never the same twice
    for entry in plain:
        entry["output"] = entry["output"].replace("plain", "out")
    assert sorted(resumed, key=lambda entry: entry["input"]) == sorted(plain, key=lambda entry: entry["input"])


def test_pictures_keep_their_results_when_others_come_before_them(archive: Path) -> None:
    """a.jpg is found before a.png, and would get the name that a.png has had."""
    assert gpen(archive, "--resume") == 0
    before = written(archive)["a.png"]
    draw(archive / "in" / "a.jpg", 55)
    assert gpen(archive, "--resume") == 0
    after = written(archive)
    assert after["a.png"] == before and "a_2.png" in after


def test_a_full_disk_ends_the_run_and_the_next_goes_on(
    archive: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    real = gpen_core.archive.worker.write_picture

    def full(path: Path, *args: Any) -> None:
        if path.name != "a.png":
            raise PictureError(f"{path} cannot be written: No space left on device.") from OSError(errno.ENOSPC, "full")
        real(path, *args)

    monkeypatch.setattr("gpen_core.archive.worker.write_picture", full)
    assert gpen(archive, "--resume") == 1
    assert "The disk is full: " in capsys.readouterr().err
    monkeypatch.setattr("gpen_core.archive.worker.write_picture", real)
    assert gpen(archive, "--resume") == 0
    assert sorted(written(archive)) == sorted(NAMES)


def test_a_folder_that_vanishes_ends_the_run(
    archive: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture, fixed_detector: FixedDetector
) -> None:
    def vanish(picture: np.ndarray) -> list:
        if (archive / "in").exists():
            (archive / "in").rename(archive / "away")
        return []

    for number in range(30):
        draw(archive / "in" / f"more {number}.png", number)
    with monkeypatch.context() as patched:
        patched.setattr(fixed_detector, "detect", vanish)
        assert gpen(archive, "--resume") == 1
    error = capsys.readouterr().err
    assert "in is gone, as a disk that was taken away" in error and "pictures not restored" in error
    assert error.count("There is no file") < 8
    (archive / "away").rename(archive / "in")
    assert gpen(archive, "--resume") == 0
    assert len(written(archive)) == 34


def test_an_output_folder_that_vanishes_ends_the_run(
    archive: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture, fixed_detector: FixedDetector
) -> None:
    def vanish(picture: np.ndarray) -> list:
        if (archive / "out").exists():
            (archive / "out").rename(archive / "away")
        return []

    for number in range(30):
        draw(archive / "in" / f"more {number}.png", number)
    monkeypatch.setattr(fixed_detector, "detect", vanish)
    assert gpen(archive, "--resume") == 1
    assert "gpen-journal.jsonl cannot be found any more" in capsys.readouterr().err
    assert not (archive / "out").exists() or len(written(archive)) < 8


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["--shard", "0/0"], "There is no shard 0/0"),
        (["--shard", "5/4"], "There is no shard 5/4: shards are counted from 1/4 to 4/4"),
        (["--shard", "half"], "'half' is no shard"),
        (["--start-over"], "--start-over is for runs with a journal"),
        (["--resume", "--quality", "0"], "quality"),
        (["--resume", "--model", "absent.pth"], "absent.pth"),
    ],
)
def test_wrong_words_are_told_before_anything_is_made(
    archive: Path, words: list[str], text: str, capsys: pytest.CaptureFixture
) -> None:
    assert gpen(archive, *words) == 1
    assert text in capsys.readouterr().err
    assert not (archive / "out").exists()


def test_a_journal_needs_a_folder(archive: Path, capsys: pytest.CaptureFixture) -> None:
    assert gpen(archive, "--resume", out="one.png") == 1
    assert "a journal lies in a folder" in capsys.readouterr().err


def test_an_unreadable_folder_is_in_every_journal_and_counts_once(archive: Path, capsys: pytest.CaptureFixture) -> None:
    for number in (1, 2):
        gpen(archive, "--shard", f"{number}/2", also=[archive / "gone"])
    capsys.readouterr()
    assert main(["report", "merge", str(archive / "out")]) == 1
    assert "failed 1 x: There is no file or folder" in capsys.readouterr().out


def test_names_that_some_systems_take_for_one_file_get_two() -> None:
    names = ("caf\u00e9.jpg", "cafe\u0301.png", "CAF\u00c9.tif")
    found = [FoundPicture(Path("in") / name, Path()) for name in names]
    results = [target.result.stem for target in plan_targets(found, Path("out"), "png")]
    assert results == ["caf\u00e9", "cafe\u0301_2", "CAF\u00c9_3"]


def test_pictures_of_the_same_relative_path_have_keys_of_their_own() -> None:
    found = [FoundPicture(Path(folder) / "a.jpg", Path("sub")) for folder in ("x/sub", "y/sub")]
    assert list(picture_keys(found).values()) == ["sub/a.jpg", "sub/a.jpg#2"]


def test_an_engine_that_fails_does_not_hold_the_journal(archive: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(self: LocalEngine, *args: Any) -> Iterator[Any]:
        raise RuntimeError("engine broke")

    with monkeypatch.context() as patched:
        patched.setattr(LocalEngine, "run", broken)
        with pytest.raises(RuntimeError, match="engine broke"):
            gpen(archive, "--resume")
    assert gpen(archive, "--resume") == 0
