"""Long work says how far it is, stops between its steps when the caller raises, and gives the same either way."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from faces import noise_picture
from networks import tiny_generator

from gpen_core.faces.embedded import EmbeddedDetector
from gpen_core.faces.search import Detections, SearchPlan, search
from gpen_core.image.bands import bands
from gpen_core.image.contrast import clahe
from gpen_core.image.exposure import correct_exposure
from gpen_core.progress import Progress, part_of, silent
from gpen_core.pruning import prune

Calls = list[tuple[int, int | None]]
LARGE = noise_picture(1200, 2000) * 0.3  # three bands, dark enough to be corrected


class StoppedError(Exception):
    """Raised by a caller who has had enough."""


def recorded(calls: Calls, stop_at: int | None = None) -> Progress:
    """A progress that keeps what it is told, and stops the work at one of the calls."""

    def report(done: int, total: int | None) -> None:
        calls.append((done, total))
        if len(calls) == stop_at:
            raise StoppedError

    return report


def small_pruned(progress: Progress) -> torch.Tensor:
    smaller = prune(tiny_generator(64, narrow=1 / 16, channel_multiplier=1), 0.3, progress)
    return torch.cat([tensor.flatten() for tensor in smaller.state_dict().values()])


WORK: dict[str, tuple[Callable[[Progress], Any], int]] = {
    "clahe": (lambda progress: clahe(LARGE, progress=progress), 6),
    "clahe that keeps grain": (lambda progress: clahe(LARGE, keep_grain=True, progress=progress), 12),
    "exposure": (lambda progress: correct_exposure(LARGE, progress=progress), 6),
    "pruning": (small_pruned, 200),
}


@pytest.mark.parametrize("work", WORK)
def test_the_steps_are_many_and_lead_to_the_end(work: str) -> None:
    calls: Calls = []
    run, least = WORK[work]
    run(recorded(calls))
    done, totals = [call[0] for call in calls], {call[1] for call in calls}
    assert len(calls) >= least
    assert done == sorted(done) and done[0] == 0
    assert totals == {done[-1]}


@pytest.mark.parametrize("work", WORK)
@pytest.mark.parametrize("part", [0.0, 0.3, 0.6, 0.95])
def test_the_caller_stops_the_work_at_any_step(work: str, part: float) -> None:
    calls: Calls = []
    run, least = WORK[work]
    with pytest.raises(StoppedError):
        run(recorded(calls, stop_at=1 + int(part * least)))
    assert len(calls) == 1 + int(part * least)


@pytest.mark.parametrize("work", WORK)
def test_being_told_changes_nothing(work: str) -> None:
    run, _ = WORK[work]
    assert np.array_equal(np.asarray(run(silent)), np.asarray(run(recorded([]))))


def test_a_stopped_pruning_leaves_the_generator_and_a_second_one_as_they_are() -> None:
    generator = tiny_generator(64, narrow=1 / 16, channel_multiplier=1)
    before = {name: tensor.clone() for name, tensor in generator.state_dict().items()}
    with pytest.raises(StoppedError):
        prune(generator, 0.3, recorded([], stop_at=60))  # on the way back through the network
    assert all(torch.equal(tensor, before[name]) for name, tensor in generator.state_dict().items())
    assert not any(module._forward_hooks for module in generator.modules())
    assert prune(generator, 0.3).config == prune(tiny_generator(64, narrow=1 / 16, channel_multiplier=1), 0.3).config


def test_a_search_asks_before_each_copy_of_the_picture() -> None:
    plan = SearchPlan((40, 80), (160,), (20,), (40,), small=30, sure=0.9, score=0.5, turned_score=0.5, lone_score=0.5)
    nothing = Detections.upright(np.zeros((0, 4)), np.zeros(0), np.zeros((0, 5, 2)))
    picture = np.zeros((160, 160, 3), np.uint8)
    calls: Calls = []
    search(picture, lambda copy: nothing, plan, recorded(calls))
    assert calls == [(number, None) for number in range(7)]  # 40, 80, 160, 20, and 40 turned three times
    with pytest.raises(StoppedError):
        search(picture, lambda copy: nothing, plan, recorded([], stop_at=5))


def test_the_embedded_detector_stops_within_a_copy() -> None:
    detector, picture = EmbeddedDetector(), np.full((300, 400, 3), 90, np.uint8)
    calls: Calls = []
    detector.detect(picture, recorded(calls))
    assert {total for _, total in calls} == {None}
    assert len(calls) > 3 * 6  # before each copy, and between the networks
    with pytest.raises(StoppedError):
        detector.detect(picture, recorded([], stop_at=8))
    assert detector.detect(picture) == []


def test_bands_cover_a_picture_once() -> None:
    calls: Calls = []
    rows = [row for band in bands(2500, 1000, recorded(calls)) for row in range(2500)[band]]
    assert rows == list(range(2500))
    assert calls == [(0, 2500), (1048, 2500), (2096, 2500), (2500, 2500)]
    assert list(bands(3, 2**22)) == [slice(0, 1), slice(1, 2), slice(2, 3)]


def test_a_part_takes_the_whole_from_its_start_to_its_end() -> None:
    calls: Calls = []
    part = part_of(recorded(calls), 60, 90, 100)
    for done, total in ((0, 3), (1, 3), (3, 3), (5, None)):
        part(done, total)
    assert calls == [(60, 100), (70, 100), (90, 100), (60, 100)]
