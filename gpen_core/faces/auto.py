"""Chooses the face detector."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, get_args

import torch

from ..errors import GPENError
from .detector import PatientDetector
from .second_look import SecondLook

log = logging.getLogger(__name__)

DetectorName = Literal["auto", "face-alignment", "yunet", "embedded"]
DETECTORS: tuple[DetectorName, ...] = get_args(DetectorName)


@dataclass(frozen=True)
class _Backend:
    """A kind of detector: whether all is there that it needs, and how it is made on a device."""

    found: Callable[[], bool]
    make: Callable[[torch.device], PatientDetector]


def make_detector(name: str = "auto", device: torch.device | str = "cpu") -> PatientDetector:
    """The face detector called `name`, newly made.

    "auto" takes face-alignment (68 landmarks) where its files have been fetched, else YuNet; where that finds nobody or
    is not sure the embedded one looks too, which finds more of the faces that are turned. YuNet and the embedded one
    come with the project. Files are looked for anew each time, because some may have been added. Nothing is downloaded.
    Raises CheckpointError where files of a named detector are missing (with the command that fetches them),
    GPENError for an unknown name or a missing package.
    """
    device = torch.device(device)
    if name == "auto":
        return _best(device)
    if name not in _BACKENDS:
        raise GPENError(f"Unknown face detector '{name}'.\nUse one of: {', '.join(DETECTORS)}.")
    return _BACKENDS[name].make(device)


def _best(device: torch.device) -> PatientDetector:
    problems = []
    for name in installed_detectors():
        try:
            detector = _BACKENDS[name].make(device)
        except GPENError as error:
            problems.append(f"{name}: {error}")
            log.warning("Face detector %s has its files but does not work: %s", name, error)
            continue
        log.info("Face detector: %s", name)
        return detector if name == "embedded" else SecondLook(detector, _embedded(device))
    raise GPENError("No face detector works.\n" + "\n".join(problems))


def installed_detectors() -> tuple[str, ...]:
    """Names of the detectors that can be made, most exact first."""
    return tuple(name for name, backend in _BACKENDS.items() if backend.found())


# Each is imported when it is wanted: together they take seconds.
def _face_alignment_found() -> bool:
    from .face_alignment import face_alignment_files_found

    return face_alignment_files_found()


def _face_alignment(device: torch.device) -> PatientDetector:
    from .face_alignment import FaceAlignmentDetector

    return FaceAlignmentDetector(device)


def _yunet_found() -> bool:
    from .yunet import find_yunet, yunet_supported

    return yunet_supported() and find_yunet() is not None


def _yunet(device: torch.device) -> PatientDetector:
    from .yunet import YuNetDetector

    return YuNetDetector()  # OpenCV runs it on the CPU


def _embedded(device: torch.device) -> PatientDetector:
    from .embedded import EmbeddedDetector

    return EmbeddedDetector()


_BACKENDS = {
    "face-alignment": _Backend(_face_alignment_found, _face_alignment),
    "yunet": _Backend(_yunet_found, _yunet),
    "embedded": _Backend(lambda: True, _embedded),
}
