"""gpen_core.faces.second_look: when the second detector is asked, and what is taken of its faces."""

from __future__ import annotations

import numpy as np
import pytest

from gpen_core.faces import Face
from gpen_core.faces.detector import Picture
from gpen_core.faces.second_look import SecondLook
from gpen_core.progress import Progress, silent

PICTURE = np.zeros((100, 200, 3), np.uint8)


def face(left: float, score: float, side: float = 40.0) -> Face:
    return Face(box=(left, 10.0, left + side, 10.0 + side), landmarks=np.zeros((5, 2)), score=score)


class Stub:
    """Finds what it was told. asked: how often."""

    def __init__(self, name: str, *faces: Face) -> None:
        self.name, self.faces, self.asked = name, list(faces), 0

    def detect(self, picture: Picture, progress: Progress = silent) -> list[Face]:
        assert picture is PICTURE
        progress(0, None)
        self.asked += 1
        return self.faces


def test_a_first_that_is_sure_is_not_doubted() -> None:
    first, second = Stub("first", face(10, 0.95), face(60, 0.9)), Stub("second", face(120, 0.99))
    detector = SecondLook(first, second)
    assert detector.detect(PICTURE) == first.faces and second.asked == 0
    assert detector.name == "first and second"


def test_where_the_first_finds_nobody_all_of_the_second_are_taken() -> None:
    second = Stub("second", face(10, 0.85), face(60, 0.3))
    assert SecondLook(Stub("first"), second).detect(PICTURE) == second.faces


@pytest.mark.parametrize(
    "same", [face(12, 0.99), face(10, 0.99, side=15), face(-20, 0.99, side=90)], ids=["moved", "inside", "around"]
)
def test_where_the_first_is_not_sure_only_new_and_sure_faces_are_added(same: Face) -> None:
    unsure, new, doubtful = face(10, 0.89), face(90, 0.95), face(150, 0.79)
    found = SecondLook(Stub("first", unsure), Stub("second", same, new, doubtful)).detect(PICTURE)
    assert found == [new, unsure]


def test_both_can_be_stopped() -> None:
    asked: list[int | None] = []
    SecondLook(Stub("first"), Stub("second")).detect(PICTURE, lambda done, total: asked.append(total))
    assert asked == [None, None]
