"""Crops before and after a restoration: made up, and the published ones of the original GPEN where they are at hand."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from gpen_core.faces.aligned_crop import image_to_crop
from gpen_core.faces.face import Face
from gpen_core.image.geometry import Transform
from gpen_core.template import template_points

SOLVAY = Path(__file__).resolve().parents[2] / "shared" / "data" / "solvay"
_SIZE = 256  # px: half of what the files hold, to be quick
_ENLARGEMENT = 2.0  # of the faces of the Solvay picture at that size, about

Pixels = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class CropPair:
    """original, restored: (S, S, 3) RGB in [0, 1]; the face they show, and the transform they were cut out by."""

    original: Pixels
    restored: Pixels
    face: Face
    image_to_crop: Transform


def made_up_pair(size: int = 256, enlargement: float = 1.0, seed: int = 0) -> CropPair:
    """A drawn face, blurred, noisy and of another colour before, and sharp after."""
    points = template_points(size)
    sharp = np.full((size, size, 3), (0.25, 0.3, 0.35), np.float32)
    centre, unit = points.mean(0), size / 100
    _ellipse(sharp, centre, (30 * unit, 40 * unit), (0.8, 0.62, 0.5))
    for eye in points[:2]:
        _ellipse(sharp, eye, (7 * unit, 3 * unit), (0.9, 0.9, 0.9))
        _ellipse(sharp, eye, (2.5 * unit, 2.5 * unit), (0.15, 0.1, 0.1))
        _ellipse(sharp, eye - (0, 7 * unit), (9 * unit, 1.5 * unit), (0.3, 0.2, 0.15))
    _ellipse(sharp, points[3:].mean(0), (12 * unit, 3 * unit), (0.7, 0.3, 0.3))
    draws = np.random.default_rng(seed)
    sharp = cv2.GaussianBlur(sharp, (0, 0), 0.7) + draws.normal(0.0, 0.004, sharp.shape).astype(np.float32)
    blurred = cv2.GaussianBlur(sharp, (0, 0), 0.01 * size) * (0.9, 0.92, 1.0)
    noisy = blurred + draws.normal(0.0, 0.03, sharp.shape)
    return _pair(noisy.astype(np.float32), sharp.astype(np.float32), enlargement)


def grey(pair: CropPair) -> CropPair:
    """The same with a grey original; the restoration keeps its colours, as networks do."""
    return _pair(np.repeat(pair.original[..., :1], 3, axis=2), pair.restored, 1.0)


def solvay_pair(number: int) -> CropPair:
    """A face of the Solvay picture; skips the test where the pictures are not there."""
    names = [SOLVAY / folder / f"{number:02d}.jpg" for folder in ("crop", "restored")]
    if not all(name.is_file() for name in names):
        pytest.skip("the Solvay crops are not here")
    crops = (Image.open(name).convert("RGB").reduce(2) for name in names)
    original, restored = (np.asarray(crop, np.float32) / 255.0 for crop in crops)
    assert len(original) == len(restored) == _SIZE
    return _pair(original, restored, _ENLARGEMENT)


def _pair(original: Pixels, restored: Pixels, enlargement: float) -> CropPair:
    size = original.shape[0]
    landmarks = template_points(size) / enlargement
    face = Face(box=(0.0, 0.0, size / enlargement, size / enlargement), landmarks=landmarks, score=1.0)
    return CropPair(np.clip(original, 0, 1), np.clip(restored, 0, 1), face, image_to_crop(landmarks, size))


def _ellipse(pixels: Pixels, centre: NDArray[np.float64], axes: tuple[float, float], colour: tuple[float, ...]) -> None:
    x, y = centre
    cv2.ellipse(pixels, (round(x), round(y)), (round(axes[0]), round(axes[1])), 0, 0, 360, colour, -1)
