"""Memory and time of the network as a picture: against the size for one face, against the batch at one size."""

from __future__ import annotations

from collections.abc import Iterable

from benchmark_results import Results
from line_chart import PANEL_HEIGHT, PANEL_WIDTH, Line, Panel, draw_panel
from PIL import Image

_BATCH_SIZE = 512  # px, of the panels against the batch
_MEGABYTE = 1e6


def draw_figure(results: Results) -> Image.Image:
    """Two rows, memory and time, of two panels each. What was not measured is left out.

    Raises ValueError when nothing was measured.
    """
    threads = _most_threads(results)
    panels = [
        Panel("Peak memory of one face, weights included, MB", "px", _memory_against_size(results)),
        Panel(
            f"Peak memory at {_BATCH_SIZE} px, weights included, MB", "faces at once", _memory_against_batch(results)
        ),
        Panel(f"Time of one face, seconds, {threads} threads", "px", _time_against_size(results)),
        Panel(
            f"Time per face at {_BATCH_SIZE} px, seconds, {threads} threads",
            "faces at once",
            _time_against_batch(results),
        ),
    ]
    panels = [panel for panel in panels if panel.lines]
    if not panels:
        raise ValueError(
            "There is nothing to draw: no memory and no speed was measured. Run `all`, or give files of it."
        )
    rows = (len(panels) + 1) // 2
    picture = Image.new("RGB", (2 * PANEL_WIDTH, rows * PANEL_HEIGHT), "white")
    for number, panel in enumerate(panels):
        picture.paste(draw_panel(panel), (number % 2 * PANEL_WIDTH, number // 2 * PANEL_HEIGHT))
    return picture


def _memory_against_size(results: Results) -> list[Line]:
    whole = [
        (f"{use.variant} {use.precision}", use.size, use.peak / _MEGABYTE)
        for use in results.memory
        if use.batch == 1 and use.strips == 0
    ]
    strips = [
        (f"{use.variant} {use.precision}, strips", use.size, use.peak / _MEGABYTE)
        for use in results.memory
        if use.strips and use.variant == "full"
    ]
    return _lines([*whole, *strips])


def _memory_against_batch(results: Results) -> list[Line]:
    return _lines(
        (f"{use.variant} {use.precision}", use.batch, use.peak / _MEGABYTE)
        for use in results.memory
        if use.size == _BATCH_SIZE and use.strips == 0
    )


def _time_against_size(results: Results) -> list[Line]:
    threads = _most_threads(results)
    return _lines(
        (speed.name, speed.size, speed.median)
        for speed in results.speed
        if speed.batch == 1 and speed.threads == threads
    )


def _time_against_batch(results: Results) -> list[Line]:
    threads = _most_threads(results)
    return _lines(
        (speed.name, speed.batch, speed.median / speed.batch)
        for speed in results.speed
        if speed.size == _BATCH_SIZE and speed.threads == threads
    )


def _most_threads(results: Results) -> int:
    return max((speed.threads for speed in results.speed), default=0)


def _lines(points: Iterable[tuple[str, int, float]]) -> list[Line]:
    """One line for each name; of several values at one place the smallest, which is that of the smallest strips."""
    lowest: dict[str, dict[float, float]] = {}
    for name, x, y in points:
        line = lowest.setdefault(name, {})
        line[x] = min(y, line.get(x, y))
    return [Line(name, sorted(line.items())) for name, line in lowest.items()]
