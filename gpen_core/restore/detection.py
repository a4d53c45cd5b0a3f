"""The faces of each picture of a batch, found or given, and which of them are taken."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, partial

import numpy as np
import torch
from numpy.typing import NDArray

from ..errors import GPENError
from ..faces import Face, FaceChoice, FaceDetector, make_detector
from ..faces.auto import installed_detectors
from ..faces.pose import with_pose
from ..faces.selection import Chosen, choose_faces, number_faces
from ..image.warp import Pixels
from .image_batch import Image, as_regions
from .remembered import OwnedMemory, at_most, digest

GIVEN, UNUSED = "given", "none"  # stand for the detector where the caller brought faces, and where none are wanted

_PICTURES = 256  # for each owner


@dataclass(frozen=True)
class FoundFaces:
    """detector: its name. pictures: for each picture all its faces, with the reason where one is not taken."""

    detector: str
    pictures: tuple[tuple[Chosen, ...], ...]


@dataclass(frozen=True)
class _Detection:
    """The faces of one picture, and the name of the detector that found them."""

    detector: str
    faces: tuple[Face, ...]


_remembered: OwnedMemory[_Detection] = OwnedMemory(at_most(_PICTURES))


def no_faces(count: int) -> FoundFaces:
    """What is found where faces are not looked for in `count` pictures."""
    return FoundFaces(UNUSED, ((),) * count)


def find_faces(picture: Pixels, detector: FaceDetector) -> list[Face]:
    """The faces of a (H, W, 3) picture, numbered from left to right, pose filled in."""
    return _find(_eight_bit(picture), detector)


def faces_of_batch(
    pictures: NDArray[np.float32],
    choice: FaceChoice,
    *,
    detector: str | FaceDetector,
    device: torch.device | str,
    faces: Sequence[Sequence[Face]] | None,
    found_by: str = GIVEN,
    region: Image | None,
    owner: object = None,
    remember: bool = True,
) -> FoundFaces:
    """Find the faces of (B, H, W, 3) pictures, or take the given ones, and apply `choice`.

    detector: one, or the name of one to be made on `device`. faces: for each picture, instead of detection. found_by:
    the name of their detector. region: as for `restore`. owner: as long as it lives, what detectors asked for by name
    have found is remembered; else as long as the detector lives. remember: False where nothing shall be.
    Raises GPENError where the number of pictures does not fit.
    """
    regions = as_regions(region, pictures)
    height, width = pictures.shape[1:3]
    if faces is None:
        detections = _detect(pictures, detector, device, owner, remember)
        name, found = detections[0].detector, [detection.faces for detection in detections]
    else:
        name, found = found_by, _given_faces(faces, len(pictures), height, width)
    chosen = [tuple(choose_faces(own, choice, height, width, where)) for own, where in zip(found, regions, strict=True)]
    return FoundFaces(name, tuple(chosen))


def _detect(
    pictures: NDArray[np.float32],
    detector: str | FaceDetector,
    device: torch.device | str,
    owner: object,
    remember: bool,
) -> list[_Detection]:
    if isinstance(detector, str):
        # Files fetched meanwhile may make another detector the best: they are part of what is asked for.
        memory, asked = _remembered.of(owner if remember else None), (detector, installed_detectors())
        finder = cache(partial(make_detector, detector, device))  # made when a picture is not remembered
    else:
        memory, asked, finder = _remembered.of(detector if remember else None), None, lambda: detector
    detections = []
    for picture in pictures:
        eight_bit = _eight_bit(picture)
        key = (asked, digest(eight_bit) if remember else None)
        detection = memory.get(key)
        if detection is None:
            detection = _Detection(finder().name, tuple(_find(eight_bit, finder())))
            memory.put(key, detection)
        detections.append(detection)
    return detections


def _find(eight_bit: NDArray[np.uint8], detector: FaceDetector) -> list[Face]:
    height, width = eight_bit.shape[:2]
    return [with_pose(face, height, width) for face in number_faces(detector.detect(eight_bit))]


def _eight_bit(picture: Pixels) -> NDArray[np.uint8]:
    values = np.clip(picture, 0.0, 1.0)  # a copy: the rest is done in place, which takes a third of the time
    values *= 255.0
    values += 0.5
    return values.astype(np.uint8)


def _given_faces(faces: Sequence[Sequence[Face]], count: int, height: int, width: int) -> list[list[Face]]:
    if len(faces) != count:
        raise GPENError(
            f"Faces were given for {len(faces)} picture(s), but there are {count}.\n"
            "Give one sequence of faces per picture, empty where there is none."
        )
    return [[with_pose(face, height, width) for face in _numbered(own)] for own in faces]


def _numbered(faces: Sequence[Face]) -> list[Face]:
    """The faces with their own numbers, or numbered anew where two have the same."""
    distinct = len({face.index for face in faces}) == len(faces)
    return list(faces) if distinct else number_faces(faces)
