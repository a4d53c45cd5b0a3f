"""At which of its sizes a network sees a face."""

from __future__ import annotations

from dataclasses import replace

import pytest
from faces import made_up_face
from pictures import leaves, softened

import gpen_core
from gpen_core.restore.crop_size import crop_size

_SHARP = leaves(768)


@pytest.fixture(scope="module")
def model() -> gpen_core.GPENModel:
    return gpen_core.load_model()


def _size(picture, model: gpen_core.GPENModel, side: float, sharpness: float | None = None) -> int:
    return crop_size(picture, replace(made_up_face(384, 384, size=side), sharpness=sharpness), model, "ffhq")


def test_large_faces_get_large_crops(model: gpen_core.GPENModel) -> None:
    assert [_size(_SHARP, model, side) for side in (40, 80, 250, 400)] == [256, 256, 512, 512]


def test_a_blurred_large_face_gets_a_small_crop(model: gpen_core.GPENModel) -> None:
    assert _size(softened(_SHARP, 12), model, 300) == 256


def test_what_has_been_measured_is_not_measured_again(model: gpen_core.GPENModel) -> None:
    assert _size(_SHARP, model, 300, sharpness=50.0) == 256
    assert _size(softened(_SHARP, 12), model, 300, sharpness=400.0) == 512


def test_a_network_of_one_size_keeps_it(model: gpen_core.GPENModel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(type(model.network), "sizes", (128,))
    assert [_size(_SHARP, model, side) for side in (40, 400)] == [128, 128]


def test_the_report_tells_the_size(model: gpen_core.GPENModel) -> None:
    faces = [made_up_face(200, 384, size=60), made_up_face(500, 384, size=300, index=1)]
    report = gpen_core.restore(_SHARP, model, faces=[faces]).report
    assert [face.crop_size for face in report.pictures[0].faces] == [256, 512]
    untouched = gpen_core.restore(
        _SHARP, model, gpen_core.RestoreSettings(choice=gpen_core.FaceChoice(min_size=100)), faces=[faces]
    ).report
    assert [face.crop_size for face in untouched.pictures[0].faces] == [None, 512]
