"""YuNet, a small face detector with five landmarks that OpenCV runs by itself (cv2.FaceDetectorYN)."""

from __future__ import annotations

import threading
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from ..checkpoints.folders import find_file, resolve
from ..errors import CheckpointError, GPENError
from ..progress import Progress, silent
from .detector import Picture
from .face import Face
from .search import Detections, SearchPlan, search

_BUNDLED = "face_detection_yunet_2023mar.onnx"
# In order of preference. Who has the larger network fetched it on purpose: it finds more faces that are turned. The
# last is the bundled file under its authors' name.
_FILES = ("yunet_n_640_640.onnx", _BUNDLED, "yunet_s_640_640.onnx")

# The 68 faces of tests/golden/face_boxes.json score 0.87 or more; nothing but faces scored above 0.73 in 135 pictures
# of people (a cat elsewhere scored 0.83).
SCORE_THRESHOLD = 0.8
_LONE_SCORE = 0.55
# Something that was no face scored 0.84 in turned copies.
_TURNED_SCORE = 0.88

# Non-maximum suppression inside one copy: intersection over union, and the most candidates kept before it.
_NMS_IOU, _NMS_CANDIDATES = 0.3, 5000

# On copies of up to 32 px OpenCV 4.10 returns what happened to be in memory.
_LEAST_SIDE = 64

_log_level = threading.Lock()


class YuNetDetector:
    """Finds faces from about 10 px with YuNet on the CPU. One object may serve several threads.

    path: an ONNX file with a fixed input size (it then takes every size); by default the larger published network
        where it has been fetched, else the one that comes with the project.
    score_threshold: least score of a face, 0 to 1.
    Raises CheckpointError where there is no usable file, GPENError where OpenCV has no FaceDetectorYN.
    """

    name = "yunet"

    def __init__(self, path: Path | None = None, score_threshold: float = SCORE_THRESHOLD) -> None:
        if not yunet_supported():
            raise GPENError(
                f"OpenCV {cv2.__version__} has no FaceDetectorYN: expected OpenCV 4.8 or later.\n"
                "Install it with: pip install --upgrade opencv-python"
            )
        self._path = path or find_yunet() or resolve(_BUNDLED)
        self._onnx = _read(self._path)
        self._plan = SearchPlan(
            always=(160, 320, 640, 1280),
            finer=(2560,),
            coarser=(),
            turned=(320, 640),
            small=24,
            sure=0.92,
            score=score_threshold,
            turned_score=max(score_threshold, _TURNED_SCORE),
            lone_score=min(score_threshold, _LONE_SCORE),
        )
        # Threads that share one cv2.FaceDetectorYN crash (OpenCV 4.14) or get wrong faces (5.0).
        self._per_thread = threading.local()
        self._network()

    def detect(self, picture: Picture, progress: Progress = silent) -> list[Face]:
        """Faces of a (H, W, 3) uint8 RGB picture of any size, in the picture's own pixels, best score first.

        progress: as of `PatientDetector`.
        """
        found = search(picture, self._detect_once, self._plan, progress)
        return [
            Face(box=tuple(box), landmarks=points, score=float(score))
            for box, points, score in zip(found.boxes.tolist(), found.points, found.scores, strict=True)
        ]

    def _network(self) -> Any:
        if not hasattr(self._per_thread, "network"):
            self._per_thread.network = _create(self._onnx, self._path, self._plan.lone_score)
        return self._per_thread.network

    def _detect_once(self, picture: Picture) -> Detections:
        bottom, right = (max(0, _LEAST_SIDE - side) for side in picture.shape[:2])
        pixels = cv2.copyMakeBorder(picture, 0, bottom, 0, right, cv2.BORDER_CONSTANT)
        network = self._network()
        network.setInputSize((pixels.shape[1], pixels.shape[0]))
        rows = network.detect(cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR))[1]
        rows = np.zeros((0, 15)) if rows is None else rows.astype(np.float64)
        # A row: x, y, width, height, then x and y of the eyes, nose and mouth corners, the person's right one first,
        # which is the left one in the picture; last the score. The network counts pixels from their edges: with
        # mirrored pictures x + x' is on average the width, not the width less one.
        corners, points = np.concatenate([rows[:, :2], rows[:, :2] + rows[:, 2:4]], axis=1), rows[:, 4:14]
        return Detections.upright(corners - 0.5, rows[:, 14], points.reshape(-1, 5, 2) - 0.5)


def yunet_supported() -> bool:
    """True if the installed OpenCV can run YuNet."""
    return hasattr(cv2, "FaceDetectorYN")


def find_yunet() -> Path | None:
    """The best YuNet file in the folders searched, if there is one."""
    return next((path for path in map(find_file, _FILES) if path is not None), None)


def _read(path: Path) -> np.ndarray:
    # Through memory, because OpenCV cannot open paths with letters outside the code page under Windows.
    try:
        content = path.read_bytes()
    except OSError as error:
        raise CheckpointError(f"{path.name} cannot be read: {error}.\nFile: {path}") from error
    if not content:
        raise CheckpointError(f"{path.name} is empty: expected a YuNet network.\nDelete {path} and fetch it again.")
    return np.frombuffer(content, dtype=np.uint8)


def _create(onnx: np.ndarray, path: Path, score: float) -> Any:
    try:
        with _opencv_errors_only():
            network = _from_memory_or_file(onnx, path, score)
            network.detect(np.zeros((_LEAST_SIDE, _LEAST_SIDE, 3), dtype=np.uint8))
    except cv2.error as error:
        raise CheckpointError(
            f"OpenCV {cv2.__version__} cannot use {path.name}: expected a YuNet network of fixed input size.\n"
            f"File: {path}\nOpenCV 4 cannot read the files named 'dynamic'. "
            f"Take it away: {_BUNDLED}, which comes with this project, works everywhere.\nOpenCV said: {error}"
        ) from error
    return network


def _from_memory_or_file(onnx: np.ndarray, path: Path, score: float) -> Any:
    options = (_LEAST_SIDE, _LEAST_SIDE), score, _NMS_IOU, _NMS_CANDIDATES
    try:
        return cv2.FaceDetectorYN.create("onnx", onnx, np.zeros(0, dtype=np.uint8), *options)
    except TypeError:  # OpenCV 4.8 takes paths only
        return cv2.FaceDetectorYN.create(str(path), "", *options)


@contextmanager
def _opencv_errors_only() -> Generator[None, None, None]:
    """Without the warning that OpenCV 5 prints whenever a network is created."""
    logging = getattr(getattr(cv2, "utils", None), "logging", None)
    if logging is None:
        yield
        return
    with _log_level:
        before = logging.getLogLevel()
        logging.setLogLevel(logging.LOG_LEVEL_ERROR)
        try:
            yield
        finally:
            logging.setLogLevel(before)
