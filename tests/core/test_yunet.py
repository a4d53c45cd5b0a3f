"""gpen_core.faces.yunet, with the network that comes with the project."""

from __future__ import annotations

import hashlib
import json
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from gpen_core.checkpoints import find_entry
from gpen_core.errors import CheckpointError, GPENError
from gpen_core.faces import Face, yunet
from gpen_core.faces.detector import Picture
from gpen_core.faces.yunet import YuNetDetector, find_yunet

PROJECT = Path(__file__).resolve().parents[2]
SHARED = PROJECT.parent / "shared"
NETWORK = PROJECT / "weights" / "face_detection_yunet_2023mar.onnx"
DYNAMIC = SHARED / "models" / "yunet_n_dynamic.onnx"
GROUP = SHARED / "data" / "solvay" / "photo.png"
FACE = SHARED / "data" / "ffhq" / "00000.png"
BOXES = Path(__file__).parents[1] / "golden" / "face_boxes.json"

needs_pictures = pytest.mark.skipif(not (GROUP.is_file() and FACE.is_file()), reason="the pictures are not here")


def read(path: Path) -> Picture:
    return np.asarray(Image.open(path).convert("RGB"))


def overlap(a: tuple[float, ...], b: tuple[float, ...]) -> float:
    sides = [max(0.0, min(a[i + 2], b[i + 2]) - max(a[i], b[i])) for i in (0, 1)]
    common = sides[0] * sides[1]
    return common / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - common)


@needs_pictures
def test_finds_all_29_people_of_the_group_and_nobody_else() -> None:
    faces = YuNetDetector(NETWORK).detect(read(GROUP))
    known = json.loads(BOXES.read_text())["faces"]["solvay/photo.png"]
    assert len(faces) == len(known) == 29
    assert all(max(overlap(face.box, tuple(box)) for face in faces) > 0.5 for box in known)
    assert [face.score for face in faces] == sorted((face.score for face in faces), reverse=True)


@needs_pictures
def test_landmarks_are_in_the_order_of_face() -> None:
    (face,) = YuNetDetector(NETWORK).detect(read(FACE))
    # Seen in the picture: about where FFHQ's alignment puts eyes, nose and mouth in 1024 px.
    expected = np.array([[386, 480], [638, 480], [513, 628], [403, 743], [626, 743]])
    assert np.abs(face.landmarks - expected).max() < 90


@needs_pictures
@pytest.mark.parametrize("turns", [1, 2, 3])
def test_a_turned_picture_gives_the_same_landmarks(turns: int) -> None:
    picture, detector = read(FACE), YuNetDetector(NETWORK)
    (upright,), (face,) = detector.detect(picture), detector.detect(np.rot90(picture, turns))
    last = picture.shape[0] - 1
    x, y = upright.landmarks.T
    expected = {1: (y, last - x), 2: (last - x, last - y), 3: (last - y, x)}[turns]
    assert np.abs(face.landmarks - np.stack(expected, axis=1)).max() < 0.08 * upright.size


@needs_pictures
def test_a_path_outside_ascii_works(tmp_path: Path) -> None:
    path = tmp_path / "лицо_脸.onnx"
    shutil.copy(NETWORK, path)
    assert len(YuNetDetector(path).detect(read(FACE))) == 1


@needs_pictures
def test_threads_may_share_a_detector() -> None:
    detector, picture = YuNetDetector(NETWORK), read(GROUP)[:300, :500]
    expected = [face.box for face in detector.detect(picture)]
    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(lambda _: [face.box for face in detector.detect(picture)], range(8)))
    assert len(expected) > 5
    assert all(boxes == expected for boxes in results)


@pytest.mark.parametrize("shape", [(1, 1), (40, 40), (20, 5000), (5000, 20)])
def test_odd_sizes_have_no_face_and_no_error(shape: tuple[int, int]) -> None:
    picture = np.random.default_rng(0).integers(0, 256, (*shape, 3), dtype=np.uint8)
    assert YuNetDetector(NETWORK).detect(picture) == []


def test_creating_prints_nothing_and_keeps_the_log_level(capfd: pytest.CaptureFixture[str]) -> None:
    logging = getattr(getattr(cv2, "utils", None), "logging", None)
    before = logging.getLogLevel() if logging else None
    YuNetDetector(NETWORK)
    assert capfd.readouterr().err == ""
    assert (logging.getLogLevel() if logging else None) == before


