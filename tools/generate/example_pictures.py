"""Make the pictures the example workflows start from: `make pictures`.

NASA's portrait of Eileen Collins, in the public domain, small and compressed and as an old print; and a group composed
of her and Grace Hopper. The same every time.
"""

from __future__ import annotations

import io
from pathlib import Path

import cv2
import numpy as np
from group_picture import group
from numpy.typing import NDArray
from PIL import Image

Picture = NDArray[np.uint8]
Floats = NDArray[np.float64]

PROJECT = Path(__file__).resolve().parents[2]
FOLDER = PROJECT / "example_workflows" / "pictures"
PORTRAIT = PROJECT / "tests" / "assets" / "astronaut.png"  # its source is told beside it
_SEPIA = np.array([1.0, 0.86, 0.67])
_PAPER, _INK = 0.86, 0.16  # lightest and darkest of a faded print


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, picture in {"portrait": portrait(), "group": small_group(), "old_photo": old_photo()}.items():
        Image.fromarray(picture).save(FOLDER / f"{name}.jpg", quality=90)


def portrait() -> Picture:
    """Head and shoulders as a small, noisy, compressed file."""
    return _enlarged(_compressed(_worn(_portrait()[:300, 40:340], blur=1.4, noise=16.0), 50))


def small_group() -> Picture:
    """The group as a noisy, compressed file."""
    return _compressed(_worn(group(), blur=0.9, noise=12.0), 60)


def old_photo() -> Picture:
    """A faded sepia print with grain and scratches."""
    rng = np.random.default_rng(1)
    grey = _enlarged(_portrait()[:300, 40:340]).mean(axis=2) / 255.0
    grain = cv2.GaussianBlur(rng.normal(0.0, 0.12, grey.shape), (0, 0), 1.0)
    faded = _INK + (_PAPER - _INK) * np.clip(grey + grain, 0.0, 1.0)
    for column in rng.integers(0, grey.shape[1], 5):
        faded[:, column] += 0.12 * rng.uniform(0.3, 1.0)
    return _compressed(faded[..., None] * _SEPIA * 255.0, 80)


def _portrait() -> Picture:
    return np.ascontiguousarray(np.asarray(Image.open(PORTRAIT))[:400, 30:430])


def _enlarged(picture: Picture) -> Picture:
    """At twice the size, for a face of the size people have."""
    return cv2.resize(picture, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC).astype(np.uint8, copy=False)


def _worn(picture: NDArray[np.generic], blur: float, noise: float) -> Floats:
    blurred = cv2.GaussianBlur(picture.astype(np.float64), (0, 0), blur)
    return blurred + np.random.default_rng(0).normal(0.0, noise, blurred.shape)


def _compressed(picture: Floats, quality: int) -> Picture:
    stored = io.BytesIO()
    Image.fromarray(np.clip(picture + 0.5, 0, 255).astype(np.uint8)).save(stored, "jpeg", quality=quality)
    return np.asarray(Image.open(stored))


if __name__ == "__main__":
    main()
