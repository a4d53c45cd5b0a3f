"""Clips from files to files."""

from __future__ import annotations

import errno
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
import torch
from clips import decoded, moving_portrait, write_clip
from faces import FixedDetector
from networks import tiny_network

from gpen_core import GPENModel
from gpen_core.faces import make_detector
from gpen_core.video import Clip, ClipError, ClipExistsError, Encoding, VideoSettings, restore_clip
from gpen_core.video.encoders import choose_encoder
from gpen_core.video.planes import Layout, plane_values, to_pixels, with_pixels
from gpen_core.video.writing import ClipWriter

LOSSLESS = {"crf": "0", "preset": "ultrafast"}
NOBODY = FixedDetector()


@pytest.fixture
def model() -> GPENModel:
    return GPENModel(tiny_network(), "tiny", torch.device("cpu"), "fp32")


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    return write_clip(tmp_path / "clip.mp4", moving_portrait(10), sound=True)


def streams(path: Path) -> list[tuple[str, str]]:
    with av.open(str(path)) as container:
        return [(stream.type, stream.codec_context.name) for stream in container.streams]


def times(path: Path) -> list[float]:
    with av.open(str(path)) as container:
        return [float(frame.time or 0.0) for frame in container.decode(video=0)]


def sound_packets(path: Path) -> list[bytes]:
    with av.open(str(path)) as container:
        return [bytes(packet) for packet in container.demux(audio=0) if packet.size]


def test_a_clip_is_restored_with_its_sound_and_its_timing(clip: Path, tmp_path: Path, model: GPENModel) -> None:
    out = tmp_path / "out.mp4"
    calls: list[tuple[int, int | None]] = []
    report = restore_clip(clip, out, model, progress=lambda done, total: calls.append((done, total)))
    assert streams(out) == [("video", "h264"), ("audio", "aac")]
    assert sound_packets(out) == sound_packets(clip)
    assert times(out) == pytest.approx(times(clip))
    assert calls[-1] == (10, 10)
    assert report.frames == report.with_faces == 10
    assert sorted(path.name for path in tmp_path.iterdir()) == ["clip.mp4", "out.mp4"]


def test_a_comparison_shows_both_side_by_side(clip: Path, tmp_path: Path, model: GPENModel) -> None:
    restore_clip(clip, tmp_path / "out.mp4", model, comparison=tmp_path / "both.mp4", detector=NOBODY)
    frames = decoded(tmp_path / "both.mp4")
    assert len(frames) == 10 and frames[0].shape == (160, 480, 3)
    assert np.abs(frames[5][:, :240].astype(int) - frames[5][:, 240:]).mean() < 3.0


@pytest.mark.parametrize("ending", [".mkv", ".mov", ".webm"])
def test_other_containers(tmp_path: Path, model: GPENModel, ending: str) -> None:
    clip = write_clip(tmp_path / "clip.mp4", moving_portrait(5))
    restore_clip(clip, tmp_path / f"out{ending}", model, detector=NOBODY)
    assert streams(tmp_path / f"out{ending}") == [("video", "vp9" if ending == ".webm" else "h264")]


def test_frames_keep_uneven_times(tmp_path: Path, model: GPENModel) -> None:
    uneven = [0, 40, 50, 170, 300, 310, 400]
    clip = write_clip(tmp_path / "clip.mkv", moving_portrait(7), times=uneven)
    restore_clip(clip, tmp_path / "out.mkv", model, detector=NOBODY)
    assert np.diff(times(tmp_path / "out.mkv")) == pytest.approx(np.diff(uneven) / 1000, abs=0.0011)


def test_ten_bits_stay_ten_bits(tmp_path: Path, model: GPENModel) -> None:
    clip = write_clip(tmp_path / "clip.mkv", moving_portrait(3), format="yuv420p10le")
    restore_clip(clip, tmp_path / "out.mkv", model)
    with av.open(str(tmp_path / "out.mkv")) as container:
        assert container.streams.video[0].pix_fmt == "yuv420p10le"


