"""How far the features of a face have moved."""

from __future__ import annotations

import numpy as np

from ..faces.detector import FaceDetector
from ..faces.face import Face, Points
from .levels import Levels


def largest_face(picture: Levels, detector: FaceDetector) -> Face | None:
    """The largest face of a (H, W, 3) uint8 picture, None where there is none."""
    return max(detector.detect(picture), key=lambda face: face.size, default=None)


def landmark_error(true: Points, points: Points) -> float:
    """Mean distance of landmarks (5, 2), left and right eye first, in % of the true distance of the eyes."""
    eyes = float(np.linalg.norm(true[1] - true[0]))
    return 100.0 * float(np.linalg.norm(points - true, axis=1).mean()) / max(eyes, 1e-6)
