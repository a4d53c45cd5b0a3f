"""Options that several commands share, and what they mean."""

from __future__ import annotations

import argparse

from ..errors import GPENError
from ..faces.auto import DETECTORS
from ..faces.selection import FaceChoice, Order

_ORDERS: dict[str, Order] = {
    "largest": "largest",
    "central": "central",
    "confident": "confident",
    "left": "left_to_right",
}


def add_detection_options(parser: argparse.ArgumentParser) -> None:
    """--device, --detector."""
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda, cuda:1, mps (default: auto)")
    parser.add_argument(
        "--detector", default="auto", choices=DETECTORS, help="face detector (default: the best installed)"
    )


def add_choice_options(parser: argparse.ArgumentParser) -> None:
    """--faces and the limits on faces."""
    parser.add_argument(
        "--faces",
        default="all",
        metavar="WHICH",
        help="all; largest, central, confident or left (one, or --max-faces of them); or numbers such as 0,2 as drawn "
        "by `gpen faces` (default: all)",
    )
    parser.add_argument("--max-faces", type=int, metavar="N", help="restore at most N faces of a picture")
    parser.add_argument("--min-size", type=float, default=0.0, metavar="PX", help="skip faces smaller than this")
    parser.add_argument("--min-score", type=float, default=0.0, metavar="0-1", help="skip faces less certain than this")
    parser.add_argument("--max-yaw", type=float, default=90.0, metavar="DEGREES", help="skip faces turned further away")


def face_choice(args: argparse.Namespace) -> FaceChoice:
    """The choice those options describe. Raises GPENError for a --faces that is neither a word nor numbers."""
    which: str = args.faces
    indices: tuple[int, ...] | None = None
    order: Order = "largest"
    max_faces: int | None = args.max_faces
    if which in _ORDERS:
        order, max_faces = _ORDERS[which], 1 if max_faces is None else max_faces
    elif which != "all":
        try:
            indices = tuple(int(number) for number in which.split(","))
        except ValueError as error:
            raise GPENError(
                f"--faces does not know '{which}'.\nUse all, {', '.join(_ORDERS)}, or face numbers such as 0,2."
            ) from error
    return FaceChoice(order, max_faces, indices, args.min_size, args.min_score, args.max_yaw)
