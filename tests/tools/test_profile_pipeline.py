"""The profile of the pipeline."""

from __future__ import annotations

import profile_pipeline
import pytest
import torch
from networks import tiny_network
from profile_pipeline import GivenFaces, Stopwatch, made_up_faces, made_up_picture, profile

from gpen_core import GPENModel, RestoreSettings, restore
from gpen_core.settings import Scope


def test_time_within_a_phase_counts_for_the_inner_one_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    moments = iter([0.0, 1.0, 3.0, 7.0, 15.0])
    monkeypatch.setattr(profile_pipeline.time, "process_time", lambda: next(moments))
    watch = Stopwatch()
    with watch.phase("outer"), watch.phase("inner"):
        pass
    assert dict(watch.seconds) == {"rest": 1.0, "outer": 2.0 + 8.0, "inner": 4.0}


@pytest.mark.parametrize("scope", ["faces", "both"])
def test_every_phase_is_found_in_the_pipeline(scope: Scope) -> None:
    model = GPENModel(tiny_network(32), "tiny", torch.device("cpu"), "fp32")
    picture = made_up_picture(0.02, 0)
    detector = GivenFaces(made_up_faces(2, *picture.shape[:2], size=20.0))
    settings = RestoreSettings(scope=scope, tile_size=64, overlap=8)
    original = GPENModel.run
    results = []
    seconds = profile(lambda: results.append(restore(picture, model, settings, detector=detector)))
    names = {name for name, _, _ in profile_pipeline._PHASES}
    assert set(seconds) == (names | {"rest"}) - ({"tiles"} if scope == "faces" else set())
    assert len(results[0].crops[0]) == 2
    assert GPENModel.run is original


def test_faces_are_spread_inside_the_picture() -> None:
    faces = made_up_faces(16, 600, 800, size=100.0)
    assert len({face.centre for face in faces}) == 16
    for left, top, right, bottom in (face.box for face in faces):
        assert 0 <= left < right <= 800
        assert 0 <= top < bottom <= 600
