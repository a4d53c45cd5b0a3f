"""Options that several commands share, and what they mean."""

from __future__ import annotations

import argparse
from dataclasses import fields, replace
from typing import Any

from ..errors import GPENError
from ..faces.auto import DETECTORS
from ..faces.selection import FaceChoice, Order
from ..image.lens import LENS_NAMES
from ..settings import CROP_TEMPLATES, LARGEST_TILE, MODES, SCOPES, SMALLEST_TILE, RestoreSettings

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
    preset = FaceChoice()
    parser.add_argument(
        "--faces",
        default="all",
        metavar="WHICH",
        help="all; largest, central, confident or left (one, or --max-faces of them); or numbers such as 0,2 as drawn "
        "by `gpen faces` (default: all)",
    )
    parser.add_argument("--max-faces", type=int, metavar="N", help="restore at most N faces of a picture")
    parser.add_argument(
        "--min-size", type=float, default=preset.min_size, metavar="PX", help="skip faces smaller than this"
    )
    parser.add_argument(
        "--min-score", type=float, default=preset.min_score, metavar="0-1", help="skip faces less certain than this"
    )
    parser.add_argument(
        "--max-yaw", type=float, default=preset.max_yaw, metavar="DEGREES", help="skip faces turned further away"
    )


_PERCENTAGES = {
    "strength": "0 changes nothing, 100 is the restoration in full",
    "denoise": "noise taken off faces",
    "sharpen": "sharpness given to faces",
    "contrast": "contrast of faces, 50 is neutral",
    "brightness": "brightness of faces, 50 is neutral",
    "background_strength": "detail given to the picture with --scope picture or both",
    "lens_strength": "how much of --lens is corrected",
    "keep_occlusions": "how readily hands, hair, glasses, masks in front of faces are kept as they are; 0 never",
}
_COUNTS = {
    "tile_size": (f"{SMALLEST_TILE}-{LARGEST_TILE}", "side of the tiles of the background, px"),
    "overlap": ("PX", "of those tiles"),
    "batch_size": ("N", "faces or tiles at once, 0 for automatic"),
}
_SWITCHES = {
    "skin_protect": "skin keeps its own colour and texture",
    "detail_enhance": "bring out fine detail; from 800 px short side",
}


def add_settings_options(parser: argparse.ArgumentParser) -> None:
    """The settings of `restore`, named as in `RestoreSettings`; those not given do not appear in the result."""
    preset = RestoreSettings()
    group = parser.add_argument_group("settings", argument_default=argparse.SUPPRESS)
    for name, choices, meaning in (
        ("mode", MODES, "how the restoration is used"),
        ("scope", SCOPES, "what is restored"),
        ("template", CROP_TEMPLATES, "how faces lie in the crop"),
        ("lens", [_word(lens) for lens in LENS_NAMES], "correct this lens for the network, and undo it after pasting"),
    ):
        text = f"{meaning} (default: {_word(getattr(preset, name))})"
        group.add_argument(_flag(name), choices=choices, help=text)
    for name, meaning in _PERCENTAGES.items():
        text = f"{meaning} (default: {getattr(preset, name):g})"
        group.add_argument(_flag(name), type=float, metavar="0-100", help=text)
    for name, (unit, meaning) in _COUNTS.items():
        text = f"{meaning} (default: {getattr(preset, name)})"
        group.add_argument(_flag(name), type=int, metavar=unit, help=text)
    for name, meaning in _SWITCHES.items():
        text = f"{meaning} (default: {'on' if getattr(preset, name) else 'off'})"
        group.add_argument(_flag(name), action="store_true", help=text)
        group.add_argument(_flag(f"no_{name}"), dest=name, action="store_false", help=f"without {_flag(name)}")
    text = f"width of the soft edge around a face, as a share of the way to its middle (default: {preset.feather:g})"
    group.add_argument("--feather", type=float, metavar="0-1", help=text)
    text = f"how alike faces must stay, or less is restored; 0 for any, else needs sface (default: {preset.identity:g})"
    group.add_argument("--identity", type=float, metavar="0-1", help=text)


def with_given_settings(settings: RestoreSettings, args: argparse.Namespace) -> RestoreSettings:
    """The settings, with those given by `add_settings_options` changed. Raises GPENError for an impossible value."""
    return replace(settings, **given_settings(args))


def given_settings(args: argparse.Namespace) -> dict[str, Any]:
    """The settings that were given, by their names in `RestoreSettings`."""
    names = {field.name for field in fields(RestoreSettings)}
    given = {name: value for name, value in vars(args).items() if name in names}
    if "lens" in given:
        given["lens"] = {_word(lens): lens for lens in LENS_NAMES}[given["lens"]]
    return given


def _flag(name: str) -> str:
    return "--" + name.replace("_", "-")


def _word(choice: str) -> str:
    """A choice as one word, which needs no quotation marks: "phone-selfie"."""
    return choice.replace(" ", "-")


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
