"""Faces and pictures made up for tests."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpen_core.faces.face import Face
from gpen_core.template import template_points

Pixels = NDArray[np.float32]


def made_up_face(x: float, y: float, size: float = 60.0, score: float = 0.9, **changes: Any) -> Face:
    """An upright face whose box of `size` px is centred at (x, y)."""
    landmarks = (template_points(1) - 0.5) * size * 2.0 + (x, y)
    half = size / 2
    return Face(box=(x - half, y - half, x + half, y + half), landmarks=landmarks, score=score, **changes)


def noise_picture(height: int, width: int, seed: int = 0) -> Pixels:
    """(height, width, 3) random values on a smooth ramp, in [0, 1]."""
    rng = np.random.default_rng(seed)
    ramp = np.linspace(0.2, 0.8, width, dtype=np.float32)[None, :, None]
    return np.clip(ramp + rng.normal(0, 0.1, (height, width, 3)), 0, 1).astype(np.float32)


class FixedDetector:
    """Finds the faces it was given, in every picture."""

    name = "fixed"

    def __init__(self, *faces: Face) -> None:
        self.faces: Sequence[Face] = faces
        self.calls = 0

    def detect(self, picture: NDArray[np.uint8]) -> list[Face]:
        assert picture.dtype == np.uint8
        self.calls += 1
        return list(self.faces)
