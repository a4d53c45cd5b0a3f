"""Which of the faces found are to be restored, and why the others are not."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from ..errors import GPENError
from ..message import Message
from .face import Face

Order = Literal["largest", "central", "confident", "left_to_right"]
ORDERS: tuple[Order, ...] = get_args(Order)
RelativeBox = tuple[float, float, float, float]  # x1, y1, x2, y2 as shares of the picture's width and height


@dataclass(frozen=True)
class FaceChoice:
    """Rules a face must pass, and how many of those that do are taken.

    order: which come first where `max_faces` limits the number: largest box, most central, best score, or left to
        right.
    max_faces: at most this many; None for all, 0 for none.
    indices: only these face numbers (as drawn by `gpen faces`); None for any, empty for none.
    min_size: shorter side of the box, px. min_score: detector confidence, 0 to 1. max_yaw: degrees, either side.
    sharp: boxes of faces that are sharp already; whoever is there is left alone, whatever its number and whichever
        detector finds it. x1, y1, x2, y2 as shares of the picture's width and height: they hold at any scale.
    """

    order: Order = "largest"
    max_faces: int | None = None
    indices: tuple[int, ...] | None = None
    min_size: float = 0.0
    min_score: float = 0.0
    max_yaw: float = 90.0
    sharp: tuple[RelativeBox, ...] = ()

    def __post_init__(self) -> None:
        if self.order not in ORDERS:
            raise GPENError(f"Unknown order of faces '{self.order}'.\nUse one of: {', '.join(ORDERS)}.")
        if self.max_faces is not None and self.max_faces < 0:
            raise GPENError(f"max_faces must be 0 or more, got {self.max_faces}.")
        if not 0.0 <= self.min_score <= 1.0:
            raise GPENError(f"min_score must be 0 to 1, got {self.min_score}.")
        if not self.min_size >= 0.0:
            raise GPENError(f"min_size must be 0 px or more, got {self.min_size}.")
        if not 0.0 <= self.max_yaw <= 180.0:
            raise GPENError(f"max_yaw must be 0 to 180 degrees, got {self.max_yaw}.")


@dataclass(frozen=True)
class Chosen:
    """A face and, where it is not to be restored, the reason."""

    face: Face
    skipped: str | None = None


def number_faces(faces: Sequence[Face]) -> list[Face]:
    """The faces from left to right, then top to bottom, numbered from 0."""
    ordered = sorted(faces, key=lambda face: face.centre)
    return [replace(face, index=index) for index, face in enumerate(ordered)]


def choose_faces(
    faces: Sequence[Face], choice: FaceChoice, height: int, width: int, region: NDArray[np.bool_] | None = None
) -> list[Chosen]:
    """Apply `choice` to the numbered faces of one picture of height x width px; every face is in the answer.

    region: (height, width); only faces whose centre lies inside are taken. The answer keeps the order of `faces`.
    """
    reasons = {face.index: _reason_to_skip(face, choice, region) for face in faces}
    passed = [face for face in faces if reasons[face.index] is None]
    passed.sort(key=_sort_key(choice.order, height, width))
    if choice.max_faces is not None:
        for face in passed[choice.max_faces :]:
            reasons[face.index] = Message("beyond max_faces {limit}", limit=choice.max_faces)
    for face in passed[: choice.max_faces]:  # after the limit: a sharp face does not make room for another
        if any(_same_place(box_in_shares(face, height, width), box) for box in choice.sharp):
            reasons[face.index] = Message("sharp already")
    return [Chosen(face, reasons[face.index]) for face in faces]


def absent_numbers(entries: Sequence[Chosen], choice: FaceChoice) -> tuple[int, ...]:
    """The face numbers asked for that none of the faces of a picture has."""
    present = {entry.face.index for entry in entries}
    return tuple(number for number in choice.indices or () if number not in present)


def _reason_to_skip(face: Face, choice: FaceChoice, region: NDArray[np.bool_] | None) -> str | None:
    if choice.indices is not None and face.index not in choice.indices:
        return Message("not chosen")
    if face.size < choice.min_size:
        return Message("too small")
    if face.score < choice.min_score:
        return Message("below score")
    if abs(face.yaw) > choice.max_yaw:
        return Message("turned away")
    if region is not None and not _inside(face, region):
        return Message("outside the region")
    return None


def _inside(face: Face, region: NDArray[np.bool_]) -> bool:
    x, y = (int(np.floor(value + 0.5)) for value in face.centre)
    return 0 <= y < region.shape[0] and 0 <= x < region.shape[1] and bool(region[y, x])


def box_in_shares(face: Face, height: int, width: int) -> RelativeBox:
    """The box of a face in a picture of height x width px, as shares of its width and height."""
    left, top, right, bottom = face.box
    return left / width, top / height, right / width, bottom / height


def _same_place(first: RelativeBox, second: RelativeBox) -> bool:
    """Whether each box holds the other's centre: detectors differ in where a face ends, not in where it is."""
    return _holds_centre(first, second) and _holds_centre(second, first)


def _holds_centre(box: RelativeBox, other: RelativeBox) -> bool:
    x, y = (other[0] + other[2]) / 2, (other[1] + other[3]) / 2
    return box[0] <= x <= box[2] and box[1] <= y <= box[3]


def _sort_key(order: Order, height: int, width: int) -> Callable[[Face], tuple[float, int]]:
    def central(face: Face) -> float:
        return float(np.hypot(face.centre[0] - (width - 1) / 2, face.centre[1] - (height - 1) / 2))

    measures: dict[Order, Callable[[Face], float]] = {
        "largest": lambda face: -face.width * face.height,
        "central": central,
        "confident": lambda face: -face.score,
        "left_to_right": lambda face: face.centre[0],
    }
    measure = measures[order]
    return lambda face: (measure(face), face.index)
