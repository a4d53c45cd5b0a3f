"""The inputs by which Face Crop and GPEN Enhance find and choose faces."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from comfy_api.latest import io

from ..gpen_core.errors import GPENError
from ..gpen_core.faces import Face, FaceChoice, FaceDetector, make_detector
from ..gpen_core.faces.auto import installed_detectors
from ..gpen_core.faces.detector import PatientDetector, Picture
from ..gpen_core.faces.selection import ORDERS, Order
from . import feedback
from .detector_files import detector_choices, obtain_detector
from .schema import BoundingBoxes, Faces, Landmarks, advanced

_DEFAULT = FaceChoice()
_BETWEEN = r"[\s,;，、；]+"  # numbers, on any keyboard


def choice_inputs(**shown: Any) -> list[io.Input]:
    """Widgets for the detector and the choice of faces. shown: keywords of the commoner ones, such as `advanced()`."""
    return [
        io.Combo.Input(
            "detector",
            options=detector_choices(),
            default="auto",
            optional=True,
            tooltip="auto asks yunet, and embedded too where that finds nobody or is not sure; both come with the "
            "pack. Once face-alignment (68 landmarks) is here it takes yunet's place; the entry marked (download) "
            "fetches it. All run on the CPU and leave GPU memory alone.",
            **shown,
        ),
        io.Int.Input(
            "max_faces",
            default=_DEFAULT.max_faces or 0,
            min=0,
            max=256,
            optional=True,
            tooltip="At most this many faces; 0 for all.",
            **shown,
        ),
        io.Combo.Input(
            "order",
            options=list(ORDERS),
            default=_DEFAULT.order,
            optional=True,
            tooltip="Which faces come first where max_faces limits their number.",
            **shown,
        ),
        io.String.Input(
            "indices",
            default="",
            optional=True,
            tooltip="Only these faces, by the numbers that Face Crop's preview shows, such as 0,2. Empty for any.",
            **shown,
        ),
        io.Int.Input(
            "min_size",
            default=int(_DEFAULT.min_size),
            min=0,
            max=4096,
            optional=True,
            tooltip="Skip faces smaller than this, in px.",
            **advanced(),
        ),
        io.Float.Input(
            "min_score",
            default=_DEFAULT.min_score,
            min=0.0,
            max=1.0,
            step=0.05,
            optional=True,
            tooltip="Skip faces the detector is less certain of.",
            **advanced(),
        ),
        io.Int.Input(
            "max_yaw",
            default=int(_DEFAULT.max_yaw),
            min=0,
            max=90,
            optional=True,
            tooltip="Skip faces turned further to the side, in degrees. Above 45 is a profile.",
            **advanced(),
        ),
    ]


def given_inputs() -> list[io.Input]:
    """Sockets for faces that other nodes have found, and for the region to look in."""
    return [
        Faces.Input(
            "faces",
            optional=True,
            tooltip="Faces from Face Crop, instead of detection. The choice here applies to them too.",
        ),
        io.Mask.Input("region", optional=True, tooltip="Only faces whose centre lies where this mask is 0.5 or more."),
        Landmarks.Input(
            "landmarks", optional=True, tooltip="From ComfyUI's Detect Face Landmarks, instead of detection."
        ),
        BoundingBoxes.Input(
            "bboxes",
            optional=True,
            tooltip="Face boxes from any detector of ComfyUI, instead of detection.",
            extra_dict={"forceInput": True},
        ),
    ]


def face_choice(
    max_faces: int = 0,
    order: Order = "largest",
    indices: str = "",
    min_size: float = 0,
    min_score: float = 0.0,
    max_yaw: float = 90,
) -> FaceChoice:
    """The choice those widgets describe. Raises GPENError for indices that are no numbers."""
    return FaceChoice(order, max_faces or None, parse_indices(indices), min_size, min_score, max_yaw)


def parse_indices(text: str) -> tuple[int, ...] | None:
    """Face numbers such as "0, 2", "0 2" or "0，2"; None for an empty text. Raises GPENError for anything else."""
    if not text.strip():
        return None
    try:
        return tuple(int(number) for number in re.split(_BETWEEN, re.sub(f"{_BETWEEN}$", "", text.strip())))
    except ValueError as error:
        raise GPENError(
            f"indices must be face numbers such as 0,2, got '{text}'.\n"
            "The preview of Face Crop shows the number of every face. Leave it empty for all faces."
        ) from error


def detector_called(choice: str) -> FaceDetector:
    """The detector chosen, read once: what it has found is remembered as long as it lives."""
    return _kept_detector(obtain_detector(choice, feedback.progress()), installed_detectors())


@lru_cache(maxsize=2)
def _kept_detector(name: str, installed: tuple[str, ...]) -> FaceDetector:
    # Files that have been added may make another detector the best.
    return _Cancellable(make_detector(name))


class _Cancellable:
    """A detector that stops when the user cancels."""

    def __init__(self, detector: PatientDetector) -> None:
        self._detector = detector
        self.name = detector.name

    def detect(self, picture: Picture) -> list[Face]:
        feedback.cancellable()
        return self._detector.detect(picture, feedback.cancellable)
