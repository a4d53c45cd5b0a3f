"""Frames restored as they come."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pytest
import torch
from clips import moving_portrait
from faces import FixedDetector, made_up_face, noise_picture
from networks import tiny_network

from gpen_core import FaceChoice, GPENError, GPENModel, RestoreSettings, restore
from gpen_core.faces import FaceCrop, make_detector
from gpen_core.image.warp import warp
from gpen_core.restore import network_pass
from gpen_core.video import ArrayFrame, DoneFrame, FrameRestoration, VideoSettings
from gpen_core.video.flow import FlowEstimator, moved
from gpen_core.video.restored_face import RestoredFace, RestoredFrame
from gpen_core.video.steady_crops import steady_crops

RATE = 25.0
DETECTOR = make_detector("yunet")


@pytest.fixture
def model() -> GPENModel:
    return GPENModel(tiny_network(), "tiny", torch.device("cpu"), "fp32")


def as_frames(pictures: Sequence[np.ndarray]) -> list[ArrayFrame]:
    return [
        ArrayFrame(number, number / RATE, (picture / np.float32(255.0)).astype(np.float32))
        for number, picture in enumerate(pictures)
    ]


def run(restoration: FrameRestoration, frames: Sequence[ArrayFrame]) -> list[DoneFrame[ArrayFrame]]:
    return list(restoration.frames(frames))


@pytest.mark.parametrize("keep", [0.0, 60.0])
def test_without_steadiness_each_frame_is_restored_as_a_picture_is(model: GPENModel, keep: float) -> None:
    frames = as_frames(moving_portrait(3))
    settings = RestoreSettings(strength=80.0, keep_occlusions=keep)
    done = run(FrameRestoration(model, settings, VideoSettings(temporal=0.0), detector=DETECTOR), frames)
    for frame, result in zip(frames, done, strict=True):
        alone = restore(frame.pixels(), model, settings, detector=DETECTOR)
        assert np.array_equal(result.pixels, alone.image.numpy())
        assert np.array_equal(result.mask, alone.mask.numpy())


def test_every_frame_comes_back_in_order_and_changes_only_under_its_mask(model: GPENModel) -> None:
    frames = as_frames(moving_portrait(14))
    restoration = FrameRestoration(model, detector=DETECTOR)
    done = run(restoration, frames)
    assert [one.frame.number for one in done] == list(range(14))
    for one in done:
        outside = one.mask == 0.0
        assert not outside.all()
        assert np.array_equal(one.pixels[outside], one.frame.pixels()[outside])
        assert not np.array_equal(one.pixels, one.frame.pixels())
    report = restoration.report()
    assert (report.frames, report.with_faces, len(report.tracks), report.shots) == (14, 14, 1, (0,))
    assert report.tracks[0].line().startswith("face 0: frames 0-13 (0.0 to 0.5 s), ")
    assert report.text().splitlines()[1] == "14 frames: faces restored on 14, 1 face followed, in 1 shot"


def test_strength_0_gives_the_frames_back(model: GPENModel) -> None:
    frames = as_frames(moving_portrait(4))
    for one in run(FrameRestoration(model, RestoreSettings(strength=0.0), detector=DETECTOR), frames):
        assert np.array_equal(one.pixels, one.frame.pixels())


def test_frames_without_a_face_pass_through_and_the_report_says_so(model: GPENModel) -> None:
    frames = [ArrayFrame(number, number / RATE, noise_picture(90, 120, number)) for number in range(5)]
    restoration = FrameRestoration(model, detector=FixedDetector())
    assert all(np.array_equal(one.pixels, one.frame.pixels()) for one in run(restoration, frames))
    assert restoration.report().summary() == "5 frames: no face: passed through unchanged"


def test_one_frame_is_a_clip(model: GPENModel) -> None:
    (done,) = run(FrameRestoration(model, detector=DETECTOR), as_frames(moving_portrait(1)))
    assert done.mask.any()


def test_a_cut_at_every_frame(model: GPENModel) -> None:
    portraits = moving_portrait(6)
    pictures = [255 - picture if number % 2 else picture for number, picture in enumerate(portraits)]
    restoration = FrameRestoration(model, detector=DETECTOR)
    assert len(run(restoration, as_frames(pictures))) == 6
    assert restoration.report().shots == (0, 1, 2, 3, 4, 5)


def test_faces_are_chosen_by_the_number_of_their_track(model: GPENModel) -> None:
    left = moving_portrait(8, step=0.0)
    pictures = [np.concatenate([picture, picture], axis=1) for picture in left]
    restoration = FrameRestoration(model, RestoreSettings(choice=FaceChoice(indices=(1,))), detector=DETECTOR)
    for one in run(restoration, as_frames(pictures)):
        assert not one.mask[:, :200].any() and one.mask[:, 240:].any()
    assert [track.restored for track in restoration.report().tracks] == [0, 8]
    assert "not chosen" in restoration.report().tracks[0].line()


def test_a_frame_that_fails_is_passed_through_and_reported(model: GPENModel, monkeypatch: pytest.MonkeyPatch) -> None:
    real, calls = network_pass._through_network, 0

    def failing(*args: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == 3:
            raise GPENError("The network gave values that are not finite.\nAdvice.")
        return real(*args)

    monkeypatch.setattr(network_pass, "_through_network", failing)
    frames = as_frames(moving_portrait(6))
    restoration = FrameRestoration(model, RestoreSettings(batch_size=1), detector=DETECTOR)
    unchanged = [np.array_equal(one.pixels, one.frame.pixels()) for one in run(restoration, frames)]
    assert unchanged == [False, False, True, False, False, False]
    text = restoration.report().text()
    assert "frames passed through unchanged: 2: The network gave values that are not finite." in text


def test_what_is_held_back_is_bounded(model: GPENModel) -> None:
    asked = 0

    def source() -> Iterator[ArrayFrame]:
        nonlocal asked
        for frame in as_frames(moving_portrait(60, step=0.5)):
            asked += 1
            yield frame

    for one in FrameRestoration(model, detector=DETECTOR).frames(source()):
        assert asked - one.frame.number <= 1.1 * RATE + 8


def test_it_stops_where_the_caller_raises(model: GPENModel) -> None:
    class StoppedError(Exception):
        pass

    calls = 0

    def check() -> None:
        nonlocal calls
        calls += 1
        if calls == 5:
            raise StoppedError

    with pytest.raises(StoppedError):
        list(FrameRestoration(model, detector=DETECTOR).frames(as_frames(moving_portrait(10)), check))


def test_settings_that_only_pictures_have_are_refused(model: GPENModel) -> None:
    with pytest.raises(GPENError, match="scope both is for pictures"):
        FrameRestoration(model, RestoreSettings(scope="both"))
    with pytest.raises(GPENError, match="A lens is corrected in pictures, not in clips"):
        FrameRestoration(model, RestoreSettings(lens="action camera"))
    with pytest.raises(GPENError, match="identity is kept in pictures"):
        FrameRestoration(model, RestoreSettings(identity=0.5))
    with pytest.raises(GPENError, match="temporal must be 0 to 100, got 101"):
        VideoSettings(temporal=101)


def crops_in_time(pictures: Sequence[np.ndarray], opacity: float = 1.0) -> list[RestoredFrame[ArrayFrame]]:
    face, transform = made_up_face(64, 64), np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
    result = []
    for number, pixels in enumerate(pictures):
        crop = FaceCrop(face, pixels, transform)
        result.append(
            RestoredFrame(
                ArrayFrame(number, number / RATE, pixels), (RestoredFace(crop, crop, opacity, 1.0),), number == 0
            )
        )
    return result


def smooth_picture(move: float = 0.0) -> np.ndarray:
    coarse = noise_picture(20, 20, 5)
    return np.clip(warp(coarse, np.array([[8.0, 0.0, -16.0 + move], [0.0, 8.0, -16.0]]), 128, 128), 0.0, 1.0)


def test_flicker_goes_from_crops_that_show_the_same(model: GPENModel) -> None:
    rng = np.random.default_rng(0)
    still = smooth_picture()
    flickering = [np.clip(still + rng.normal(0, 0.02, still.shape), 0, 1).astype(np.float32) for _ in range(12)]
    steady = [one.faces[0].finished.pixels for one in steady_crops(crops_in_time(flickering), 100.0)]
    assert np.abs(np.diff(steady, axis=0)).mean() < 0.5 * np.abs(np.diff(flickering, axis=0)).mean()
    assert np.abs(steady[6] - still).mean() < 0.6 * np.abs(flickering[6] - still).mean()


def test_a_crop_that_moves_is_not_smeared_nor_an_eye_that_closes() -> None:
    moving = [smooth_picture(1.5 * number) for number in range(12)]
    for before, one in zip(moving, steady_crops(crops_in_time(moving), 100.0), strict=True):
        assert np.abs(one.faces[0].finished.pixels - before)[8:-8, 8:-8].mean() < 0.004
    closing = [smooth_picture() for _ in range(12)]
    for picture in closing[6:]:
        picture[50:70, 50:70] = 0.05
    for before, one in zip(closing, steady_crops(crops_in_time(closing), 100.0), strict=True):
        after = one.faces[0].finished.pixels
        assert abs(float(after[54:66, 54:66].mean() - before[54:66, 54:66].mean())) < 0.01


def test_temporal_0_leaves_crops_alone_and_more_is_steadier() -> None:
    rng = np.random.default_rng(0)
    still = smooth_picture()
    flickering = [np.clip(still + rng.normal(0, 0.02, still.shape), 0, 1).astype(np.float32) for _ in range(8)]

    def flicker(temporal: float) -> float:
        steady = [one.faces[0].finished.pixels for one in steady_crops(crops_in_time(flickering), temporal)]
        return float(np.abs(np.diff(steady, axis=0)).mean())

    levels = [flicker(temporal) for temporal in (0.0, 30.0, 70.0, 100.0)]
    assert levels[0] == float(np.abs(np.diff(flickering, axis=0)).mean())
    assert levels == sorted(levels, reverse=True)


def test_motion_brings_the_second_crop_to_the_first() -> None:
    first, second = smooth_picture(), smooth_picture(3.0)
    grey = [(picture.mean(axis=2) * 255).astype(np.uint8) for picture in (first, second)]
    there, back = FlowEstimator().between(grey[0], grey[1])
    assert np.abs(moved(second, there) - first)[16:-16, 16:-16].mean() < 0.01
    assert there.sure[16:-16, 16:-16].mean() > 0.8 < back.sure[16:-16, 16:-16].mean()
    assert np.abs(there.then(back).flow[16:-16, 16:-16]).mean() < 0.5
