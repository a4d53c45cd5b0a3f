"""The command line, from files to files."""

from __future__ import annotations

import argparse
import json
import threading
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from clips import moving_portrait, write_clip
from faces import FixedDetector, made_up_face, noise_picture
from networks import tiny_generator
from PIL import Image
from safetensors.torch import save_file

import gpen_core.archive.worker
from gpen_core import FaceChoice, GPENError, RestoreSettings
from gpen_core.archive.targets import plan_targets
from gpen_core.cli import main
from gpen_core.cli.options import add_settings_options
from gpen_core.image import FoundPicture
from gpen_core.quality import PictureAdvice
from gpen_core.restore import detection, network_pass


@pytest.fixture(autouse=True)
def fixed_detector(monkeypatch: pytest.MonkeyPatch) -> FixedDetector:
    detector = FixedDetector(made_up_face(40, 40, size=30), made_up_face(120, 40, size=20))
    for module in ("archive.worker", "cli.faces"):
        monkeypatch.setattr(f"gpen_core.{module}.make_detector", lambda name, device: detector)
    return detector


@pytest.fixture
def weights(tmp_path: Path) -> str:
    save_file(tiny_generator().state_dict(), tmp_path / "tiny.safetensors")
    return str(tmp_path / "tiny.safetensors")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "in" / "deep").mkdir(parents=True)
    for number, name in enumerate(("a.png", "b.jpg", "deep/c.png")):
        pixels = (noise_picture(90, 160, number) * 255).astype(np.uint8)
        Image.fromarray(pixels).save(tmp_path / "in" / name)
    return tmp_path / "in"


def run(*words: object) -> int:
    return main([str(word) for word in words])


def test_a_folder_goes_to_a_folder(folder: Path, tmp_path: Path, weights: str) -> None:
    out = tmp_path / "out"
    assert run("restore", folder, "-o", out, "--model", weights, "--recursive", "--compare") == 0
    written = sorted(path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file())
    assert written == ["a.png", "a_compare.png", "b.png", "b_compare.png", "deep/c.png", "deep/c_compare.png"]
    assert Image.open(out / "a.png").size == (160, 90)
    assert Image.open(out / "a_compare.png").size == (320, 90)
    assert (np.asarray(Image.open(out / "a.png")) != np.asarray(Image.open(folder / "a.png"))).any()


