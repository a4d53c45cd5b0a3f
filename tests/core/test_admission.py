"""Pictures in work together, as memory allows."""

from __future__ import annotations

import threading
from contextlib import closing
from pathlib import Path

import pytest

from gpen_core.archive import admission
from gpen_core.archive.admission import Admission
from gpen_core.archive.overlap import Check, overlapped
from gpen_core.device import LEFT_FREE
from gpen_core.image import PictureError

PATIENCE = 10  # s until a test that waits for another thread fails
MEGAPIXEL = 50 * 10**6  # bytes


class Host:
    """Free memory as a test sets it, and pictures of as many megapixels as their names say."""

    def __init__(self, megapixels: float) -> None:
        self.free: int | None = LEFT_FREE + int(megapixels * MEGAPIXEL)
        self.given_back = 0

    def give_back(self) -> None:
        self.given_back += 1


@pytest.fixture
def host(monkeypatch: pytest.MonkeyPatch) -> Host:
    host = Host(megapixels=10)
    monkeypatch.setattr(admission, "free_host_memory", lambda: host.free)
    monkeypatch.setattr(admission, "give_back_free_memory", host.give_back)
    monkeypatch.setattr(admission, "read_size", lambda path: (1000, int(path.stem) * 1000))
    return host


def go_on() -> None:
    pass


def most_at_once(names: list[str], threads: int) -> tuple[int, list[Exception | None]]:
    """Pictures that were in work together at most, of pictures that each wait a while for company."""
    entrance = Admission()
    lock = threading.Lock()
    inside = most = 0

    def work(name: str, check: Check) -> None:
        nonlocal inside, most
        with entrance.of(Path(name), check):
            with lock:
                inside += 1
                most = max(most, inside)
            threading.Event().wait(0.05)
            with lock:
                inside -= 1

    errors = [outcome.error for outcome in overlapped(work, names, threads)]
    return most, errors


def test_as_many_are_in_work_as_fit(host: Host) -> None:
    assert most_at_once(["4.png"] * 6, threads=4) == (2, [None] * 6)


def test_where_memory_is_plenty_nobody_waits(host: Host) -> None:
    together = threading.Barrier(3, timeout=PATIENCE)
    entrance = Admission()

    def work(name: str, check: Check) -> None:
        with entrance.of(Path(name), check):
            together.wait()

    assert [outcome.error for outcome in overlapped(work, ["3.png"] * 6, 3)] == [None] * 6


def test_where_nobody_says_how_much_is_free_nobody_waits(host: Host) -> None:
    host.free = None
    entrance = Admission()
    with entrance.of(Path("900.png"), go_on), entrance.of(Path("900.png"), go_on):
        pass


def test_a_picture_too_large_alone_is_refused_by_name_and_the_others_go_on(host: Host) -> None:
    _, errors = most_at_once(["4.png", "11.png", "10.png", "1.png"], threads=3)
    assert [error is None for error in errors] == [True, False, True, True]
    assert isinstance(errors[1], PictureError)
    assert "11.png is too large for the memory that is free: 1000 x 11000 pixels take about 0.6 GB" in str(errors[1])


def test_pictures_that_are_compared_or_straightened_take_more(host: Host) -> None:
    with Admission(doubled=False).of(Path("6.png"), go_on):
        pass
    with pytest.raises(PictureError), Admission(doubled=True).of(Path("6.png"), go_on):
        pass


def test_what_is_reserved_is_given_back_after_an_error(host: Host) -> None:
    entrance = Admission()
    for _ in range(3):
        with pytest.raises(ValueError, match="broken"), entrance.of(Path("9.png"), go_on):
            raise ValueError("broken")


def test_memory_that_other_programs_take_is_not_given_twice(host: Host) -> None:
    entrance = Admission()
    second_in = threading.Event()

    def second() -> None:
        with entrance.of(Path("2.png"), go_on):
            second_in.set()

    thread = threading.Thread(target=second)
    with entrance.of(Path("4.png"), go_on):
        host.free = LEFT_FREE + MEGAPIXEL  # the first and others have taken the rest
        thread.start()
        assert not second_in.wait(0.1)
        host.free = LEFT_FREE + 9 * MEGAPIXEL
    thread.join(PATIENCE)
    assert second_in.is_set()


def test_a_picture_is_not_refused_for_what_lies_free_in_the_heap(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    host.free = LEFT_FREE

    def give_back() -> None:
        host.free = LEFT_FREE + 10 * MEGAPIXEL

    monkeypatch.setattr(admission, "give_back_free_memory", give_back)
    with Admission().of(Path("9.png"), go_on):
        pass


def test_free_memory_goes_back_now_and_then(host: Host) -> None:
    entrance = Admission()
    for _ in range(35):
        with entrance.of(Path("1.png"), go_on):
            pass
    assert host.given_back == 3


def test_waiting_ends_when_the_run_is_stopped(host: Host) -> None:
    entrance = Admission()
    entered: list[str] = []
    large_in = threading.Event()

    def work(name: str, check: Check) -> None:
        if name == "begun.png":
            return
        with entrance.of(Path(name), check):
            entered.append(name)
            large_in.set()
            for _ in range(PATIENCE * 1000):
                check()
                threading.Event().wait(0.001)

    with (
        pytest.raises(KeyboardInterrupt),
        closing(overlapped(work, ["begun.png", "9.png", "8.png"], 3)) as outcomes,
    ):
        for _ in outcomes:
            assert large_in.wait(PATIENCE)
            raise KeyboardInterrupt
    assert len(entered) == 1
    assert not any(thread.name.startswith("overlapped") for thread in threading.enumerate())
