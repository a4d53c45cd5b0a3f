"""Yaw, pitch and roll of a face from its five landmarks."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np

from .face import Face, Points

# A generic head, mm: x to the right of the picture, y down, z into it, the tip of the nose at the origin. 63 mm between
# the eyes is the mean of adults (Dodgson, "Variation and extrema of human interpupillary distance", SPIE 5291, 2004).
# The other figures are round ones that no publication gives; the tests hold them against MediaPipe's canonical face
# model, which agrees in the plane of the picture, but whose nose stands 40 mm before the eyes.
_HEAD = np.array([[-31.5, -36.0, 26.0], [31.5, -36.0, 26.0], [0.0, 0.0, 0.0], [-25.0, 27.0, 20.0], [25.0, 27.0, 20.0]])
_FOCAL_LENGTH = 1.2  # of the longer side of the picture: a usual portrait lens


def estimate_pose(landmarks: Points, height: int, width: int) -> tuple[float, float, float]:
    """Yaw, pitch and roll in degrees of (5, 2) landmarks in a picture of height x width px.

    yaw > 0: turned to the right of the picture; pitch > 0: looking down; roll > 0: clockwise. From a generic head: for
    one of another shape yaw may be 11 degrees off, pitch 6 and roll 4.
    """
    across = landmarks[1] - landmarks[0]
    roll = float(np.degrees(np.arctan2(across[1], across[0])))
    focal = _FOCAL_LENGTH * max(height, width)
    camera = np.array([[focal, 0.0, width / 2], [0.0, focal, height / 2], [0.0, 0.0, 1.0]])
    points = np.ascontiguousarray(landmarks, np.float64)
    try:
        found, rotation, _ = cv2.solvePnP(_HEAD, points, camera, None, flags=cv2.SOLVEPNP_SQPNP)
    except cv2.error:  # landmarks that all but coincide have no pose
        return 0.0, 0.0, roll
    if not found:
        return 0.0, 0.0, roll
    turn, _ = cv2.Rodrigues(rotation)
    yaw = -np.degrees(np.arctan2(turn[0, 2], turn[2, 2]))
    pitch = np.degrees(np.arctan2(-turn[1, 2], np.hypot(turn[0, 2], turn[2, 2])))
    return float(yaw), float(pitch), roll


def with_pose(face: Face, height: int, width: int) -> Face:
    """The same face, its pose filled in."""
    yaw, pitch, roll = estimate_pose(face.landmarks, height, width)
    return replace(face, yaw=yaw, pitch=pitch, roll=roll)