@pytest.mark.parametrize("format", ["yuv420p", "yuv422p", "yuv444p", "yuv420p10le"])
def test_what_did_not_change_goes_to_the_encoder_as_it_was_decoded(tmp_path: Path, format: str) -> None:
    path = write_clip(tmp_path / "clip.mkv", moving_portrait(1), format=format, options=LOSSLESS)
    with Clip(path) as clip:
        (frame,) = clip.frames()
    pixels, changed = frame.pixels(), np.zeros((160, 240), bool)
    changed[41:80, 61:100] = True
    result = with_pixels(frame.decoded, frame.layout, 1.0 - pixels, changed)
    for number, (new, old) in enumerate(zip(result.planes, frame.decoded.planes, strict=True)):
        new, old = plane_values(new, frame.layout), plane_values(old, frame.layout)
        down, across = 160 // old.shape[0], 240 // old.shape[1]
        kept = np.ones(old.shape, bool)
        kept[41 // down : -(-80 // down), 61 // across : -(-100 // across)] = False
        assert np.array_equal(new[kept], old[kept])
        assert number or not np.array_equal(new[~kept], old[~kept])
    back = to_pixels(result, frame.layout)
    assert np.abs(back[45:76, 65:96] - (1.0 - pixels[45:76, 65:96])).mean() < 0.02


@pytest.mark.parametrize("rotation", [90, -90, 180])
def test_a_clip_that_is_shown_turned_comes_out_upright(tmp_path: Path, model: GPENModel, rotation: int) -> None:
    frames = moving_portrait(2)
    lying = [np.ascontiguousarray(np.rot90(frame, -rotation // 90)) for frame in frames]
    clip = write_clip(tmp_path / "clip.mp4", lying, rotation=rotation)
    report = restore_clip(clip, tmp_path / "out.mp4", model)
    assert report.with_faces == 2
    with av.open(str(tmp_path / "out.mp4")) as container:
        frame = next(container.decode(video=0))
        assert frame.rotation == 0 and (frame.width, frame.height) == (240, 160)
    assert np.abs(decoded(tmp_path / "out.mp4")[0].astype(int) - frames[0])[:20].mean() < 12


def test_odd_sides(tmp_path: Path, model: GPENModel) -> None:
    odd = [frame[:155, :233] for frame in moving_portrait(2)]
    clip = write_clip(tmp_path / "clip.mkv", odd, format="yuv444p")
    report = restore_clip(clip, tmp_path / "out.mkv", model, detector=NOBODY, comparison=tmp_path / "both.mkv")
    assert decoded(tmp_path / "out.mkv")[0].shape == (156, 234, 3)
    assert "the last row or column was repeated" in report.warnings[-1]
    restore_clip(clip, tmp_path / "out.webm", model, detector=NOBODY)
    assert decoded(tmp_path / "out.webm")[0].shape == (155, 233, 3)


def test_colours_keep_their_meaning(tmp_path: Path, model: GPENModel) -> None:
    options = {"colorprim": "bt2020", "transfer": "smpte2084", "colormatrix": "bt2020nc", "fullrange": "on"}
    words = ":".join(f"{name}={value}" for name, value in options.items() if name != "fullrange")
    clip = write_clip(tmp_path / "clip.mkv", moving_portrait(2), format="yuv420p10le", options={"x264-params": words})
    restore_clip(clip, tmp_path / "out.mkv", model, detector=NOBODY)
    with av.open(str(tmp_path / "out.mkv")) as container:
        context: Any = container.streams.video[0].codec_context
        assert (context.color_primaries, context.color_trc, context.colorspace) == (9, 16, 9)


def test_temporal_0_is_frame_by_frame(tmp_path: Path, model: GPENModel) -> None:
    clip = write_clip(tmp_path / "clip.mp4", moving_portrait(3))
    report = restore_clip(clip, tmp_path / "out.mp4", model, video=VideoSettings(temporal=0.0))
    assert (report.with_faces, report.tracks) == (3, ())


def test_a_clip_that_ends_early_is_restored_as_far_as_it_goes(tmp_path: Path, model: GPENModel) -> None:
    whole = write_clip(tmp_path / "whole.mkv", moving_portrait(40, step=0.5))
    cut = tmp_path / "cut.mkv"
    cut.write_bytes(whole.read_bytes()[: whole.stat().st_size * 4 // 5])
    report = restore_clip(cut, tmp_path / "out.mkv", model, detector=NOBODY)
    assert 0 < report.frames < 40 and len(decoded(tmp_path / "out.mkv")) == report.frames


def bad_clips(folder: Path) -> dict[str, tuple[Path, str]]:
    (folder / "empty.mp4").touch()
    (folder / "text.mp4").write_text("no clip at all " * 50)
    (folder / "damaged.mp4").write_bytes(write_clip(folder / "whole.mp4", moving_portrait(5)).read_bytes()[:2000])
    with av.open(str(folder / "song.m4a"), "w") as container:
        stream: Any = container.add_stream("aac", rate=44100)
        for start in range(0, 4096, 1024):
            samples: Any = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), format="fltp", layout="mono")
            samples.sample_rate, samples.pts = 44100, start
            container.mux(stream.encode(samples))
        container.mux(stream.encode(None))
    return {
        "missing": (folder / "absent.mp4", "There is no file"),
        "folder": (folder, "is a folder; a clip was expected"),
        "empty": (folder / "empty.mp4", r"empty.mp4 is empty \(0 bytes\)"),
        "text": (folder / "text.mp4", "text.mp4 cannot be read as a clip"),
        "damaged": (folder / "damaged.mp4", "damaged.mp4 cannot be read as a clip"),
        "sound only": (folder / "song.m4a", "song.m4a has no video stream"),
    }


@pytest.mark.parametrize("kind", ["missing", "folder", "empty", "text", "damaged", "sound only"])
def test_what_is_no_clip_is_refused_by_name(tmp_path: Path, model: GPENModel, kind: str) -> None:
    path, text = bad_clips(tmp_path)[kind]
    with pytest.raises(ClipError, match=text):
        restore_clip(path, tmp_path / "out.mp4", model, detector=NOBODY)
    assert not (tmp_path / "out.mp4").exists()


def test_encoders_that_do_not_fit_are_refused() -> None:
    layout = Layout("yuv420p", 1, False)
    with pytest.raises(ClipError, match=r"A file ending in .webm cannot hold h264"):
        choose_encoder(".webm", Encoding("h264"), layout)
    with pytest.raises(ClipError, match="crf must be 0 to 51 for h264, got 60"):
        choose_encoder(".mp4", Encoding("h264", 60), layout)
    with pytest.raises(ClipError, match="prores has no constant rate factor"):
        choose_encoder(".mov", Encoding("prores", 20), layout)
    with pytest.raises(ClipError, match=r"Clips are not written as .gif"):
        choose_encoder(".gif", Encoding(), layout)
    assert choose_encoder(".mov", Encoding("prores"), layout).format == "yuv422p10le"


def test_an_encoder_that_this_ffmpeg_lacks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gpen_core.video.encoders._exists", lambda name: name == "libx264")
    with pytest.raises(ClipError, match=r"has no encoder for av1 \(libsvtav1\).\nIt has: h264."):
        choose_encoder(".mp4", Encoding("av1"), Layout("yuv420p", 1, False))


def test_nothing_that_exists_is_replaced_unasked(clip: Path, tmp_path: Path, model: GPENModel) -> None:
    (tmp_path / "out.mp4").write_text("precious")
    with pytest.raises(ClipExistsError, match="already exists"):
        restore_clip(clip, tmp_path / "out.mp4", model, detector=NOBODY)
    assert (tmp_path / "out.mp4").read_text() == "precious"
    restore_clip(clip, tmp_path / "out.mp4", model, detector=NOBODY, overwrite=True)
    assert len(decoded(tmp_path / "out.mp4")) == 10


class StoppedError(Exception):
    pass


def stopping(done: int, total: int | None) -> None:
    if done == 6:
        raise StoppedError


def test_a_clip_that_is_stopped_leaves_nothing(clip: Path, tmp_path: Path, model: GPENModel) -> None:
    with pytest.raises(StoppedError):
        restore_clip(clip, tmp_path / "out.mp4", model, detector=NOBODY, progress=stopping)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["clip.mp4"]


def test_or_a_playable_clip_of_what_is_done(clip: Path, tmp_path: Path, model: GPENModel) -> None:
    with pytest.raises(StoppedError):
        restore_clip(clip, tmp_path / "out.mp4", model, detector=NOBODY, progress=stopping, keep=True)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["clip.mp4", "out_partial.mp4"]
    assert len(decoded(tmp_path / "out_partial.mp4")) == 6


def test_a_full_disk_is_named_and_leaves_nothing(
    clip: Path, tmp_path: Path, model: GPENModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = ClipWriter.write

    def full(self: ClipWriter, *args: Any) -> None:
        if self.frames == 4:
            raise self._failed(OSError(errno.ENOSPC, "No space left on device"))
        real(self, *args)

    monkeypatch.setattr(ClipWriter, "write", full)
    with pytest.raises(ClipError, match="The disk is full"):
        restore_clip(clip, tmp_path / "out.mp4", model, detector=NOBODY)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["clip.mp4"]


def test_sound_that_the_container_cannot_hold_is_named(clip: Path, tmp_path: Path, model: GPENModel) -> None:
    with pytest.raises(ClipError, match=r"webm.*\n.*mkv"):
        restore_clip(clip, tmp_path / "out.webm", model, detector=NOBODY)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["clip.mp4"]


def test_black_frames(tmp_path: Path, model: GPENModel) -> None:
    clip = write_clip(tmp_path / "clip.mp4", [np.zeros((64, 64, 3), np.uint8)] * 3)
    assert restore_clip(clip, tmp_path / "out.mp4", model, detector=make_detector("yunet")).frames == 3


def test_frames_that_change_their_size_are_brought_to_the_first(tmp_path: Path, model: GPENModel) -> None:
    first = write_clip(tmp_path / "a.ts", moving_portrait(5), codec="mpeg2video")
    second = write_clip(tmp_path / "b.ts", [frame[:96, :128] for frame in moving_portrait(5)], codec="mpeg2video")
    (tmp_path / "both.ts").write_bytes(first.read_bytes() + second.read_bytes())
    report = restore_clip(tmp_path / "both.ts", tmp_path / "out.mkv", model, detector=NOBODY)
    sizes = {frame.shape for frame in decoded(tmp_path / "out.mkv")}
    assert sizes == {(160, 240, 3)}
    assert any("brought to the size of the first" in warning for warning in report.warnings)