@pytest.mark.skipif(not DYNAMIC.is_file() or cv2.__version__ >= "5", reason="needs OpenCV 4 and the dynamic file")
def test_a_dynamic_network_under_opencv_4_is_explained() -> None:
    with pytest.raises(CheckpointError, match="fixed input size"):
        YuNetDetector(DYNAMIC)


def test_a_file_that_is_no_network_is_explained(tmp_path: Path) -> None:
    path = tmp_path / "yunet.onnx"
    path.write_bytes(b"not a network")
    with pytest.raises(
        CheckpointError, match="Take it away: face_detection_yunet_2023mar.onnx, which comes with this project"
    ):
        YuNetDetector(path)


def test_an_empty_file_is_explained(tmp_path: Path) -> None:
    path = tmp_path / "yunet.onnx"
    path.touch()
    with pytest.raises(CheckpointError, match="empty"):
        YuNetDetector(path)


def test_the_bundled_network_is_taken_and_is_the_published_one() -> None:
    entry = find_entry("yunet")
    content = NETWORK.read_bytes()
    assert (len(content), hashlib.sha256(content).hexdigest()) == (entry.size, entry.sha256)
    licence = NETWORK.with_suffix(".LICENSE.txt").read_text(encoding="utf-8")
    assert "MIT License" in licence and "Shiqi Yu" in licence and str(entry.sha256) in licence


def test_a_larger_network_that_was_fetched_is_preferred(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GPEN_WEIGHTS", str(tmp_path))
    before = find_yunet()
    (tmp_path / "yunet_n_640_640.onnx").touch()
    assert before is not None and before.name == NETWORK.name
    assert find_yunet() == tmp_path / "yunet_n_640_640.onnx"


def test_an_opencv_without_yunet_is_explained(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(cv2, "FaceDetectorYN")
    with pytest.raises(GPENError, match="pip install --upgrade opencv-python"):
        YuNetDetector(Path("any.onnx"))


class FakeNetwork:
    """Stands for cv2.FaceDetectorYN: one face, a quarter of the way into every copy."""

    def setInputSize(self, size: tuple[int, int]) -> None:  # noqa: N802
        self.size = size

    def detect(self, picture: Picture) -> tuple[int, np.ndarray]:
        assert picture.shape[:2] == self.size[::-1]
        assert picture[0, 0].tolist() == [0, 0, 255], "OpenCV wants BGR"
        width, height = self.size
        quarters = [[0.3, 0.35], [0.45, 0.35], [0.4, 0.4], [0.3, 0.45], [0.45, 0.45]]
        box = [0.25 * width, 0.25 * height, 0.25 * width, 0.25 * height]
        return 1, np.array([[*box, *(np.array(quarters) * [width, height]).ravel(), 0.95]], np.float32)


def fake_face(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, picture: Picture) -> Face:
    path = tmp_path / "fake.onnx"
    path.write_bytes(b"fake")
    monkeypatch.setattr(yunet, "_create", lambda *_: FakeNetwork())
    (face,) = YuNetDetector(path).detect(picture)
    return face


def test_edges_of_the_network_become_pixel_centres(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    red = np.zeros((400, 800, 3), np.uint8)
    red[..., 0] = 255
    face = fake_face(monkeypatch, tmp_path, red)
    np.testing.assert_allclose(face.box, [199.5, 99.5, 399.5, 199.5], atol=1e-3)
    np.testing.assert_allclose(face.landmarks[0], [239.5, 139.5], atol=1e-3)
    np.testing.assert_allclose(face.landmarks[4], [359.5, 179.5], atol=1e-3)


def test_an_opencv_that_takes_paths_only_gets_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """As OpenCV 4.8 does."""
    create = cv2.FaceDetectorYN.create

    class PathsOnly:
        @staticmethod
        def create(model: str, config: object, *options: object) -> object:
            if not isinstance(config, str):
                raise TypeError("Can't convert object to 'str' for 'config'")
            return create(model, config, *options)  # pyright: ignore[reportArgumentType, reportCallIssue]

    monkeypatch.setattr(cv2, "FaceDetectorYN", PathsOnly)
    assert YuNetDetector(NETWORK).detect(np.zeros((40, 60, 3), np.uint8)) == []
