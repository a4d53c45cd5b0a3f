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

from gpen_core.repaint import LABELS, PALETTE

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
    for name, picture in {"scratched": scratched(), "segmentation": segmentation()}.items():  # exact colours matter
        Image.fromarray(picture).save(FOLDER / f"{name}.png", optimize=True)


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


def scratched() -> Picture:
    """The portrait with parts of the face painted over in white."""
    picture = _portrait()[:300, 40:340].copy()
    for start, end in (((120, 60), (170, 130)), ((150, 165), (205, 150))):
        cv2.line(picture, start, end, (255, 255, 255), 9)
    return picture


def segmentation() -> Picture:
    """A face drawn in the palette of GPEN's segmentation network, made up of ellipses."""
    picture = np.zeros((512, 512, 3), np.uint8)
    parts = (  # label, centre, half axes in px
        ("cloth", (256, 560), (240, 120)),
        ("hair", (256, 240), (175, 215)),
        ("neck", (256, 420), (75, 110)),
        ("left ear", (398, 290), (22, 42)),
        ("right ear", (114, 290), (22, 42)),
        ("skin", (256, 280), (140, 175)),
        ("hair", (256, 120), (120, 45)),
        ("right brow", (202, 212), (40, 8)),
        ("left brow", (310, 212), (40, 8)),
        ("right eye", (202, 243), (28, 11)),
        ("left eye", (310, 243), (28, 11)),
        ("nose", (256, 290), (26, 48)),
        ("upper lip", (256, 362), (48, 11)),
        ("lower lip", (256, 378), (42, 13)),
        ("mouth", (256, 369), (34, 4)),
    )
    for label, centre, axes in parts:
        cv2.ellipse(picture, centre, axes, 0.0, 0.0, 360.0, PALETTE[LABELS.index(label)], -1)
    return picture


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
