"""Pictures with known faces made harder: smaller, blurred, noisy, compressed, dark, grey or turned."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]
Box = Sequence[float]
Move = NDArray[np.float64]  # (2, 3), picture to harder picture


def _unmoved(change: Callable[[Picture], Picture]) -> Callable[[Picture], tuple[Picture, Move]]:
    return lambda picture: (change(picture), np.eye(2, 3))


def _shrunk(scale: float) -> Callable[[Picture], tuple[Picture, Move]]:
    def change(picture: Picture) -> tuple[Picture, Move]:
        smaller = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        return np.asarray(smaller, np.uint8), scale * np.eye(2, 3)

    return change


def _turned(degrees: float) -> Callable[[Picture], tuple[Picture, Move]]:
    def change(picture: Picture) -> tuple[Picture, Move]:
        height, width = picture.shape[:2]
        move = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1.0)
        cosine, sine = abs(move[0, 0]), abs(move[0, 1])
        size = int(height * sine + width * cosine), int(height * cosine + width * sine)
        move[:, 2] += (size[0] - width) / 2, (size[1] - height) / 2
        return np.asarray(cv2.warpAffine(picture, move, size), np.uint8), np.asarray(move, np.float64)

    return change


def _blurred(picture: Picture) -> Picture:
    sigma = max(2.0, min(picture.shape[:2]) / 250)
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), sigma), np.uint8)


def _noisy(picture: Picture) -> Picture:
    noise = np.random.default_rng(0).normal(0.0, 40.0, picture.shape)
    return np.clip(picture + noise, 0, 255).astype(np.uint8)


def _compressed(picture: Picture) -> Picture:
    coded = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 8])[1]
    return np.asarray(cv2.imdecode(coded, cv2.IMREAD_COLOR), np.uint8)


def _dark(picture: Picture) -> Picture:
    return (0.18 * picture).astype(np.uint8)


def _grey(picture: Picture) -> Picture:
    return np.repeat(np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), np.uint8)[..., None], 3, axis=2)


VARIANTS: dict[str, Callable[[Picture], tuple[Picture, Move]]] = {
    "half": _shrunk(1 / 2),
    "third": _shrunk(1 / 3),
    "blurred": _unmoved(_blurred),
    "noisy": _unmoved(_noisy),
    "JPEG 8": _unmoved(_compressed),
    "dark": _unmoved(_dark),
    "grey": _unmoved(_grey),
    "turned 20": _turned(20.0),
    "turned 30": _turned(30.0),
    "turned 45": _turned(45.0),
}
"""Each takes a (H, W, 3) uint8 RGB picture; gives the harder one and the way of its points, (2, 3)."""


def moved(box: Box, move: Move) -> Box:
    """The box (x1, y1, x2, y2) around the same face, of the same mean side, where `move` has brought its centre."""
    centre = move[:, :2] @ [(box[0] + box[2]) / 2, (box[1] + box[3]) / 2] + move[:, 2]
    scale = float(np.sqrt(abs(np.linalg.det(move[:, :2]))))
    if abs(move[0, 1]) < 1e-9:
        half = scale * np.array([box[2] - box[0], box[3] - box[1]]) / 2
    else:
        half = np.full(2, scale * (box[2] - box[0] + box[3] - box[1]) / 4)
    return [*(centre - half).tolist(), *(centre + half).tolist()]
