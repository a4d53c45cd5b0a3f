"""Lines over doubling steps: both axes logarithmic, every line named at its end."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import cycle

from PIL import Image, ImageDraw, ImageFont

PANEL_WIDTH, PANEL_HEIGHT = 800, 520  # px

_LEFT, _RIGHT, _TOP, _BOTTOM = 76, 212, 64, 64  # px around the lines; names stand on the right
_TITLE, _TEXT = 19, 15  # px, sizes of letters
_NAME_DISTANCE = 19  # px, least, between names
_MARK = 4  # px, radius
_ROOM = 1.15  # of the range of values above and below the lines
_INK, _FAINT, _GRID = "#202124", "#5f6368", "#dfe1e5"
# Okabe and Ito's colours, which colour-blind people can tell apart too.
_COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000")


@dataclass(frozen=True)
class Line:
    """points: (x, y), in the order of x, all greater than zero."""

    name: str
    points: Sequence[tuple[float, float]]


@dataclass(frozen=True)
class Panel:
    """title: says what y is, with its unit. unit: what x counts."""

    title: str
    unit: str
    lines: Sequence[Line]


class _Axis:
    """Places of values on a logarithmic scale from `start` to `stop`, px."""

    def __init__(self, values: Sequence[float], start: float, stop: float) -> None:
        self.low, self.high = math.log(min(values)), math.log(max(values))
        self.start, self.stop = start, stop

    def place(self, value: float) -> float:
        if self.high == self.low:
            return (self.start + self.stop) / 2
        return self.start + (math.log(value) - self.low) / (self.high - self.low) * (self.stop - self.start)

    def round_values(self) -> Iterator[float]:
        """1, 2 and 5 times the powers of ten within the scale."""
        for exponent in range(math.floor(self.low / math.log(10)), math.ceil(self.high / math.log(10)) + 1):
            for digit in (1, 2, 5):
                value = digit * 10.0**exponent
                if self.low <= math.log(value) <= self.high:
                    yield value


def draw_panel(panel: Panel) -> Image.Image:
    """(PANEL_WIDTH, PANEL_HEIGHT), on white."""
    image = Image.new("RGB", (PANEL_WIDTH, PANEL_HEIGHT), "white")
    draw = ImageDraw.Draw(image)
    xs = sorted({x for line in panel.lines for x, _ in line.points})
    ys = [y for line in panel.lines for _, y in line.points]
    across = _Axis(xs, _LEFT, PANEL_WIDTH - _RIGHT)
    up = _Axis([min(ys) / _ROOM, max(ys) * _ROOM], PANEL_HEIGHT - _BOTTOM, _TOP)
    draw.text((_LEFT, 20), panel.title, _INK, _font(_TITLE))
    _draw_grid(draw, across, up, xs, panel.unit)
    for line, colour in zip(panel.lines, cycle(_COLOURS), strict=False):
        places = [(across.place(x), up.place(y)) for x, y in line.points]
        draw.line(places, colour, 3, joint="curve")
        for x, y in places:
            draw.ellipse((x - _MARK, y - _MARK, x + _MARK, y + _MARK), colour)
    _write_names(draw, panel.lines, up)
    return image


def _draw_grid(draw: ImageDraw.ImageDraw, across: _Axis, up: _Axis, xs: Sequence[float], unit: str) -> None:
    right, bottom = PANEL_WIDTH - _RIGHT, PANEL_HEIGHT - _BOTTOM
    for value in up.round_values():
        y = up.place(value)
        draw.line((_LEFT - 8, y, right + 8, y), _GRID)
        draw.text((_LEFT - 14, y), f"{value:g}", _FAINT, _font(_TEXT), "rm")
    for x in xs:
        draw.line((across.place(x), _TOP, across.place(x), bottom), _GRID)
        draw.text((across.place(x), bottom + 10), f"{x:g}", _FAINT, _font(_TEXT), "ma")
    draw.text(((_LEFT + right) / 2, bottom + 32), unit, _FAINT, _font(_TEXT), "ma")


def _write_names(draw: ImageDraw.ImageDraw, lines: Sequence[Line], up: _Axis) -> None:
    """At the height of each line's end, moved down where they would overlap, and all up where they would not fit."""
    ends = sorted(
        (up.place(line.points[-1][1]), line.name, colour) for line, colour in zip(lines, cycle(_COLOURS), strict=False)
    )
    heights: list[float] = []
    for end, _, _ in ends:
        heights.append(max(end, heights[-1] + _NAME_DISTANCE) if heights else end)
    excess = max(heights[-1] - (PANEL_HEIGHT - _BOTTOM), 0)
    for (_, name, colour), height in zip(ends, heights, strict=True):
        draw.text((PANEL_WIDTH - _RIGHT + 18, height - excess), name, colour, _font(_TEXT), "lm")


@cache
def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)
