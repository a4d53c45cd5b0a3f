"""Large pictures in runs of rows: little memory at once, and a word to the caller between them."""

from __future__ import annotations

from collections.abc import Iterator

from ..progress import Progress, silent

_PIXELS = 1 << 20  # at once


def bands(height: int, width: int, progress: Progress = silent) -> Iterator[slice]:
    """The rows of a picture from top to bottom, about a megapixel at a time.

    progress: called with (rows done, rows in all) before each band and at the end; an exception it raises stops the
    work.
    """
    rows = max(_PIXELS // width, 1)
    for top in range(0, height, rows):
        progress(top, height)
        yield slice(top, min(top + rows, height))
    progress(height, height)
