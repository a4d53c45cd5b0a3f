"""gpen_core.faces.auto: which detector is made."""

from __future__ import annotations

import logging
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import cv2
import pytest

from gpen_core.errors import CheckpointError, GPENError
from gpen_core.faces import make_detector


class EmbeddedStub:
    name = "embedded"


@pytest.fixture
def weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty weight folder, the only one that is searched; detectors that need no real files."""
    monkeypatch.setattr("gpen_core.checkpoints.folders.search_folders", lambda: [tmp_path])
    monkeypatch.setattr("gpen_core.faces.yunet._create", lambda *_: None)
    monkeypatch.setattr("gpen_core.faces.face_alignment.FaceAlignmentDetector", lambda device: device)
    embedded = ModuleType("gpen_core.faces.embedded")
    embedded.__dict__["EmbeddedDetector"] = EmbeddedStub
    monkeypatch.setitem(sys.modules, "gpen_core.faces.embedded", embedded)
    return tmp_path


def add(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).write_bytes(b"x")


YUNET = "face_detection_yunet_2023mar.onnx"
FACE_ALIGNMENT = ("s3fd-619a316812.pth", "2DFAN4-11f355bf06.pth.tar")


def test_without_files_the_embedded_one_is_taken(weights: Path) -> None:
    assert make_detector("auto").name == "embedded"


@pytest.mark.parametrize("name", [YUNET, "yunet_s_640_640.onnx", "yunet_n_640_640.onnx"])
def test_any_yunet_file_is_enough(weights: Path, name: str) -> None:
    add(weights, name)
    assert make_detector("auto").name == "yunet and embedded"


def test_face_alignment_is_preferred(
    weights: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    detector = SimpleNamespace(name="face-alignment")
    monkeypatch.setattr("gpen_core.faces.face_alignment.FaceAlignmentDetector", lambda device: detector)
    add(weights, YUNET, *FACE_ALIGNMENT)
    with caplog.at_level(logging.INFO, logger="gpen_core"):
        assert make_detector("auto").name == "face-alignment and embedded"
    assert "Face detector: face-alignment" in caplog.text


def test_one_of_two_face_alignment_files_is_not_enough(weights: Path) -> None:
    add(weights, YUNET, FACE_ALIGNMENT[0])
    assert make_detector("auto").name == "yunet and embedded"


def test_an_opencv_without_yunet_does_without(weights: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    add(weights, YUNET)
    monkeypatch.delattr(cv2, "FaceDetectorYN")
    assert make_detector("auto").name == "embedded"


def test_files_added_later_are_seen(weights: Path) -> None:
    assert make_detector("auto").name == "embedded"
    add(weights, YUNET)
    assert make_detector("auto").name == "yunet and embedded"


def test_a_detector_that_fails_is_passed_over_with_a_warning(
    weights: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object) -> None:
        raise CheckpointError("damaged")

    monkeypatch.setattr("gpen_core.faces.yunet._create", fail)
    add(weights, YUNET)
    assert make_detector("auto").name == "embedded"
    assert "yunet" in caplog.text
    assert "damaged" in caplog.text


def test_missing_files_of_a_named_detector_are_explained(weights: Path) -> None:
    with pytest.raises(CheckpointError) as error:
        make_detector("yunet")
    for expected in (
        YUNET,
        str(weights),
        "gpen weights fetch face_detection_yunet_2023mar.onnx",
        "8f2383e4dd3cfbb4553ea8718107fc0423210dc964f9f4280604804ed2552fa4",
    ):
        assert expected in str(error.value)


def test_an_unknown_name_is_explained() -> None:
    with pytest.raises(GPENError, match="auto, face-alignment, yunet, embedded"):
        make_detector("dlib")
