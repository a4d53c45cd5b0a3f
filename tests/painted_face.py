"""A face painted in flat colours, for tests that must know where skin is."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from gpen_core.faces.face import Face
from gpen_core.template import template_points

Pixels = NDArray[np.float32]
Colour = tuple[float, float, float]

LIGHT: Colour = (0.90, 0.72, 0.62)
DARK: Colour = (0.27, 0.17, 0.12)
SEPIA: Colour = (0.66, 0.55, 0.40)
GREY: Colour = (0.60, 0.60, 0.60)


@dataclass(frozen=True, eq=False)
class PaintedFace:
    """pixels: (side, side, 3). Points (x, y), px, that are surely skin and surely not, by name."""

    pixels: Pixels
    face: Face
    skin: dict[str, tuple[int, int]]
    other: dict[str, tuple[int, int]]


def painted_face(skin: Colour = LIGHT, side: int = 256, grain: float = 0.01) -> PaintedFace:
    """An aligned face (template "gpen") with hair, brows, eyes, lips, lit from the left, and a little grain."""
    scale = side / 256.0
    canvas = np.zeros((side, side, 3), np.float32)
    tones = np.array(skin, np.float32)
    hair, background = tones * 0.35, np.array([0.35, 0.45, 0.55], np.float32)
    if np.ptp(tones) == 0.0 or skin == SEPIA:  # as a photo without colours shows it
        background = tones * 0.8
    canvas[:] = background
    left, right, nose, _, _ = template_points(256)

    def ellipse(centre: tuple[float, float], axes: tuple[float, float], colour: NDArray[np.float32]) -> None:
        x, y = (round(value * scale) for value in centre)
        half = tuple(max(round(value * scale), 1) for value in axes)
        cv2.ellipse(canvas, (x, y), half, 0.0, 0.0, 360.0, colour.tolist(), -1, cv2.LINE_AA)

    ellipse((128, 125), (80, 100), hair)
    ellipse((128, 145), (57, 79), tones)
    canvas *= np.linspace(1.05, 0.85, side, dtype=np.float32)[None, :, None]
    lips = tones * np.array([0.95, 0.6, 0.6] if np.ptp(tones) and skin != SEPIA else [0.65] * 3, np.float32)
    for eye in (left, right):
        ellipse((eye[0], eye[1]), (9, 4), tones * 0.2)
        ellipse((eye[0], eye[1] - 14), (17, 3), hair * 0.8)
    ellipse((128, 186), (24, 9), lips)
    canvas += np.random.default_rng(0).normal(0.0, grain, (side, side, 1)).astype(np.float32)
    pixels = np.clip(cv2.GaussianBlur(canvas, (0, 0), 0.6 * scale), 0.0, 1.0)

    def at(x: float, y: float) -> tuple[int, int]:
        return round(x * scale), round(y * scale)

    return PaintedFace(
        pixels.astype(np.float32),
        Face(
            box=(60.0 * scale, 60.0 * scale, 196.0 * scale, 226.0 * scale), landmarks=template_points(side), score=0.9
        ),
        skin={"left cheek": at(92, 155), "right cheek": at(164, 155), "nose": at(128, 145), "chin": at(128, 212)},
        other={
            "left eye": at(*left),
            "right eye": at(*right),
            "left brow": at(left[0], left[1] - 14),
            "right brow": at(right[0], right[1] - 14),
            "lips": at(128, 186),
            "hair": at(128, 40),
            "background": at(20, 128),
        },
    )
