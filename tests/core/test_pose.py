"""Pose from five landmarks of a head that was turned by known angles."""

from __future__ import annotations

import numpy as np
import pytest

from gpen_core.faces.pose import estimate_pose

# MediaPipe's canonical face model (canonical_face_model.obj, Apache 2.0), mm, axes as in a picture: the middle of the
# corners of each eye (vertices 33 and 133, 362 and 263), the tip of the nose (1), the corners of the mouth (61, 291).
# Its nose is half as long again as that of the head the estimate knows, as people's noses differ.
CANONICAL = np.array(
    [[-31.5, -26.2, -34.7], [31.5, -26.2, -34.7], [0.0, 11.3, -74.8], [-24.6, 43.4, -42.8], [24.6, 43.4, -42.8]]
)
LIMITS = (11, 6, 4)  # degrees of yaw, pitch and roll


def project(yaw: float, pitch: float, roll: float) -> np.ndarray:
    """The landmarks of that head, turned, in a picture of 1000 x 1000 px by a short telephoto lens from 1 m."""
    y, p, r = np.deg2rad([-yaw, pitch, roll])
    about_x = np.array([[1, 0, 0], [0, np.cos(p), -np.sin(p)], [0, np.sin(p), np.cos(p)]])
    about_y = np.array([[np.cos(y), 0, np.sin(y)], [0, 1, 0], [-np.sin(y), 0, np.cos(y)]])
    about_z = np.array([[np.cos(r), -np.sin(r), 0], [np.sin(r), np.cos(r), 0], [0, 0, 1]])
    points = CANONICAL @ (about_z @ about_x @ about_y).T + (0, 0, 1000)
    return points[:, :2] / points[:, 2:] * 2000 + 500


@pytest.mark.parametrize(
    "angles",
    [(0, 0, 0), (30, 0, 0), (-30, 0, 0), (45, 0, 0), (0, 20, 0), (0, -20, 0), (0, 0, 25), (0, 0, -80), (20, 10, 15)],
)
def test_turns_of_another_head_are_found(angles: tuple[float, float, float]) -> None:
    difference = np.abs(np.subtract(estimate_pose(project(*angles), 1000, 1000), angles))
    assert (difference <= LIMITS).all(), difference


def test_further_turned_means_larger_angles() -> None:
    turns = range(-60, 61, 10)
    yaws = [estimate_pose(project(turn, 0, 0), 1000, 1000)[0] for turn in turns]
    pitches = [estimate_pose(project(0, turn / 2, 0), 1000, 1000)[1] for turn in turns]
    assert (np.diff(yaws) > 5).all() and (np.diff(pitches) > 2).all()


def test_a_nose_to_the_right_means_positive_yaw() -> None:
    landmarks = np.array([[40.0, 40.0], [80.0, 40.0], [72.0, 60.0], [45.0, 80.0], [78.0, 80.0]])
    assert estimate_pose(landmarks, 120, 120)[0] > 10


def test_equal_landmarks_do_not_raise() -> None:
    assert len(estimate_pose(np.full((5, 2), 3.0), 10, 10)) == 3
