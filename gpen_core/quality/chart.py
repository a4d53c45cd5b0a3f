"""Measures and advice as one picture: gauges with coloured zones above a table of settings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw

from ..image.warp import Pixels
from ..message import Joined, Message
from .advice import Advice
from .gauges import GAUGES, Gauge, Grade
from .measures import FaceMeasures, PictureMeasures
from .pen import Colour, Pen
from .reasons import FaceAdvice, mode_in_words

_WIDTH, _MARGIN = 1200, 36  # px
_HEAD, _HEADING = 112, 46  # px, height of the title and of the headings of gauges and table
_LABELS, _GAP = 216, 30  # px, width of the column of labels, and between columns of gauges
_ROW, _BAR = 64, 16  # px, height of a row of gauges and of their bars
_TABLE_ROW, _VALUE_AT, _REASON_AT = 34, 176, 356  # px, the last two from the margin
_NOTE_ROW, _NOTE_INDENT = 28, 20  # px
_TITLE_SIZE, _VERDICT_SIZE, _TEXT_SIZE, _SMALL_SIZE, _TICK_SIZE = 30, 24, 18, 15, 13  # px
_MOST_FACES = 4

_BACKGROUND, _STRIPE, _LINE = (24, 25, 29), (33, 35, 41), (74, 78, 88)
_TEXT, _FAINT, _ACCENT = (238, 239, 242), (164, 169, 180), (122, 190, 255)
_ZONES: dict[Grade, Colour] = {
    "good": (62, 160, 98),
    "fair": (204, 176, 60),
    "poor": (224, 128, 52),
    "bad": (206, 70, 70),
}
_TINTS = {"colour": Message("in colour"), "toned": Message("toned (sepia)"), "grey": Message("greyscale")}
_DIMMED = 0.45  # of a zone's colour where the value does not lie


@dataclass(frozen=True)
class _Column:
    """The gauges of one face or, without faces, of the picture."""

    title: str
    readings: tuple[tuple[Gauge, float], ...]


def draw_chart(measures: PictureMeasures, advice: Advice, catalogue: Mapping[str, str] | None = None) -> Pixels:
    """(H, 1200, 3) float32 RGB in [0, 1]; of more than four faces the largest are shown.

    catalogue: translations by English text, see `Pen`; None for English.
    """
    pen = Pen(catalogue or {})
    columns = _columns(measures, advice)
    wrapped = (pen.wrapped(note, _TEXT_SIZE, _WIDTH - 2 * _MARGIN - _NOTE_INDENT) for note in advice.notes)
    notes = [line for lines in wrapped for line in lines]
    table = _MARGIN + _HEAD + _HEADING + len(columns[0].readings) * _ROW + 12
    below = table + _HEADING + len(advice.recommended) * _TABLE_ROW + 24
    image = Image.new("RGB", (_WIDTH, below + len(notes) * _NOTE_ROW + _MARGIN), _BACKGROUND)
    draw = ImageDraw.Draw(image)
    _draw_head(pen, draw, measures, advice)
    _draw_gauges(pen, draw, columns, _MARGIN + _HEAD)
    _draw_table(pen, draw, advice, table)
    for number, line in enumerate(notes):
        pen.write(draw, (_MARGIN + _NOTE_INDENT, below + number * _NOTE_ROW), line, _TEXT, _TEXT_SIZE)
    if notes:
        draw.rectangle((_MARGIN, below + 2, _MARGIN + 4, below + len(notes) * _NOTE_ROW - 6), _ACCENT)
    return (np.asarray(image) / np.float32(255.0)).astype(np.float32)


def _columns(measures: PictureMeasures, advice: Advice) -> list[_Column]:
    largest = sorted(zip(measures.faces, advice.faces, strict=True), key=lambda both: -both[0].crop_side)
    shown = sorted(largest[:_MOST_FACES], key=lambda both: both[0].index)
    return [_face_column(*both) for both in shown] or [_picture_column(measures)]


def _face_column(face: FaceMeasures, advice: FaceAdvice) -> _Column:
    strength = Message("strength {strength}", strength=f"{advice.strength:g}")
    wanted = strength if advice.strength else Message("leave alone")
    title = Message("Face {index}: {wanted}", index=face.index, wanted=wanted)
    return _Column(title, tuple((gauge, gauge.of_face(face)) for gauge in GAUGES))


def _picture_column(measures: PictureMeasures) -> _Column:
    readings = ((gauge, gauge.of_picture(measures)) for gauge in GAUGES if gauge.of_picture is not None)
    return _Column(Message("Picture"), tuple(readings))


def _draw_head(pen: Pen, draw: ImageDraw.ImageDraw, measures: PictureMeasures, advice: Advice) -> None:
    pen.write(draw, (_MARGIN, _MARGIN - 8), "GPEN Advisor", _TEXT, _TITLE_SIZE)
    count = len(measures.faces)
    several = Message("1 face") if count == 1 else Message("{count} faces", count=count)
    faces = several if count else Message("no face")
    shown = [Message("the {most} largest shown", most=_MOST_FACES)] if count > _MOST_FACES else []
    size = f"{measures.width} x {measures.height} px"
    facts = Joined(", ", [size, _TINTS[measures.tint], faces, *shown])
    pen.write(draw, (_WIDTH - _MARGIN, _MARGIN + 2), facts, _FAINT, _TEXT_SIZE, anchor="ra")
    verdict, colour = _verdict(advice)
    draw.rounded_rectangle((_MARGIN, _MARGIN + 42, _WIDTH - _MARGIN, _MARGIN + 92), 8, _STRIPE)
    draw.rounded_rectangle((_MARGIN, _MARGIN + 42, _MARGIN + 10, _MARGIN + 92), 4, colour)
    pen.write(draw, (_MARGIN + 28, _MARGIN + 67), verdict, _TEXT, _VERDICT_SIZE, anchor="lm")


def _verdict(advice: Advice) -> tuple[str, Colour]:
    if not advice.faces:
        return Message("No face found: nothing to restore"), _FAINT
    if advice.leave_alone:
        return Message("Leave it alone: what is there is sharp and clean"), _ZONES["good"]
    strength, mode = f"{advice.settings.strength:g}", mode_in_words(advice.settings.mode)
    return Message("Restore with strength {strength}, mode {mode}", strength=strength, mode=mode), _ACCENT


def _draw_gauges(pen: Pen, draw: ImageDraw.ImageDraw, columns: list[_Column], top: int) -> None:
    space = _WIDTH - 2 * _MARGIN - _LABELS
    width = (space - _GAP * (len(columns) - 1)) // len(columns)
    for number, (gauge, _) in enumerate(columns[0].readings):
        y = top + _HEADING + number * _ROW
        pen.write(draw, (_MARGIN, y), gauge.label, _TEXT, _TEXT_SIZE)
        pen.write(draw, (_MARGIN, y + 24), gauge.unit, _FAINT, _SMALL_SIZE)
    for place, column in enumerate(columns):
        left = _MARGIN + _LABELS + place * (width + _GAP)
        pen.write(draw, (left, top + 4), column.title, _ACCENT, _TEXT_SIZE)
        for number, (gauge, value) in enumerate(column.readings):
            _draw_gauge(pen, draw, gauge, value, left, top + _HEADING + number * _ROW, width)


def _draw_gauge(
    pen: Pen, draw: ImageDraw.ImageDraw, gauge: Gauge, value: float, left: int, top: int, width: int
) -> None:
    """Zones with their borders written below, the one of the value bright, and a marker with the value above it."""
    bar, grade, start, written = top + 22, gauge.grade(value), left, left
    marker = left + round(gauge.position(value) * width)
    for end, own in gauge.zones:
        stop = left + round(gauge.position(end) * width)
        inside = start <= marker < stop or (marker == stop == left + width)
        draw.rectangle((start, bar, stop - 2, bar + _BAR), _ZONES[own] if inside else _mixed(_ZONES[own]))
        half = round(pen.length(f"{end:g}", _TICK_SIZE) / 2) + 2
        if stop < left + width and stop - half > written:
            pen.write(draw, (stop - 1, bar + _BAR + 3), f"{end:g}", _FAINT, _TICK_SIZE, anchor="ma")
            written = stop + half
        start = stop
    draw.rectangle((marker - 2, bar - 5, marker + 2, bar + _BAR + 5), _TEXT, _BACKGROUND)
    shown = f"{value:.{gauge.digits}f}"
    at = min(max(marker, left + 16), left + width - 16)
    pen.write(draw, (at, bar - 6), shown, _brighter(_ZONES[grade]), _TEXT_SIZE, anchor="mb")


def _draw_table(pen: Pen, draw: ImageDraw.ImageDraw, advice: Advice, top: int) -> None:
    draw.line((_MARGIN, top, _WIDTH - _MARGIN, top), _LINE)
    for text, offset in ((Message("Setting"), 0), (Message("Recommended"), _VALUE_AT), (Message("Why"), _REASON_AT)):
        pen.write(draw, (_MARGIN + 12 + offset, top + 14), text, _ACCENT, _SMALL_SIZE)
    for number, each in enumerate(advice.recommended):
        y = top + _HEADING + number * _TABLE_ROW
        if number % 2 == 0:
            draw.rectangle((_MARGIN, y - 6, _WIDTH - _MARGIN, y + _TABLE_ROW - 7), _STRIPE)
        pen.write(draw, (_MARGIN + 12, y), each.setting, _FAINT, _TEXT_SIZE)
        pen.write(draw, (_MARGIN + 12 + _VALUE_AT, y), each.value, _TEXT, _TEXT_SIZE)
        pen.write(draw, (_MARGIN + 12 + _REASON_AT, y + 1), each.reason, _FAINT, _SMALL_SIZE + 1)


def _mixed(colour: Colour) -> Colour:
    red, green, blue = (
        round(_DIMMED * value + (1.0 - _DIMMED) * below) for value, below in zip(colour, _BACKGROUND, strict=True)
    )
    return red, green, blue


def _brighter(colour: Colour) -> Colour:
    red, green, blue = (round(value + 0.35 * (255 - value)) for value in colour)
    return red, green, blue
