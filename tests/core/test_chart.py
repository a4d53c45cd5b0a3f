"""The chart of measures and advice."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from quality import DEGRADED, SEVERE, SHARP, SOFT, face_measures, picture_measures

from gpen_core.image.warp import Pixels
from gpen_core.quality import advise, draw_chart
from gpen_core.quality.gauges import GAUGES


def chart_of(*faces: dict[str, Any], **picture: Any) -> Pixels:
    measures = picture_measures(*(face_measures(index, **face) for index, face in enumerate(faces)), **picture)
    return draw_chart(measures, advise(measures))


@pytest.mark.parametrize("faces", [(), (SOFT,), (SHARP, SOFT), (SHARP, SOFT, DEGRADED, SEVERE), (SEVERE,) * 29])
def test_a_chart_of_any_number_of_faces(faces: tuple[dict[str, Any], ...]) -> None:
    chart = chart_of(*faces)
    assert chart.dtype == np.float32
    assert chart.shape[1:] == (1200, 3)
    assert 600 < chart.shape[0] < 2000
    assert chart.min() >= 0
    assert chart.max() <= 1


def test_the_same_measures_give_the_same_chart() -> None:
    assert np.array_equal(chart_of(SOFT), chart_of(SOFT))


def test_the_chart_shows_the_measures() -> None:
    good, noisy = chart_of(SOFT), chart_of(SOFT | {"noise": 10.0})
    assert (good != noisy).any()


def test_of_many_faces_the_largest_are_shown() -> None:
    small = [SEVERE | {"crop_side": 50.0}] * 2
    large = [SOFT | {"crop_side": 300.0}] * 4
    one = [DEGRADED | {"crop_side": 51.0}]
    first, second = (_gauges(chart_of(*large, *small, extra)) for extra in (small[0], *one))
    assert np.array_equal(first, second)


def _gauges(chart: Pixels) -> Pixels:
    return chart[150:650]


def test_measures_far_beyond_the_scales() -> None:
    chart = chart_of({"sharpness": 1.0, "noise": 500.0, "blockiness": 90.0, "crop_side": 9000.0, "yaw": -179.0})
    background = chart[0, 0]
    assert (_gauges(chart) != background).any()
    assert (chart[:, :30] == background).all() and (chart[:, -30:] == background).all()  # nothing leaves the page


@pytest.mark.parametrize("gauge", GAUGES, ids=lambda gauge: gauge.label)
def test_a_scale_rises_from_end_to_end(gauge: Any) -> None:
    ends = [end for end, _ in gauge.zones]
    assert [gauge.low, *ends] == sorted([gauge.low, *ends])
    assert gauge.position(gauge.low) == 0
    assert gauge.position(gauge.high) == 1
    assert gauge.position(gauge.low - 5) == 0
    assert gauge.position(gauge.high + 5) == 1
    positions = [gauge.position(end) for end in ends]
    assert positions == sorted(positions)


def test_grades() -> None:
    noise = next(gauge for gauge in GAUGES if gauge.label == "Noise")
    assert [noise.grade(value) for value in (0, 4, 10, 15, 99)] == ["good", "fair", "poor", "bad", "bad"]
