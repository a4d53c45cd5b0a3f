"""Several items at once, as if one after the other."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing

import numpy as np
import pytest
from faces import FixedDetector, made_up_face

from gpen_core.archive.overlap import Check, OneAtATime, Stopped, overlapped
from gpen_core.faces import Face

PATIENCE = 10  # s until a test that waits for another thread fails


def test_results_come_in_the_order_of_the_items() -> None:
    second_done = threading.Event()

    def work(item: int, check: Check) -> int:
        if item == 0:
            assert second_done.wait(PATIENCE)
        if item == 1:
            second_done.set()
        return item * 10

    outcomes = list(overlapped(work, range(6), 3))
    assert [(outcome.item, outcome.value) for outcome in outcomes] == [(number, number * 10) for number in range(6)]


def test_as_many_work_at_once_as_allowed() -> None:
    together = threading.Barrier(3, timeout=PATIENCE)
    outcomes = list(overlapped(lambda item, check: together.wait() >= 0, range(6), 3))
    assert [outcome.error for outcome in outcomes] == [None] * 6


@pytest.mark.parametrize("at_once", [1, 2, 5])
def test_no_more_are_begun_or_waiting_than_allowed(at_once: int) -> None:
    taken: list[int] = []

    def items() -> Iterator[int]:
        for number in range(12):
            taken.append(number)
            yield number

    most = 0
    for number, _ in enumerate(overlapped(lambda item, check: item, items(), at_once)):
        most = max(most, len(taken) - number)
    assert most == at_once
    assert taken == list(range(12))


def test_an_error_stays_with_its_item() -> None:
    def work(item: int, check: Check) -> float:
        return 1 / item

    outcomes = list(overlapped(work, [2, 0, 4], 2))
    assert [outcome.value for outcome in outcomes] == [0.5, None, 0.25]
    assert isinstance(outcomes[1].error, ZeroDivisionError)
    assert outcomes[1].item == 0


def test_no_items_give_no_outcomes() -> None:
    assert list(overlapped(lambda item, check: item, [], 3)) == []


def test_stopping_drops_what_is_not_begun_and_ends_what_is() -> None:
    begun: list[int] = []
    ended: list[int] = []
    second_begun = threading.Event()

    def work(item: int, check: Check) -> None:
        begun.append(item)
        if item == 0:
            return
        second_begun.set()
        try:
            for _ in range(PATIENCE * 1000):
                check()
                threading.Event().wait(0.001)
        except Stopped:
            ended.append(item)
            raise

    with pytest.raises(KeyboardInterrupt), closing(overlapped(work, range(9), 2)) as outcomes:
        for _ in outcomes:
            assert second_begun.wait(PATIENCE)
            raise KeyboardInterrupt
    assert begun == [0, 1]
    assert ended == [1]
    assert not any(thread.name.startswith("overlapped") for thread in threading.enumerate())


def test_what_is_no_error_of_an_item_stops_everything() -> None:
    def work(item: int, check: Check) -> None:
        if item == 1:
            raise SystemExit

    with pytest.raises(SystemExit):
        list(overlapped(work, range(4), 2))


def test_an_error_of_the_items_themselves_is_raised() -> None:
    def items() -> Iterator[int]:
        yield 0
        raise OSError("gone")

    with pytest.raises(OSError, match="gone"):
        list(overlapped(lambda item, check: item, items(), 1))


def test_a_detector_works_for_one_thread_at_a_time() -> None:
    class Counting(FixedDetector):
        inside, most = 0, 0

        def detect(self, picture: np.ndarray) -> list[Face]:
            self.inside += 1
            self.most = max(self.most, self.inside)
            threading.Event().wait(0.002)
            self.inside -= 1
            return super().detect(picture)

    counting = Counting(made_up_face(5, 5))
    shared = OneAtATime(counting)
    picture = np.zeros((10, 10, 3), np.uint8)
    outcomes = list(overlapped(lambda item, check: shared.detect(picture), range(8), 4))
    assert [len(outcome.value or []) for outcome in outcomes] == [1] * 8
    assert (counting.most, counting.calls, shared.name) == (1, 8, "fixed")
