"""Faces of clips: followed, their places smoothed without a lag, their gaps filled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from clips import moving_portrait
from faces import FixedDetector, made_up_face, noise_picture

from gpen_core.faces import Face, make_detector
from gpen_core.faces.aligned_crop import image_to_crop
from gpen_core.faces.face_window import face_box
from gpen_core.image.geometry import apply, invert
from gpen_core.image.warp import Pixels
from gpen_core.video.cuts import CutDetector
from gpen_core.video.frame import ArrayFrame
from gpen_core.video.local_fit import fit_at, noise_of
from gpen_core.video.sightings import Seen, sightings
from gpen_core.video.steady_faces import SteadyFrame, steady_faces
from gpen_core.video.tracks import match

RATE = 30.0
EMPTY = np.zeros((1, 1, 3), np.float32)


def seen_along(
    places: Sequence[tuple[float, float] | None], noise: float = 0.0, size: float = 120.0, begins: Sequence[int] = (0,)
) -> list[Seen[ArrayFrame]]:
    """A face at the given places, one for each frame; None where it is not seen."""
    rng = np.random.default_rng(0)
    result = []
    for number, place in enumerate(places):
        faces: dict[int, Face] = {}
        if place is not None:
            face = made_up_face(*place, size=size)
            faces[0] = replace(face, landmarks=face.landmarks + rng.normal(0, noise, (5, 2)))
        result.append(Seen(ArrayFrame(number, number / RATE, EMPTY), faces, number in begins))
    return result


def steady(seen: list[Seen[ArrayFrame]], temporal: float = 100.0) -> list[SteadyFrame[ArrayFrame]]:
    return list(steady_faces(seen, "ffhq", temporal))


def crop_error(face: Face, true: Face) -> float:
    """px of a 512 px crop between where a face lies and where it is cut out."""
    to_crop = image_to_crop(face.landmarks, 512, "ffhq")
    back = invert(image_to_crop(true.landmarks, 512, "ffhq"))
    corners = np.array([[100.0, 100.0], [400.0, 100.0], [250.0, 400.0]])
    return float(np.linalg.norm(apply(to_crop, apply(back, corners)) - corners, axis=1).max())


def jitter(points: Sequence[np.ndarray]) -> float:
    stack = np.stack(points)
    return float(np.linalg.norm(stack[2:] + stack[:-2] - 2 * stack[1:-1], axis=-1).mean())


def test_a_parabola_is_kept_and_noise_is_told_from_it() -> None:
    times = np.arange(21) / RATE
    values = np.stack([3 + 2 * times - 40 * times**2, times], axis=1)
    smooth, variance = fit_at(times[10], times, values, 0.1)
    assert np.allclose(smooth, values[10])
    assert 0.1 < variance < 0.5
    assert np.allclose(noise_of(values), 0.0, atol=1e-12)
    noisy = np.random.default_rng(0).normal(0, 2.0, (4000, 1))
    assert noise_of(noisy)[0] == pytest.approx(2.0, rel=0.1)


@pytest.mark.parametrize("speed", [2.0, 20.0])
def test_a_face_that_moves_is_followed_without_a_lag(speed: float) -> None:
    """`speed` px of a 512 px crop a frame: evenly, and to and fro in a second and a half."""
    scale = 512 * abs(image_to_crop(made_up_face(0, 0, size=120).landmarks, 1, "ffhq")[0, 0])
    radius = speed / scale * 45 / (2 * np.pi)
    ways = {
        "evenly": [(500 + speed / scale * number, 400.0) for number in range(60)],
        "to and fro": [(500 + radius * np.sin(2 * np.pi * number / 45), 400.0) for number in range(60)],
    }
    for way in ways.values():
        for frame, place in zip(steady(seen_along(way)), way, strict=True):
            assert crop_error(frame.faces[0].face, made_up_face(*place, size=120)) < 0.3


def test_jitter_of_a_face_that_keeps_still_goes() -> None:
    seen = seen_along([(300.0, 200.0)] * 60, noise=1.0)
    before = jitter([one.faces[0].landmarks for one in seen])
    after = jitter([frame.faces[0].face.landmarks for frame in steady(seen)])
    assert after < 0.2 * before


def test_more_is_never_less_steady() -> None:
    seen = seen_along([(300.0, 200.0)] * 60, noise=1.0)
    levels = [
        jitter([frame.faces[0].face.landmarks for frame in steady(seen, temporal)]) for temporal in (20, 50, 80, 100)
    ]
    assert levels == sorted(levels, reverse=True)


def test_steadiness_does_not_depend_on_the_size_of_the_frame() -> None:
    small = [f.faces[0].face.landmarks for f in steady(seen_along([(300.0, 200.0)] * 40, noise=1.0, size=120.0))]
    large = [f.faces[0].face.landmarks for f in steady(seen_along([(3000.0, 2000.0)] * 40, noise=10.0, size=1200.0))]
    assert jitter(large) == pytest.approx(10 * jitter(small), rel=1e-6)


def test_gaps_are_filled_up_to_half_a_second() -> None:
    way: list[tuple[float, float] | None] = [(300.0 + 2 * number, 200.0) for number in range(60)]
    way[20:22] = [None] * 2
    way[40:58] = [None] * 18  # 0.6 s
    frames = steady(seen_along(way))
    present = [bool(frame.faces) for frame in frames]
    assert present == [not 40 <= number < 58 for number in range(60)]
    assert [frame.frame.number for frame in frames if frame.faces and frame.faces[0].filled] == [20, 21]
    assert crop_error(frames[20].faces[0].face, made_up_face(340.0, 200.0, size=120)) < 0.3


def test_faces_come_and_go_softly_within_a_shot_and_at_once_at_its_ends() -> None:
    way: list[tuple[float, float] | None] = [None] * 10 + [(300.0, 200.0)] * 20 + [None] * 30
    fades = [frame.faces[0].fade if frame.faces else 0.0 for frame in steady(seen_along(way))]
    assert 0.0 < fades[10] < fades[11] < fades[14] == 1.0
    assert fades[24] == 1.0 > fades[28] > fades[29] > 0.0
    whole = steady(seen_along([(300.0, 200.0)] * 10))
    assert [frame.faces[0].fade for frame in whole] == [1.0] * 10


def test_nothing_is_smoothed_across_a_cut() -> None:
    before, after = [(300.0, 200.0)] * 20, [(900.0, 500.0)] * 20
    frames = steady(seen_along([*before, *after], begins=(0, 20)))
    assert crop_error(frames[19].faces[0].face, made_up_face(300.0, 200.0, size=120)) < 1e-6
    assert crop_error(frames[20].faces[0].face, made_up_face(900.0, 500.0, size=120)) < 1e-6


def test_frames_wait_for_no_more_than_the_reach() -> None:
    asked = 0

    def source():
        nonlocal asked
        for one in seen_along([(300.0, 200.0)] * 200):
            asked += 1
            yield one

    for frame in steady_faces(source(), "ffhq", 100.0, reach=0.5):
        assert asked - frame.frame.number <= 0.5 * RATE + 2


def test_faces_are_matched_by_the_least_sum_of_distances() -> None:
    known = [made_up_face(100, 100), made_up_face(130, 100)]
    found = [made_up_face(128, 100), made_up_face(102, 100), made_up_face(600, 100)]
    assert match(known, found) == {0: 1, 1: 0}
    assert match([], found) == {} == match(known, [])
    assert match([made_up_face(100, 100)], [made_up_face(300, 100)]) == {}


def test_a_cut_is_told_from_motion() -> None:
    cuts = CutDetector()
    frames = moving_portrait(6, step=8.0)
    assert [cuts.begins_shot(frame) for frame in frames] == [True] + [False] * 5
    other = (noise_picture(160, 240, 3) * 255).astype(np.uint8)
    black = np.zeros_like(other)
    assert [cuts.begins_shot(frame) for frame in (other, other, black, black, other)] == [
        True,
        False,
        True,
        False,
        True,
    ]


def as_frames(pictures: Sequence[np.ndarray]) -> list[ArrayFrame]:
    return [
        ArrayFrame(number, number / RATE, (picture / np.float32(255.0)).astype(np.float32))
        for number, picture in enumerate(pictures)
    ]


def test_a_face_is_followed_between_searches() -> None:
    detector = make_detector("yunet")
    calls = 0

    class Counting:
        name = "counting"

        def detect(self, picture: np.ndarray) -> list[Face]:
            nonlocal calls
            calls += 1
            return detector.detect(picture)

    seen = list(sightings(as_frames(moving_portrait(20)), Counting(), every=0.3))
    assert [set(one.faces) for one in seen] == [{0}] * 20
    assert calls <= 4
    middles = [one.faces[0].landmarks.mean(axis=0) for one in seen]
    steps = np.diff(middles, axis=0)
    assert np.allclose(steps.mean(axis=0), (2.0, 0.0), atol=0.1)
    assert seen[0].faces[0].box == face_box(seen[0].faces[0].landmarks)


def test_a_track_keeps_its_number_through_a_gap_and_gets_another_after_a_cut() -> None:
    pictures = moving_portrait(30)
    empty = np.full_like(pictures[0], 128)
    for number in range(10, 14):
        pictures[number][:, :, :] = pictures[number].mean(axis=(0, 1)).astype(np.uint8)  # hidden, colours as before
    seen = list(sightings(as_frames([*pictures, empty, *moving_portrait(5)]), make_detector("yunet"), every=0.3))
    assert {number for one in seen[:10] for number in one.faces} == {0}
    cuts = [one.frame.number for one in seen if one.begins_shot]
    assert cuts[0] == 0 and 30 in cuts
    assert 0 not in seen[-1].faces and len(seen[-1].faces) == 1


def test_what_is_no_face_is_not_followed() -> None:
    pixels: Pixels = noise_picture(120, 160)
    frames = [ArrayFrame(number, number / RATE, pixels) for number in range(6)]
    assert not any(one.faces for one in sightings(frames, FixedDetector(), every=0.1))
