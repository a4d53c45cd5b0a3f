"""Pose from five landmarks of a head that was turned by known angles."""

from __future__ import annotations

import numpy as np
import pytest

from gpen_core.faces.pose import _FOCAL_LENGTH, _HEAD, estimate_pose


def project(yaw: float, pitch: float, roll: float) -> np.ndarray:
    """The landmarks of the generic head, turned, seen from 600 mm by the camera that the estimate assumes."""
    y, p, r = np.deg2rad([-yaw, pitch, roll])
    about_x = np.array([[1, 0, 0], [0, np.cos(p), -np.sin(p)], [0, np.sin(p), np.cos(p)]])
    about_y = np.array([[np.cos(y), 0, np.sin(y)], [0, 1, 0], [-np.sin(y), 0, np.cos(y)]])
    about_z = np.array([[np.cos(r), -np.sin(r), 0], [np.sin(r), np.cos(r), 0], [0, 0, 1]])
    points = _HEAD @ (about_z @ about_x @ about_y).T + (0, 0, 600)
    return points[:, :2] / points[:, 2:] * _FOCAL_LENGTH * 1000 + 500


@pytest.mark.parametrize(
    "angles", [(0, 0, 0), (30, 0, 0), (-30, 0, 0), (0, 20, 0), (0, -20, 0), (0, 0, 25), (0, 0, -80)]
)
def test_single_turns_are_found(angles: tuple[float, float, float]) -> None:
    found = estimate_pose(project(*angles), 1000, 1000)
    np.testing.assert_allclose(found, angles, atol=4)


def test_a_nose_to_the_right_means_positive_yaw() -> None:
    landmarks = np.array([[40.0, 40.0], [80.0, 40.0], [72.0, 60.0], [45.0, 80.0], [78.0, 80.0]])
    assert estimate_pose(landmarks, 120, 120)[0] > 10


def test_equal_landmarks_do_not_raise() -> None:
    assert len(estimate_pose(np.full((5, 2), 3.0), 10, 10)) == 3
