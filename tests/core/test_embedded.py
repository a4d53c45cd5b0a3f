"""The embedded face detector: pictures that come with scikit-image, and the shared data where it is there."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np
import pytest
import skimage.data
from landmark_labels import Teacher
from numpy.typing import NDArray

from gpen_core.errors import CheckpointError
from gpen_core.faces import embedded
from gpen_core.faces.embedded import EmbeddedDetector
from gpen_core.faces.face import Face

SHARED = Path(__file__).resolve().parents[3] / "shared"
YUNET = SHARED / "models" / "yunet_n_640_640.onnx"
needs_shared = pytest.mark.skipif(not YUNET.exists(), reason="the shared data is not there")

# Of the astronaut's face: YuNet's landmarks, mean over shifted, turned and mirrored views.
ASTRONAUT = np.array([[202.5, 103.0], [245.9, 104.5], [222.9, 127.7], [203.0, 143.2], [241.3, 144.5]])

Picture = NDArray[np.uint8]


@pytest.fixture(scope="module")
def detector() -> EmbeddedDetector:
    return EmbeddedDetector()


@pytest.fixture(scope="module")
def astronaut() -> Picture:
    return skimage.data.astronaut()


def error(face: Face, points: NDArray[np.float64]) -> float:
    """Mean distance of the landmarks as a share of the eye distance."""
    distances = np.linalg.norm(face.landmarks - points, axis=1)
    return float(distances.mean() / np.linalg.norm(points[1] - points[0]))


def the_one_face(detector: EmbeddedDetector, picture: Picture) -> Face:
    faces = detector.detect(picture)
    assert len(faces) == 1
    return faces[0]


def turned(picture: Picture, points: NDArray[np.float64], angle: float) -> tuple[Picture, NDArray[np.float64]]:
    height, width = picture.shape[:2]
    matrix = cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), angle, 1.0)
    view = cv2.warpAffine(picture, matrix, (width, height), borderMode=cv2.BORDER_REFLECT_101)
    return view.astype(np.uint8), points @ matrix[:, :2].T + matrix[:, 2]


def test_finds_the_landmarks_of_the_one_face(detector: EmbeddedDetector, astronaut: Picture) -> None:
    face = the_one_face(detector, astronaut)
    assert error(face, ASTRONAUT) < 0.07


def test_box_surrounds_the_face(detector: EmbeddedDetector, astronaut: Picture) -> None:
    x1, y1, x2, y2 = the_one_face(detector, astronaut).box
    np.testing.assert_allclose((x1, y1, x2, y2), (174, 56, 270, 180), atol=14)


def test_score_is_a_probability(detector: EmbeddedDetector, astronaut: Picture) -> None:
    assert embedded.SCORE_THRESHOLD <= the_one_face(detector, astronaut).score <= 1


@pytest.mark.parametrize("angle", [-30, -20, 20, 30])
def test_finds_a_tilted_face(detector: EmbeddedDetector, astronaut: Picture, angle: float) -> None:
    picture, points = turned(astronaut, ASTRONAUT, angle)
    best = detector.detect(picture)[0]
    assert error(best, points) < 0.08


@pytest.mark.parametrize("side", [200, 2000])
def test_finds_the_face_at_other_sizes(detector: EmbeddedDetector, astronaut: Picture, side: int) -> None:
    picture = cv2.resize(astronaut, (side, side), interpolation=cv2.INTER_AREA if side < 512 else cv2.INTER_CUBIC)
    face = the_one_face(detector, picture.astype(np.uint8))
    assert error(face, (ASTRONAUT + 0.5) * side / 512 - 0.5) < 0.09


def test_finds_a_face_that_fills_the_picture(detector: EmbeddedDetector, astronaut: Picture) -> None:
    close = np.ascontiguousarray(astronaut[40:200, 145:305])
    face = the_one_face(detector, close)
    assert error(face, ASTRONAUT - (145, 40)) < 0.08


def test_finds_the_face_in_a_grey_picture(detector: EmbeddedDetector, astronaut: Picture) -> None:
    grey = cv2.cvtColor(cv2.cvtColor(astronaut, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB).astype(np.uint8)
    assert error(the_one_face(detector, grey), ASTRONAUT) < 0.08


@pytest.mark.parametrize("name", ["coins", "gravel"])
def test_finds_no_face_where_none_is(detector: EmbeddedDetector, name: str) -> None:
    picture = getattr(skimage.data, name)()
    assert detector.detect(np.repeat(picture[:, :, None], 3, axis=2)) == []


def test_finds_no_face_in_noise_and_flat_colour(detector: EmbeddedDetector) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (300, 400, 3), dtype=np.uint8)
    assert detector.detect(noise) == []
    assert detector.detect(np.full((300, 400, 3), 128, np.uint8)) == []


@pytest.mark.parametrize("shape", [(1, 1), (40, 40), (20, 5000), (5000, 20), (7, 3), (1, 300)])
def test_takes_any_size(detector: EmbeddedDetector, shape: tuple[int, int]) -> None:
    assert detector.detect(np.full((*shape, 3), 90, np.uint8)) == []


def test_takes_a_view_of_an_array(detector: EmbeddedDetector, astronaut: Picture) -> None:
    mirrored = the_one_face(detector, astronaut[:, ::-1])
    points = (np.array([511.0, 0.0]) - ASTRONAUT * (1, -1))[[1, 0, 2, 4, 3]]
    assert error(mirrored, points) < 0.08


def test_leaves_the_picture_as_it_is(detector: EmbeddedDetector, astronaut: Picture) -> None:
    picture = astronaut.copy()
    detector.detect(picture)
    np.testing.assert_array_equal(picture, astronaut)


def test_threads_get_equal_faces(astronaut: Picture) -> None:
    def landmarks(_: int) -> NDArray[np.float64]:
        return EmbeddedDetector().detect(astronaut)[0].landmarks

    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(landmarks, range(2))
    np.testing.assert_array_equal(first, second)


def test_missing_weights_say_which_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(embedded, "WEIGHTS", tmp_path / "gone.safetensors")
    with pytest.raises(CheckpointError, match=r"gone\.safetensors"):
        EmbeddedDetector()


def test_broken_weights_say_which_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "broken.safetensors"
    file.write_bytes(b"nonsense")
    monkeypatch.setattr(embedded, "WEIGHTS", file)
    with pytest.raises(CheckpointError, match=r"broken\.safetensors"):
        EmbeddedDetector()


def test_weights_are_small() -> None:
    assert embedded.WEIGHTS.stat().st_size <= 1_000_000


def read(file: Path) -> Picture:
    picture = cv2.imread(str(file))
    assert picture is not None
    return np.ascontiguousarray(picture[:, :, ::-1]).astype(np.uint8)


@needs_shared
def test_landmarks_agree_with_yunet_under_roll(detector: EmbeddedDetector) -> None:
    yunet = Teacher(YUNET)  # the mean of several views: single runs of YuNet are 2.6 % off that themselves
    rng = np.random.default_rng(0)
    errors = []
    for file in sorted((SHARED / "data/faces_val/hq").iterdir())[::5]:
        picture = read(file)
        points = yunet.label(picture)
        assert points is not None
        picture, points = turned(picture, points, rng.uniform(-30, 30))
        errors.append(min(error(face, points) for face in detector.detect(picture)))
    assert len(errors) == 10
    assert np.mean(errors) <= 0.04


@pytest.mark.parametrize("turns", [1, 2, 3])
def test_finds_a_face_turned_by_quarters(detector: EmbeddedDetector, astronaut: Picture, turns: int) -> None:
    x, y = ASTRONAUT.T
    points = np.stack({1: (y, 511 - x), 2: (511 - x, 511 - y), 3: (511 - y, x)}[turns], axis=1)
    assert error(the_one_face(detector, np.rot90(astronaut, turns)), points) < 0.08


@needs_shared
def test_finds_most_people_of_the_solvay_conference(detector: EmbeddedDetector) -> None:
    assert 20 <= len(detector.detect(read(SHARED / "data/solvay/photo.png"))) <= 29


@needs_shared
def test_finds_the_face_of_a_bad_crop(detector: EmbeddedDetector) -> None:
    for file in sorted((SHARED / "data/lq_crops").iterdir()):
        assert max(face.size for face in detector.detect(read(file))) > 200, file.name
