"""How alike two faces are: a face recognition network that OpenCV runs by itself (cv2.FaceRecognizerSF)."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from ..checkpoints.folders import find_file, resolve
from ..errors import CheckpointError, GPENError
from ..image.warp import Pixels
from .face import Points

RECOGNISER_FILE = "face_recognition_sface_2021dec.onnx"

Features = NDArray[np.float32]


class FaceRecogniser(Protocol):
    """A network that gives faces of one person features in one direction."""

    name: str

    def features(self, picture: Pixels, landmarks: Points) -> Features:
        """Of the face in a (H, W, 3) RGB picture in [0, 1], by its five landmarks (5, 2) px; of length 1."""
        ...


def similarity(first: Features, second: Features) -> float:
    """Cosine of the angle between two faces' features, -1 to 1; with SFace 0.363 or more is one person to OpenCV."""
    return float(np.dot(first, second))


class SFace:
    """SFace (Zhong et al., 2021) from OpenCV Zoo, on the CPU. One object may serve several threads.

    path: an ONNX file; by default the known one, where it has been fetched.
    Raises CheckpointError where there is no usable file, GPENError where OpenCV has no FaceRecognizerSF.
    """

    name = "sface"

    def __init__(self, path: Path | None = None) -> None:
        if not hasattr(cv2, "FaceRecognizerSF"):
            raise GPENError(
                f"OpenCV {cv2.__version__} has no FaceRecognizerSF: expected OpenCV 4.8 or later.\n"
                "Install it with: pip install --upgrade opencv-python"
            )
        self._path = path or resolve(RECOGNISER_FILE)
        self._per_thread = threading.local()  # as of YuNet: a network is not for several threads
        self._network()

    def features(self, picture: Pixels, landmarks: Points) -> Features:
        """As of `FaceRecogniser`."""
        eight_bit = (np.clip(picture, 0.0, 1.0) * 255.0 + 0.5).astype(np.uint8)
        # A row of YuNet's, of which only the landmarks are looked at; it counts pixels from their edges.
        row = np.zeros((1, 15), np.float32)
        row[0, 4:14] = (np.asarray(landmarks) + 0.5).reshape(-1)
        network = self._network()
        aligned = network.alignCrop(cv2.cvtColor(eight_bit, cv2.COLOR_RGB2BGR), row)
        found = network.feature(aligned)[0].astype(np.float32)
        return found / max(float(np.linalg.norm(found)), 1e-12)

    def _network(self) -> Any:
        if not hasattr(self._per_thread, "network"):
            self._per_thread.network = _create(self._path)
        return self._per_thread.network


def find_recogniser() -> SFace | None:
    """The recogniser, where its file has been fetched."""
    path = find_file(RECOGNISER_FILE)
    return None if path is None else SFace(path)


def _create(path: Path) -> Any:
    try:
        # Through memory, because OpenCV cannot open paths with letters outside the code page under Windows.
        content = np.frombuffer(path.read_bytes(), np.uint8)
        return cv2.FaceRecognizerSF.create("onnx", content, np.zeros(0, np.uint8))
    except (OSError, cv2.error) as error:
        raise CheckpointError(
            f"{path.name} cannot be used: expected the face recognition network SFace.\nFile: {path}\n"
            f"Delete it and fetch it again.\nCause: {error}"
        ) from error
