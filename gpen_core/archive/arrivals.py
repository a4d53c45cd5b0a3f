"""Which files of a folder are complete: scanners and copies write them bit by bit."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path

from ..image import FoundPicture
from .resume import stamp_of

_Stamp = tuple[int | None, int | None]


class Arrivals:
    """Remembers how files looked the last time.

    settled: seconds for which a file that is not empty must look the same to be complete. clock: seconds that only
    grow; the times of change of files are compared with each other alone, whatever the clock of their machine says.
    """

    def __init__(self, settled: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._settled, self._clock = settled, clock
        self._seen: dict[Path, tuple[_Stamp, float]] = {}

    def complete(self, pictures: Sequence[FoundPicture]) -> list[FoundPicture]:
        """Those of the pictures in the folder now that are complete."""
        now = self._clock()
        looks: dict[Path, tuple[_Stamp, float]] = {}
        for picture in pictures:
            stamp = stamp_of(picture.path)
            before, since = self._seen.get(picture.path, (None, now))
            looks[picture.path] = (stamp, since if stamp == before else now)
        self._seen = looks
        return [each for each in pictures if self._is_complete(*looks[each.path], now)]

    def _is_complete(self, stamp: _Stamp, since: float, now: float) -> bool:
        return bool(stamp[0]) and now - since >= self._settled
