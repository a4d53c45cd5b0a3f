"""How long work tells its caller how far it is."""

from __future__ import annotations

from collections.abc import Callable

# Called with what is done and with what there is in all, None where that is unknown. What it raises stops the work.
Progress = Callable[[int, int | None], None]


def silent(done: int, total: int | None) -> None:
    """For callers who do not want to know."""


def part_of(progress: Progress, start: int, end: int, total: int) -> Progress:
    """The progress of a part of the work, which counts its own steps: they take it from `start` to `end` of `total`."""

    def report(done: int, steps: int | None) -> None:
        progress(start + (end - start) * done // steps if steps else start, total)

    return report
