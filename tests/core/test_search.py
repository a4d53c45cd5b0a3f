"""gpen_core.faces.search: copies, merging and turning, with stand-ins for a detector."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from gpen_core.faces.detector import Picture
from gpen_core.faces.search import Detections, SearchPlan, merge, search, unturn

PLAN = SearchPlan(
    always=(160,),
    finer=(320, 640),
    coarser=(80,),
    turned=(160,),
    small=10,
    sure=0.0,
    score=0.7,
    turned_score=0.8,
    lone_score=0.5,
)


def found(*rows: tuple[float, ...], turns: int = 0) -> Detections:
    """Detections from rows x1, y1, x2, y2, score; the one point of each is the centre of its box."""
    table = np.array(rows, dtype=float).reshape(-1, 5)
    points = (table[:, None, :2] + table[:, None, 2:4]) / 2
    return Detections(table[:, :4], table[:, 4], points, np.full(len(table), turns))


class Recorder:
    """A detector that keeps the sizes (width, height) of the copies it sees."""

    def __init__(self, *answers: Detections) -> None:
        self.answers = list(answers)
        self.sizes: list[tuple[int, int]] = []

    def __call__(self, picture: Picture) -> Detections:
        self.sizes.append((picture.shape[1], picture.shape[0]))
        return self.answers.pop(0) if self.answers else found()


def brightest(picture: Picture) -> Detections:
    """One face: a box of one tenth of the copy around the centre of brightness."""
    weights = picture[..., 0].astype(float)
    y, x = (np.average(index, weights=weights) for index in np.indices(weights.shape))
    half = max(weights.shape) / 20
    return found((x - half, y - half, x + half, y + half, 0.9))


def blank(height: int, width: int) -> Picture:
    return np.zeros((height, width, 3), np.uint8)


@pytest.mark.parametrize("side", [37, 160, 500, 1999])
def test_coordinates_are_those_of_the_original_at_every_scale(side: int) -> None:
    picture = blank(side, side)
    low, high = int(side * 0.6), int(side * 0.8)
    picture[low:high, low:high] = 255
    faces = search(picture, brightest, replace(PLAN, small=0))
    centre = (low + high - 1) / 2
    np.testing.assert_allclose(faces.points[0, 0], [centre, centre], atol=0.02 * side / 160 + 0.01)
    np.testing.assert_allclose(faces.boxes[0], [centre - side / 20] * 2 + [centre + side / 20] * 2, atol=side / 300)


def test_reducing_does_not_alias() -> None:
    stripes = blank(1280, 1280)
    stripes[:, ::2] = 255
    copies: list[Picture] = []
    search(stripes, lambda picture: copies.append(picture) or found(), replace(PLAN, finer=(), coarser=(), turned=()))
    assert np.ptp(copies[0].astype(int)) <= 1


def test_a_large_face_needs_no_finer_copy() -> None:
    detect = Recorder(found((0, 0, 50, 50, 0.9)))
    search(blank(2000, 1000), detect, PLAN)
    assert detect.sizes == [(80, 160)]


def test_small_faces_are_sought_on_finer_copies() -> None:
    detect = Recorder(found((0, 0, 8, 8, 0.9)), found((0, 0, 16, 16, 0.9)))
    search(blank(2000, 1000), detect, PLAN)
    assert detect.sizes == [(80, 160), (160, 320)]


def test_nothing_found_walks_through_all_copies() -> None:
    detect = Recorder()
    assert len(search(blank(2000, 1000), detect, PLAN)) == 0
    assert detect.sizes == [(80, 160), (160, 320), (320, 640), (40, 80), (160, 80), (80, 160), (160, 80)]


def test_small_pictures_are_enlarged_twofold_at_most() -> None:
    detect = Recorder()
    search(blank(100, 100), detect, PLAN)
    assert max(detect.sizes) == (200, 200)


@pytest.mark.parametrize("shape", [(1, 1), (40, 40), (20, 5000), (5000, 20), (1, 3000)])
def test_tiny_and_narrow_pictures_have_no_faces(shape: tuple[int, int]) -> None:
    assert len(search(blank(*shape), Recorder(), PLAN)) == 0


def test_a_face_below_the_threshold_is_taken_where_it_is_large_and_alone() -> None:
    plan = replace(PLAN, finer=(), coarser=(), turned=())
    assert len(search(blank(160, 160), Recorder(found((0, 0, 50, 50, 0.6))), plan)) == 1
    assert len(search(blank(160, 160), Recorder(found((0, 0, 20, 20, 0.6))), plan)) == 0
    beside = found((0, 0, 50, 50, 0.6), (90, 90, 120, 120, 0.9))
    assert search(blank(160, 160), Recorder(beside), plan).scores.tolist() == [0.9]


def test_a_doubtful_face_yields_to_a_better_turned_reading() -> None:
    upright, turned = found((50, 50, 100, 100, 0.8)), found((50, 60, 100, 110, 0.95))
    plan = replace(PLAN, sure=0.9)
    # Turned once anticlockwise, x of the original is the height less one less y of the copy.
    faces = search(blank(160, 160), Recorder(upright, turned), replace(plan, finer=()))
    assert faces.turns.tolist() == [1]
    np.testing.assert_allclose(faces.boxes[0], [159 - 110, 50, 159 - 60, 100])


def test_a_sure_face_is_not_sought_in_turned_copies() -> None:
    detect = Recorder(found((50, 50, 100, 100, 0.95)))
    search(blank(160, 160), detect, replace(PLAN, sure=0.9, finer=()))
    assert len(detect.sizes) == 1


def test_merging_averages_equally_sure_views() -> None:
    faces = merge([found((0, 0, 100, 100, 0.9)), found((4, 0, 104, 100, 0.9))], 0.5, 0.5)
    np.testing.assert_allclose(faces.boxes, [[2, 0, 102, 100]])
    np.testing.assert_allclose(faces.points, [[[52, 50]]])


def test_merging_ignores_much_less_sure_views() -> None:
    faces = merge([found((0, 0, 100, 100, 0.9)), found((4, 0, 104, 100, 0.7))], 0.5, 0.5)
    np.testing.assert_allclose(faces.boxes, [[0, 0, 100, 100]])


def test_merging_drops_parts_of_a_face() -> None:
    assert len(merge([found((0, 0, 100, 100, 0.9), (60, 60, 90, 90, 0.85))], 0.5, 0.5)) == 1


def test_merging_keeps_neighbours_best_first() -> None:
    faces = merge([found((0, 0, 100, 100, 0.8), (90, 0, 190, 100, 0.9))], 0.5, 0.5)
    assert faces.scores.tolist() == [0.9, 0.8]


def test_an_upright_reading_wins_over_an_equally_sure_turned_one() -> None:
    faces = merge([found((0, 0, 9, 9, 0.91), turns=2), found((0, 0, 9, 9, 0.9))], 0.5, 0.5)
    assert faces.turns.tolist() == [0]


def test_a_face_found_only_turned_must_be_surer() -> None:
    assert len(merge([found((0, 0, 9, 9, 0.75), turns=2)], 0.7, 0.8)) == 0


@pytest.mark.parametrize("turns", [0, 1, 2, 3])
def test_unturning_finds_the_same_pixel(turns: int) -> None:
    picture = np.arange(12).reshape(3, 4)
    turned = np.rot90(picture, turns)
    x, y = 1, 2 if turned.shape[0] > 2 else 1
    back = unturn(np.array([[x, y]], dtype=float), turns, picture.shape)[0].astype(int)
    assert picture[back[1], back[0]] == turned[y, x]
