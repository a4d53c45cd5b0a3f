"""Working on several items at once, in threads, as if it were one after the other.

Reading, detection and writing of a picture so overlap with the network's work on its neighbours. What must not run
twice at the same time takes a lock of its own.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from ..faces import Face, FaceDetector

Item = TypeVar("Item")
Value = TypeVar("Value")
Check = Callable[[], None]


class Stopped(BaseException):
    """Raised by a `Check` in a thread whose result nobody waits for any more."""


@dataclass(frozen=True)
class Outcome(Generic[Item, Value]):
    """What became of an item: a value, or the exception that working on it raised."""

    item: Item
    value: Value | None = None
    error: Exception | None = None


def overlapped(
    work: Callable[[Item, Check], Value],
    items: Iterable[Item],
    at_once: int,
    finished: Callable[[Outcome[Item, Value]], None] | None = None,
) -> Generator[Outcome[Item, Value], None, None]:
    """The outcomes of `work(item, check)` for all items, in their order, at most `at_once` items in work or waiting.

    An exception stays with its item; the others go on. Whoever stops early closes the iterator (contextlib.closing):
    items not begun are dropped, those in work end at their next `check()` and are waited for.
    finished: called with each outcome in the thread that worked, at once: not only when those before it are through.
    """
    stop = threading.Event()

    def check() -> None:
        if stop.is_set():
            raise Stopped

    def begin(item: Item) -> Outcome[Item, Value]:
        check()
        try:
            outcome: Outcome[Item, Value] = Outcome(item, work(item, check))
        except Exception as error:
            outcome = Outcome(item, error=error)
        if finished is not None:
            finished(outcome)
        return outcome

    source = iter(items)
    begun: deque[Future[Outcome[Item, Value]]] = deque()
    with ThreadPoolExecutor(at_once, "overlapped") as pool:
        try:
            while True:
                for item in islice(source, at_once - len(begun)):
                    begun.append(pool.submit(begin, item))
                if not begun:
                    return
                yield begun.popleft().result()
        finally:
            stop.set()


class OneAtATime:
    """A face detector that several threads may call: detectors keep buffers of their own and cannot do that."""

    def __init__(self, detector: FaceDetector) -> None:
        self._detector, self._lock = detector, threading.Lock()

    @property
    def name(self) -> str:
        return self._detector.name

    def detect(self, picture: NDArray[np.uint8]) -> list[Face]:
        """As the detector's own."""
        with self._lock:
            return self._detector.detect(picture)
