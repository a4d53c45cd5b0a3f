"""Choice of faces."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from faces import made_up_face

from gpen_core import GPENError
from gpen_core.faces.selection import FaceChoice, box_in_shares, choose_faces, number_faces

FACES = number_faces(
    [
        made_up_face(300, 100, size=40, score=0.95),
        made_up_face(60, 80, size=90, score=0.6),
        made_up_face(210, 110, size=20, score=0.8, yaw=60.0),
    ]
)  # numbered 0 (left, large), 1 (middle, small, turned away), 2 (right, most certain)


def taken(choice: FaceChoice, region: np.ndarray | None = None) -> list[int]:
    return [entry.face.index for entry in choose_faces(FACES, choice, 200, 400, region) if entry.skipped is None]


def test_faces_are_numbered_from_left_to_right() -> None:
    assert [face.centre[0] for face in FACES] == [60, 210, 300]
    assert [face.index for face in FACES] == [0, 1, 2]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, [0, 1, 2]),
        ({"max_faces": 0}, []),
        ({"max_faces": 1, "order": "largest"}, [0]),
        ({"max_faces": 1, "order": "central"}, [1]),
        ({"max_faces": 1, "order": "confident"}, [2]),
        ({"max_faces": 2, "order": "left_to_right"}, [0, 1]),
        ({"indices": (2, 0)}, [0, 2]),
        ({"indices": ()}, []),
        ({"indices": (7,)}, []),
        ({"min_size": 30}, [0, 2]),
        ({"min_score": 0.7}, [1, 2]),
        ({"max_yaw": 45}, [0, 2]),
        ({"min_size": 30, "max_faces": 1, "order": "central"}, [2]),
    ],
)
def test_choice(options: dict[str, Any], expected: list[int]) -> None:
    assert taken(FaceChoice(**options)) == expected


def test_region_takes_faces_whose_centre_lies_inside() -> None:
    region = np.zeros((200, 400), bool)
    region[:, :250] = True
    assert taken(FaceChoice(), region) == [0, 1]
    assert taken(FaceChoice(), np.zeros((200, 400), bool)) == []


def test_every_skipped_face_has_its_reason() -> None:
    choice = FaceChoice(max_faces=1, min_size=30, max_yaw=45)
    reasons = [entry.skipped for entry in choose_faces(FACES, choice, 200, 400)]
    assert reasons == [None, "too small", "beyond max_faces 1"]


def test_sharp_faces_are_left_alone_whoever_found_them_at_whatever_scale() -> None:
    box = box_in_shares(FACES[0], 200, 400)
    choice = FaceChoice(sharp=((box[0] - 0.02, box[1] + 0.03, box[2], box[3]),))  # another detector's box
    assert taken(choice) == [1, 2]
    doubled = [replace(face, box=tuple(2 * value for value in face.box)) for face in FACES]
    skipped = [entry.skipped for entry in choose_faces(doubled, choice, 400, 800)]
    assert skipped == ["sharp already", None, None]


def test_a_large_face_behind_a_small_sharp_one_is_taken() -> None:
    box = box_in_shares(FACES[0], 200, 400)
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    assert taken(FaceChoice(sharp=((x + 0.01, y - 0.02, x + 0.03, y + 0.02),))) == [0, 1, 2]


def test_a_sharp_face_does_not_make_room_for_another() -> None:
    choice = FaceChoice(max_faces=1, sharp=(box_in_shares(FACES[0], 200, 400),))
    reasons = [entry.skipped for entry in choose_faces(FACES, choice, 200, 400)]
    assert reasons == ["sharp already", "beyond max_faces 1", "beyond max_faces 1"]


@pytest.mark.parametrize("options", [{"order": "best"}, {"max_faces": -1}])
def test_impossible_choices_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(GPENError):
        FaceChoice(**options)
