"""Faces found by other detectors."""

from __future__ import annotations

import numpy as np
import pytest
from skimage import data

from gpen_core.errors import GPENError
from gpen_core.faces.embedded import EmbeddedDetector
from gpen_core.faces.given import face_of_points, faces_in_boxes


@pytest.fixture(scope="module")
def found():
    picture = data.astronaut()
    return picture, EmbeddedDetector().detect(picture)[0]


@pytest.mark.parametrize("grown", [0.75, 1.0, 1.4])
def test_a_box_tight_or_loose_leads_to_the_same_landmarks(found, grown):
    picture, face = found
    x, y = face.centre
    half_width, half_height = face.width / 2 * grown, face.height / 2 * grown
    box = (x - half_width, y - half_height, x + half_width, y + half_height)
    given = faces_in_boxes(picture, [box], [0.5])[0]
    eyes = np.linalg.norm(face.landmarks[1] - face.landmarks[0])
    assert np.linalg.norm(given.landmarks - face.landmarks, axis=1).max() < 0.05 * eyes
    assert given.box == box and given.score == 0.5


def test_no_box_gives_no_face(found):
    assert faces_in_boxes(found[0], [], []) == []


def test_a_box_without_area_is_refused(found):
    with pytest.raises(GPENError, match="width and a height"):
        faces_in_boxes(found[0], [(10, 10, 10, 20)], [1.0])


def test_five_points_stay_as_they_are(found):
    face = face_of_points(found[1].landmarks, score=0.7)
    np.testing.assert_array_equal(face.landmarks, found[1].landmarks)
    np.testing.assert_allclose(face.box, found[1].box)


def test_68_points_are_kept_beside_the_five():
    points = np.random.default_rng(0).uniform(0, 100, (68, 2))
    face = face_of_points(points)
    np.testing.assert_array_equal(face.landmarks_68, points)
    np.testing.assert_allclose(face.landmarks[0], points[36:42].mean(axis=0))


@pytest.mark.parametrize("count", [468, 478])
def test_a_mesh_gives_eyes_nose_and_mouth_as_seen_in_the_picture(count):
    mesh = np.zeros((count, 2))
    mesh[[33, 160, 158, 133, 153, 144]] = (30, 40)
    mesh[[362, 385, 387, 263, 373, 380]] = (70, 40)
    mesh[4], mesh[61], mesh[291] = (50, 60), (35, 80), (65, 80)
    np.testing.assert_array_equal(face_of_points(mesh).landmarks, [[30, 40], [70, 40], [50, 60], [35, 80], [65, 80]])


@pytest.mark.parametrize("points", [np.zeros((6, 2)), np.zeros((5, 3)), np.full((5, 2), np.nan)])
def test_other_points_are_refused(points):
    with pytest.raises(GPENError):
        face_of_points(points)
