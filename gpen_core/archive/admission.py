"""Which pictures may be in memory together: as many as the free memory holds, by an estimate from their sizes."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

from ..device import LEFT_FREE
from ..heap import give_back_free_memory
from ..host_memory import free_host_memory
from ..image import PictureError, read_size

# Pixels, result and mask in float32, and what is made in between. Measured at 6 and 24 megapixels: 41, and about 90
# with a comparison (of a picture with alpha) or a lens.
_BYTES_PER_PIXEL, _BYTES_PER_PIXEL_DOUBLED = 50, 95
_PICTURES_UNTIL_GIVEN_BACK = 10  # what they leave in the heap


class Admission:
    """Makes the threads that work on pictures wait until there is memory for theirs."""

    def __init__(self, doubled: bool = False) -> None:
        """doubled: each picture is also made straight for a lens, or shown before and after."""
        self._bytes_per_pixel = _BYTES_PER_PIXEL_DOUBLED if doubled else _BYTES_PER_PIXEL
        self._changed = threading.Condition()
        self._reserved = 0  # bytes, for the pictures in work
        self._free: int | None = None  # bytes when the first of them was admitted
        self._done = 0

    @contextmanager
    def of(self, path: Path, check: Callable[[], None]) -> Generator[None, None, None]:
        """Work within it on the picture of a file; entered when it fits beside those in work.

        check: called after each time of waiting; an exception it raises ends the waiting.
        Raises PictureError for a picture that does not even fit alone, and as `read_size`.
        """
        width, height = read_size(path)
        needed = self._bytes_per_pixel * width * height
        with self._changed:
            while not self._fits(needed):
                if not self._reserved:
                    raise _too_large(path, width, height, needed, self._free)
                self._changed.wait()
                check()
            self._reserved += needed
        try:
            yield
        finally:
            with self._changed:
                self._reserved -= needed
                self._done += 1
                if self._done % _PICTURES_UNTIL_GIVEN_BACK == 0:
                    give_back_free_memory()
                self._changed.notify_all()

    def _fits(self, needed: int) -> bool:
        """Whether it fits beside what is reserved, and into what is free now.

        Both are asked: pictures in work have not yet taken all they will need, and other programs take some too.
        """
        free = free_host_memory()
        if not self._reserved:
            if free is not None and needed > free - LEFT_FREE:  # perhaps it lies in the heap
                give_back_free_memory()
                free = free_host_memory()
            self._free = free
        if free is None or self._free is None:
            return True
        return needed <= min(self._free - self._reserved, free) - LEFT_FREE


def _too_large(path: Path, width: int, height: int, needed: int, free: int | None) -> PictureError:
    return PictureError(
        f"{path.name} is too large for the memory that is free: {width} x {height} pixels take about "
        f"{needed / 1e9:.1f} GB, {(free or 0) / 1e9:.1f} GB are free.\n"
        "Close other programs, raise the limit of the container, or reduce the picture in an image editor first."
    )
