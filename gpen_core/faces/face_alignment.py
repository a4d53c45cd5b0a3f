"""S3FD boxes and 2DFAN-4 landmarks with the networks of the face-alignment package.

Only the package's network classes are used. Its FaceAlignment class compiles for minutes, rounds landmarks to whole
pixels, searches pictures at full size, downloads on its own and switches on cudnn.benchmark for the whole process.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch import nn

from ..checkpoints.folders import fetch_command, find_file, resolve
from ..checkpoints.reader import read_state_dict
from ..errors import CheckpointError, GPENError
from ..progress import Progress, silent
from .detector import Picture
from .face import Face, five_points
from .fan import find_landmarks
from .search import Array, Detections, SearchPlan, search, unturn
from .sfd import find_boxes

FACE_ALIGNMENT_FILES = ("s3fd-619a316812.pth", "2DFAN4-11f355bf06.pth.tar")
"""The published weights of S3FD and of 2DFAN-4."""

# S3FD takes 3 s and 0.75 GB a megapixel on two CPU cores; its anchors reach from 16 to 512 px.
_PLAN = SearchPlan(
    always=(640,),
    finer=(1280,),
    coarser=(320,),
    turned=(640,),
    small=32,
    sure=0.0,
    score=0.5,
    turned_score=0.8,
    lone_score=0.5,
)


class FaceAlignmentDetector:
    """Finds faces with S3FD and their 68 landmarks with 2DFAN-4, in float32 (half precision misplaces landmarks).

    device: where the networks run.
    networks: S3FD and FAN ready for use; without them they are built and loaded from this project's weight folders.
    Raises CheckpointError where files are missing or wrong, GPENError where the face-alignment package is missing.
    """

    name = "face-alignment"

    def __init__(self, device: torch.device | str = "cpu", networks: tuple[nn.Module, nn.Module] | None = None) -> None:
        self._device = torch.device(device)
        boxes, landmarks = networks or _load_networks()
        self._boxes = boxes.to(self._device, torch.float32).eval()
        self._landmarks = landmarks.to(self._device, torch.float32).eval()

    def detect(self, picture: Picture, progress: Progress = silent) -> list[Face]:
        """Faces of a (H, W, 3) uint8 RGB picture of any size, in the picture's own pixels, best score first.

        progress: as of `PatientDetector`.
        """
        found = search(picture, self._detect_once, _PLAN, progress)
        landmarks = self._find_landmarks(picture, found, progress)
        return [
            Face(box=tuple(box), landmarks=five_points(points), score=float(score), landmarks_68=points)
            for box, points, score in zip(found.boxes.tolist(), landmarks, found.scores, strict=True)
        ]

    def _detect_once(self, picture: Picture) -> Detections:
        return find_boxes(self._boxes, picture, self._device, _PLAN.score)

    def _find_landmarks(self, picture: Picture, found: Detections, progress: Progress) -> Array:
        """Landmarks from the full picture, turned as the faces were found, because FAN knows upright faces only."""
        landmarks = np.zeros((len(found), 68, 2))
        for turns in np.unique(found.turns).tolist():
            chosen = found.turns == turns
            turned = np.rot90(picture, turns)
            corners = unturn(found.boxes[chosen].reshape(-1, 2, 2), -turns, turned.shape)
            boxes = np.concatenate([corners.min(axis=1), corners.max(axis=1)], axis=1)
            points = find_landmarks(self._landmarks, turned, boxes, self._device, progress)
            landmarks[chosen] = unturn(points, turns, picture.shape)
        return landmarks


def face_alignment_files_found() -> bool:
    """True if both weight files are in the folders searched."""
    return all(find_file(name) is not None for name in FACE_ALIGNMENT_FILES)


def network_classes() -> tuple[type[nn.Module], type[nn.Module]]:
    """S3FD and FAN of the face-alignment package. Raises GPENError where it cannot be imported."""
    try:
        from face_alignment.detection.sfd.net_s3fd import s3fd  # pyright: ignore[reportMissingTypeStubs]
        from face_alignment.models import FAN  # pyright: ignore[reportMissingTypeStubs]
    except ImportError as error:
        raise GPENError(
            f"The package face-alignment cannot be used: {error}.\n"
            "Expected version 1.5 or later and what it needs. Install what is missing of it, where python stands for\n"
            f"{sys.executable}:\n"
            "  python -m pip install scikit-image numba\n"
            '  python -m pip install --no-deps "face-alignment>=1.5.0,<2"\n'
            "Or choose another face detector, such as yunet or embedded."
        ) from error
    return s3fd, FAN


def _load_networks() -> tuple[nn.Module, nn.Module]:
    sfd, fan = network_classes()
    sfd_path, fan_path = _weight_paths()
    return _load(sfd, sfd_path), _load(lambda: fan(4), fan_path)


def _weight_paths() -> list[Path]:
    paths, missing = [], []
    for name in FACE_ALIGNMENT_FILES:
        try:
            paths.append(resolve(name))
        except CheckpointError as error:
            missing.append(str(error))
    if missing:
        raise CheckpointError("\n\n".join(missing))
    return paths


def _load(build: Callable[[], nn.Module], path: Path) -> nn.Module:
    with torch.device("meta"):  # its own initialisation would take seconds and draw from the random generator
        network = build()
    network.to_empty(device="cpu")
    try:
        network.load_state_dict(read_state_dict(path))
    except RuntimeError as error:
        raise CheckpointError(
            f"{path.name} does not fit the network of that name in the face-alignment package.\n"
            f"File: {path}\nDelete it and fetch it again with: {fetch_command(path.name)}\n{error}"
        ) from error
    return network
