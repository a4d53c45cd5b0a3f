"""How alike restored faces stay, measured by a stand-in for the recognition network."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from skimage import data

import gpen_core
from gpen_core import GPENError, RestoreSettings, restore
from gpen_core.errors import CheckpointError
from gpen_core.faces.recognition import SFace, similarity

STRONG = RestoreSettings(strength=100, mode="strong")


class ByDetail:
    """Takes faces for alike as far as their fine detail is: of less than the whole picture, so that blends count."""

    name = "stand-in"

    def features(self, picture: NDArray[np.float32], landmarks: NDArray[np.float64]) -> NDArray[np.float32]:
        assert landmarks.shape == (5, 2) and (landmarks > 0).all() and (landmarks < picture.shape[0]).all()
        grey = cv2.resize(picture.mean(axis=2), (128, 128), interpolation=cv2.INTER_AREA)
        detail = (grey - cv2.GaussianBlur(grey, (0, 0), 2.0)).reshape(-1)
        return (detail / np.linalg.norm(detail)).astype(np.float32)


@pytest.fixture(scope="module")
def model() -> gpen_core.GPENModel:
    return gpen_core.load_model(device="cpu")


@pytest.fixture(scope="module")
def picture() -> NDArray[np.float32]:
    face = cv2.GaussianBlur(data.astronaut()[:300, 60:360].astype(np.float32) / 255.0, (0, 0), 1.5)
    noise = np.random.default_rng(0).normal(0.0, 0.03, face.shape).astype(np.float32)
    return np.clip(face + noise, 0.0, 1.0)


def face_of(result: Any) -> Any:
    (face,) = result.report.pictures[0].faces
    return face


def test_without_a_recogniser_nothing_is_measured(model, picture) -> None:
    result = restore(picture, model, STRONG)
    assert face_of(result).identity is None and "identity" not in result.report.text()


def test_the_report_says_how_alike_every_face_is(model, picture) -> None:
    plain, measured = restore(picture, model, STRONG), restore(picture, model, STRONG, recogniser=ByDetail())
    assert bool((plain.image == measured.image).all())  # measuring alone changes nothing
    assert 0.0 < face_of(measured).identity < 0.99
    assert f"strength 100, identity {face_of(measured).identity:.2f}" in measured.report.text()


def test_less_is_used_until_a_face_is_alike(model, picture) -> None:
    free = restore(picture, model, STRONG, recogniser=ByDetail())
    changes, strengths = [], []
    for least in (0.0, (1.0 + face_of(free).identity) / 2.0, 0.99):
        result = restore(picture, model, replace(STRONG, identity=least), recogniser=ByDetail())
        assert face_of(result).identity >= least
        changes.append(float((result.image - torch.from_numpy(picture)).abs().mean()))
        strengths.append(face_of(result).strength)
    assert changes[0] > changes[1] > changes[2] > 0
    assert strengths[0] == 100 > strengths[1] > strengths[2] > 0
    assert "less alike than asked for" in result.report.text()


def test_nothing_is_used_where_nothing_is_alike(model, picture) -> None:
    class Strict(ByDetail):
        first: Any = None

        def features(self, picture: Any, landmarks: Any) -> Any:
            if self.first is not None:
                return -self.first
            self.first = super().features(picture, landmarks)
            return self.first

    result = restore(picture, model, replace(STRONG, identity=0.5), recogniser=Strict())
    assert bool((result.image == torch.from_numpy(picture)).all()) and not result.mask.any()
    assert face_of(result).identity == 1.0 and face_of(result).strength == 0.0


@pytest.mark.parametrize("identity", [-0.1, 1.1, float("nan")])
def test_impossible_thresholds_are_refused(identity: float) -> None:
    with pytest.raises(GPENError, match="identity must be 0 to 1"):
        RestoreSettings(identity=identity)


def test_a_missing_file_says_how_to_fetch_it(model, picture, monkeypatch, tmp_path: Path) -> None:
    monkeypatch.setattr("gpen_core.checkpoints.folders.search_folders", lambda: [tmp_path])
    with pytest.raises(CheckpointError, match="gpen weights fetch face_recognition_sface_2021dec.onnx"):
        restore(picture, model, replace(STRONG, identity=0.4))


def test_a_file_that_is_no_network_is_named(tmp_path: Path) -> None:
    path = tmp_path / "sface.onnx"
    path.write_bytes(b"no network")
    with pytest.raises(CheckpointError, match=r"sface\.onnx cannot be used"):
        SFace(path)


def test_opencv_gets_what_it_expects(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    seen: dict[str, Any] = {}

    class Network:
        def alignCrop(self, picture: Any, row: Any) -> Any:  # noqa: N802 - OpenCV's name
            seen.update(picture=picture, row=row)
            return picture

        def feature(self, aligned: Any) -> Any:
            return np.array([[3.0, 4.0]], np.float32)

    monkeypatch.setattr(cv2.FaceRecognizerSF, "create", lambda *_: Network())
    path = tmp_path / "sface.onnx"
    path.write_bytes(b"x")
    red = np.zeros((20, 20, 3), np.float32)
    red[..., 0] = 2.0
    landmarks = np.arange(10.0).reshape(5, 2)
    features = SFace(path).features(red, landmarks)
    assert seen["picture"].dtype == np.uint8 and seen["picture"][0, 0].tolist() == [0, 0, 255]
    assert seen["row"].shape == (1, 15) and seen["row"][0, 4:14].tolist() == (landmarks.reshape(-1) + 0.5).tolist()
    assert similarity(features, features) == pytest.approx(1.0)