def test_a_picture_too_large_for_the_memory_is_refused_and_the_others_go_on(
    folder: Path, tmp_path: Path, weights: str, capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    Image.new("L", (5000, 4000)).save(folder / "huge.png")
    monkeypatch.setattr("gpen_core.archive.admission.free_host_memory", lambda: 500 * 10**6)
    report = tmp_path / "report.json"
    assert run("restore", folder, "-o", tmp_path / "out", "--model", weights, "--report", report) == 1
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["a.png", "b.png"]
    assert "huge.png is too large for the memory that is free: 5000 x 4000 pixels" in capsys.readouterr().err
    assert ["error" in entry for entry in json.loads(report.read_text())] == [False, False, True]


def test_a_bad_file_does_not_stop_the_others(
    folder: Path, tmp_path: Path, weights: str, capsys: pytest.CaptureFixture
) -> None:
    (folder / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n nothing more")
    (folder / "empty.jpg").touch()
    report = tmp_path / "report.json"
    assert run("restore", folder, "-o", tmp_path / "out", "--model", weights, "--report", report) == 1
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["a.png", "b.png"]
    printed = capsys.readouterr()
    assert "broken.png" in printed.err
    assert "empty.jpg" in printed.err
    assert "2 of 4 pictures written" in printed.out
    entries = json.loads(report.read_text())
    assert [("error" in entry) for entry in entries] == [False, False, True, True]
    assert entries[0]["pictures"][0]["faces"][1]["size"] == 20


def test_nothing_is_overwritten_unless_asked(folder: Path, tmp_path: Path, weights: str) -> None:
    before = (folder / "a.png").read_bytes()
    assert run("restore", folder / "a.png", "-o", folder, "--model", weights) == 1
    assert (folder / "a.png").read_bytes() == before
    assert run("restore", folder / "a.png", "-o", folder, "--model", weights, "--overwrite") == 0
    assert (folder / "a.png").read_bytes() != before


def test_a_folder_is_worked_on_in_overlap_and_in_order(
    folder: Path, tmp_path: Path, weights: str, fixed_detector: FixedDetector, capsys: pytest.CaptureFixture
) -> None:
    reading = threading.Barrier(3, timeout=10)  # passes when three pictures are in work at once
    real = gpen_core.archive.worker.read_picture

    def read(path: Path) -> Any:
        reading.wait()
        return real(path)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("gpen_core.archive.worker.read_picture", read)
        assert run("restore", folder, "-o", tmp_path / "out", "--model", weights, "--recursive") == 0
    lines = [line for line in capsys.readouterr().out.splitlines() if "faces restored" in line]
    assert [line.split(":")[0] for line in lines] == ["a.png", "b.jpg", "c.png"]
    assert fixed_detector.calls == 3


def test_one_file_to_one_file(folder: Path, tmp_path: Path, weights: str) -> None:
    target = tmp_path / "new" / "result.jpg"
    assert run("restore", folder / "a.png", "-o", target, "--model", weights, "--quality", "80") == 0
    assert Image.open(target).format == "JPEG"


def test_strength_zero_gives_the_file_back_bit_for_bit(folder: Path, tmp_path: Path, weights: str) -> None:
    assert run("restore", folder / "a.png", "-o", tmp_path, "--model", weights, "--strength", "0") == 0
    assert (np.asarray(Image.open(tmp_path / "a.png")) == np.asarray(Image.open(folder / "a.png"))).all()


@pytest.mark.parametrize(
    ("options", "restored"),
    [
        ([], 2),
        (["--faces", "largest"], 1),
        (["--faces", "left", "--max-faces", "2"], 2),
        (["--faces", "1"], 1),
        (["--faces", "5"], 0),
        (["--min-size", "25"], 1),
        (["--max-faces", "0"], 0),
    ],
)
def test_choice_of_faces(folder: Path, tmp_path: Path, weights: str, options: list[str], restored: int) -> None:
    report = tmp_path / "report.json"
    assert run("restore", folder / "a.png", "-o", tmp_path, "--model", weights, "--report", report, *options) == 0
    faces = json.loads(report.read_text())[0]["pictures"][0]["faces"]
    assert sum(face["skipped"] is None for face in faces) == restored


CHANGED: dict[str, tuple[str, Any]] = {
    "--strength 70": ("strength", 70),
    "--mode detail": ("mode", "detail"),
    "--denoise 50": ("denoise", 50),
    "--sharpen 60": ("sharpen", 60),
    "--contrast 45": ("contrast", 45),
    "--brightness 55": ("brightness", 55),
    "--no-skin-protect": ("skin_protect", False),
    "--detail-enhance": ("detail_enhance", True),
    "--scope both": ("scope", "both"),
    "--background-strength 20": ("background_strength", 20),
    "--tile-size 64": ("tile_size", 64),
    "--overlap 16": ("overlap", 16),
    "--batch-size 2": ("batch_size", 2),
    "--max-faces 1": ("choice", FaceChoice(max_faces=1)),
    "--template ffhq": ("template", "ffhq"),
    "--feather 0.2": ("feather", 0.2),
    "--lens phone-selfie": ("lens", "phone selfie"),
    "--lens-strength 40": ("lens_strength", 40),
    "--keep-occlusions 50": ("keep_occlusions", 50),
    "--identity 0.4": ("identity", 0.4),
}


class Everybody:
    """Takes all faces for one."""

    name = "stand-in"

    def features(self, picture: np.ndarray, landmarks: np.ndarray) -> np.ndarray:
        return np.ones(1, np.float32)


def test_every_setting_has_its_option(
    folder: Path, tmp_path: Path, weights: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[RestoreSettings] = []
    real = gpen_core.archive.worker.restore

    def spy(image: Any, model: Any, settings: RestoreSettings, **options: Any) -> Any:
        seen.append(settings)
        return real(image, model, settings, **options)

    monkeypatch.setattr("gpen_core.archive.worker.restore", spy)
    monkeypatch.setattr("gpen_core.archive.worker.find_recogniser", Everybody)
    run("restore", folder / "a.png", "-o", tmp_path / "0", "--model", weights)
    run("restore", folder / "a.png", "-o", tmp_path / "1", "--model", weights, *" ".join(CHANGED).split())
    changed = dict(CHANGED.values())
    assert seen[0] == RestoreSettings()
    assert seen[1] == RestoreSettings(**changed)
    assert all(changed[each.name] != getattr(RestoreSettings(), each.name) for each in fields(RestoreSettings))


def test_the_help_of_every_setting_names_its_default() -> None:
    parser = argparse.ArgumentParser()
    add_settings_options(parser)
    words = {True: "on", False: "off"}
    helps = {option: action.help or "" for action in parser._actions for option in action.option_strings}
    for each in fields(RestoreSettings):
        if each.name != "choice":
            default = getattr(RestoreSettings(), each.name)
            shown = words[default] if isinstance(default, bool) else str(default).removesuffix(".0")
            assert helps["--" + each.name.replace("_", "-")].endswith(f"(default: {shown})")


def test_a_lens_is_corrected_and_undone(folder: Path, tmp_path: Path, weights: str) -> None:
    for lens in ("none", "phone-selfie"):
        words = ["--model", weights, "--lens", lens, "--auto", "--strength", "80", "--faces", "0"]
        assert run("restore", folder / "a.png", "-o", tmp_path / lens, *words) == 0
    results = [np.asarray(Image.open(tmp_path / lens / "a.png")).astype(int) for lens in ("none", "phone-selfie")]
    before = np.asarray(Image.open(folder / "a.png")).astype(int)
    assert all((result != before).any() for result in results)
    assert (results[0] != results[1]).any()


def test_nothing_is_hashed(folder: Path, tmp_path: Path, weights: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (detection, network_pass):
        monkeypatch.delattr(module, "digest")
    assert run("restore", folder, "-o", tmp_path / "out", "--model", weights) == 0


def test_auto_takes_advised_settings_except_those_given(
    folder: Path, tmp_path: Path, weights: str, monkeypatch: pytest.MonkeyPatch, fixed_detector: FixedDetector
) -> None:
    def advised(advice: PictureAdvice, base: RestoreSettings) -> RestoreSettings:
        assert [face.index for face in advice.faces] == [0, 1]
        return replace(base, strength=33, mode="strong", sharpen=44)

    monkeypatch.setattr(PictureAdvice, "settings_for", advised)
    report = tmp_path / "report.json"
    words = ["--auto", "--sharpen", "70", "--report", report]
    assert run("restore", folder / "a.png", "-o", tmp_path / "out", "--model", weights, *words) == 0
    used = json.loads(report.read_text())[0]["settings"]
    assert (used["strength"], used["mode"], used["sharpen"], used["denoise"]) == (33, "strong", 70, 30)
    assert fixed_detector.calls == 1


@pytest.mark.parametrize(
    ("options", "note"), [(["--strength", "90"], "plastic"), (["--format", "jpeg"], "store as PNG"), ([], None)]
)
def test_warnings_are_printed_once(
    folder: Path, tmp_path: Path, weights: str, options: list[str], note: str | None, capsys: pytest.CaptureFixture
) -> None:
    assert run("restore", folder, "-o", tmp_path / "out", "--model", weights, *options) == 0
    notes = [line for line in capsys.readouterr().err.splitlines() if line.startswith("note: ")]
    assert len(notes) == (0 if note is None else 1)
    assert all(note in line for line in notes if note)


def test_the_report_of_a_jpeg_says_that_it_is_no_archive(folder: Path, tmp_path: Path, weights: str) -> None:
    report = tmp_path / "report.json"
    out = tmp_path / "a.jpg"
    assert run("restore", folder / "a.png", "-o", out, "--model", weights, "--report", report) == 0
    assert "store as PNG" in json.loads(report.read_text())[0]["warnings"][-1]


def test_ctrl_c_leaves_no_partial_file(
    folder: Path, tmp_path: Path, weights: str, fixed_detector: FixedDetector, monkeypatch: pytest.MonkeyPatch
) -> None:
    second = np.asarray(Image.open(folder / "b.jpg"))

    def interrupted(picture: np.ndarray) -> list:
        if np.array_equal(picture, second):
            raise KeyboardInterrupt
        return []

    monkeypatch.setattr(fixed_detector, "detect", interrupted)
    report = tmp_path / "report.json"
    assert run("restore", folder, "-o", tmp_path / "out", "--model", weights, "--report", report) == 130
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["a.png"]
    assert len(json.loads(report.read_text())) == 1


@pytest.mark.parametrize(
    "words",
    [
        ["restore", "absent.png", "-o", "out"],
        ["restore", "{a}", "-o", "out", "--faces", "best"],
        ["restore", "{a}", "-o", "out", "--strength", "200"],
        ["restore", "{a}", "-o", "out", "--tile-size", "10"],
        ["restore", "{a}", "-o", "out", "--tile-size", "1000000000"],
        ["restore", "{a}", "-o", "out", "--quality", "0"],
        ["restore", "{a}", "-o", "out", "--model", "absent.pth"],
        ["restore", "{a}", "-o", "out", "--device", "toaster"],
        ["restore", "{a}", "-o", "out", "--device", "meta"],
        ["restore", "{a}", "-o", "out", "--min-score", "50"],
        ["restore", "{a}", "-o", "out", "--report", "{a}/r.json"],
    ],
)
def test_wrong_input_is_one_clear_error(words: list[str], folder: Path, capsys: pytest.CaptureFixture) -> None:
    assert run(*(word.format(a=folder / "a.png") for word in words)) == 1
    error = capsys.readouterr().err
    assert error.startswith("gpen: ")
    assert "Traceback" not in error


def test_faces_lists_and_draws(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    assert run("faces", folder / "a.png", "-o", tmp_path / "drawn.png") == 0
    assert "a.png: 2 faces" in capsys.readouterr().out
    assert (np.asarray(Image.open(tmp_path / "drawn.png")) != np.asarray(Image.open(folder / "a.png"))).any()


def test_faces_are_drawn_beside_the_picture_by_default(folder: Path) -> None:
    assert run("faces", folder / "a.png") == 0
    assert (folder / "a_faces.png").is_file()


def test_info_runs(capsys: pytest.CaptureFixture) -> None:
    assert run("info") == 0
    assert "torch" in capsys.readouterr().out


def test_no_two_pictures_get_the_same_files() -> None:
    names = ("x/a.jpg", "y/A.png", "z/a.webp", "a_compare.jpg", "b.png")
    found = [FoundPicture(Path(name), Path()) for name in names]
    targets = plan_targets(found, Path("out"), "jpeg")
    results = [target.result.as_posix() for target in targets]
    assert results == ["out/a.jpg", "out/A_2.jpg", "out/a_3.jpg", "out/a_compare_2.jpg", "out/b.jpg"]


def test_a_missing_input_does_not_stop_the_others(folder: Path, tmp_path: Path, weights: str) -> None:
    assert run("restore", folder / "gone.png", folder / "a.png", "-o", tmp_path / "out", "--model", weights) == 1
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["a.png"]


def test_missing_inputs_are_in_the_report(folder: Path, tmp_path: Path, weights: str) -> None:
    report, advice = tmp_path / "report.json", tmp_path / "advice.json"
    absent = folder / "absent.png"
    words = [absent, folder / "a.png", "-o", tmp_path / "out", "--model", weights, "--report", report]
    assert run("restore", *words) == 1
    first, second = json.loads(report.read_text())
    assert first["input"] == str(absent) and "There is no file or folder" in first["error"]
    assert second["input"] == str(folder / "a.png") and "error" not in second
    assert run("advise", absent, folder / "a.png", "--json", advice, "--detector", "embedded") == 1
    assert [("error" in entry) for entry in json.loads(advice.read_text())] == [True, False]


def test_other_pictures_in_a_folder_are_named(
    folder: Path, tmp_path: Path, weights: str, caplog: pytest.LogCaptureFixture
) -> None:
    (folder / "c.gif").touch()
    assert run("restore", folder, "-o", tmp_path / "out", "--model", weights) == 0
    assert f"Passed over in {folder}: 1 .gif" in caplog.text


def test_patterns_are_expanded(folder: Path, tmp_path: Path, weights: str) -> None:
    assert run("restore", folder / "*.png", "-o", tmp_path / "out", "--model", weights) == 0
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["a.png"]


def test_earlier_results_are_not_restored_again(folder: Path, weights: str) -> None:
    out = folder / "restored"
    for _ in range(2):
        run("restore", folder, "-o", out, "--model", weights, "--recursive", "--overwrite")
    assert sorted(path.relative_to(out).as_posix() for path in out.rglob("*.png")) == ["a.png", "b.png", "deep/c.png"]


def test_an_unexpected_error_in_one_file_does_not_stop_the_others(
    folder: Path, tmp_path: Path, weights: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    real, first = gpen_core.archive.worker.restore, np.asarray(Image.open(folder / "a.png"))

    def failing(image: Any, *args: Any, **options: Any) -> Any:
        if np.allclose(image * 255, first):
            raise RuntimeError("out of luck")
        return real(image, *args, **options)

    monkeypatch.setattr("gpen_core.archive.worker.restore", failing)
    assert run("restore", folder, "-o", tmp_path / "out", "--model", weights) == 1
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["b.png"]
    assert "out of luck" in capsys.readouterr().err


def test_other_endings_are_refused() -> None:
    with pytest.raises(GPENError, match="PNG or JPEG"):
        plan_targets([FoundPicture(Path("a.png"), Path())], Path("out.tiff"), None)


def test_many_pictures_into_one_file_are_refused() -> None:
    found = [FoundPicture(Path("a.png"), Path()), FoundPicture(Path("b.png"), Path())]
    with pytest.raises(GPENError, match="folder"):
        plan_targets(found, Path("one.png"), None)


def test_no_result_goes_over_another_picture(tmp_path: Path) -> None:
    found = [FoundPicture(tmp_path / name, Path()) for name in ("a.jpg", "a.png", "b.png")]
    targets = plan_targets(found, tmp_path, None)
    assert [target.result.name for target in targets] == ["a_2.png", "a.png", "b.png"]


def test_clips_among_pictures_are_restored_too(
    folder: Path, tmp_path: Path, weights: str, capsys: pytest.CaptureFixture
) -> None:
    write_clip(folder / "clip.avi", moving_portrait(3), codec="mpeg4")
    (folder / "broken.mp4").write_bytes(b"no clip")
    out, report = tmp_path / "out", tmp_path / "report.json"
    assert run("restore", folder, "-o", out, "--model", weights, "--compare", "--report", report) == 1
    written = sorted(path.name for path in out.iterdir())
    assert written == ["a.png", "a_compare.png", "b.png", "b_compare.png", "clip.mkv", "clip_compare.mkv"]
    printed = capsys.readouterr()
    assert "2 of 2 pictures written" in printed.out and "1 of 2 clips written" in printed.out
    assert "broken.mp4 cannot be read as a clip" in printed.err
    entries = json.loads(report.read_text())
    assert [Path(entry["input"]).name for entry in entries] == ["a.png", "b.jpg", "broken.mp4", "clip.avi"]
    assert entries[3]["frames"] == 3 and entries[3]["video"]["temporal"] == 80.0


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--auto",), "--auto measures pictures; the settings of a clip are given."),
        (("--scope", "both"), "scope both is for pictures"),
        (("--temporal", "101"), "temporal must be 0 to 100, got 101.0."),
    ],
)
def test_what_clips_cannot_do_is_said_before_any_work(
    tmp_path: Path, weights: str, capsys: pytest.CaptureFixture, options: tuple[str, ...], message: str
) -> None:
    clip = write_clip(tmp_path / "clip.mp4", moving_portrait(1))
    assert run("restore", clip, "-o", tmp_path / "out.mp4", "--model", weights, *options) == 1
    assert message in capsys.readouterr().err
    assert not (tmp_path / "out.mp4").exists()


def test_names_of_clips_and_of_pictures_are_not_mixed_up(
    folder: Path, tmp_path: Path, weights: str, capsys: pytest.CaptureFixture
) -> None:
    clip = write_clip(tmp_path / "clip.mp4", moving_portrait(1))
    assert run("restore", folder / "a.png", "-o", tmp_path / "out.mp4", "--model", weights) == 1
    assert "out.mp4: results are written as PNG or JPEG" in capsys.readouterr().err
    assert run("restore", clip, "-o", tmp_path / "out.avi", "--model", weights) == 1
    assert "out.avi: clips are not written as .avi" in capsys.readouterr().err
    assert run("restore", clip, "-o", clip, "--model", weights) == 1
    assert "the result would go over" in capsys.readouterr().err
