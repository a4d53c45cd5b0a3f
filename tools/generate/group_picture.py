"""A group picture composed of two portraits: each cut out of its background and put before one backdrop.

NASA's portrait of Eileen Collins and the US Navy's of Grace Hopper, both in the public domain; they never stood side by
side. Pictures are RGB, (H, W, 3), 0 to 255. The same every time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

Floats = NDArray[np.float64]
Outline = Sequence[tuple[int, int]]

_ASSETS = Path(__file__).resolve().parents[2] / "tests" / "assets"  # sources are told beside them
_WIDTH, _HEIGHT = 780, 400  # px
_BACKDROP = np.array([148.0, 142.0, 134.0])
_MOTTLES = ((3, 9.0), (8, 5.0), (20, 3.0))  # across the height, strength
_ROUNDS = 6  # of GrabCut
_RIM = 1.0  # px by which the edge of a person is softened


@dataclass(frozen=True)
class Portrait:
    """A file, and roughly where the person in it is, in px: `inside` surely, `around` all of it.

    left, top (px), scale: in the group.
    """

    file: str
    inside: Outline
    around: Outline
    left: int
    top: int
    scale: float


# fmt: off
_HOPPER = Portrait(
    "grace_hopper.jpg",
    ((180, 60), (340, 60), (350, 200), (330, 340), (440, 400), (470, 600), (60, 600), (80, 420), (200, 340),
     (185, 200)),
    ((165, 15), (345, 15), (385, 90), (385, 220), (370, 310), (340, 330), (512, 380), (512, 600), (5, 600), (25, 385),
     (190, 320), (140, 270), (140, 90)),
    left=20, top=60, scale=0.72,
)
_COLLINS = Portrait(
    "astronaut.png",
    ((180, 40), (270, 40), (280, 110), (250, 180), (290, 250), (330, 300), (330, 500), (50, 500), (60, 300), (130, 240),
     (190, 180), (170, 110)),
    ((150, 40), (190, 10), (270, 12), (305, 60), (305, 130), (275, 160), (310, 230), (365, 310), (370, 360), (512, 512),
     (15, 512), (20, 330), (60, 240), (110, 190), (165, 140), (148, 90)),
    left=300, top=10, scale=1.12,
)
# fmt: on


def group() -> Floats:
    """Two people side by side, one nearer."""
    canvas = _backdrop()
    for portrait in (_HOPPER, _COLLINS):
        _put(canvas, portrait)
    return canvas


def _backdrop() -> Floats:
    """Painted cloth as in a studio, lighter in the middle."""
    rng = np.random.default_rng(2)
    mottles = np.zeros((_HEIGHT, _WIDTH))
    for count, strength in _MOTTLES:
        coarse = rng.normal(0.0, strength, (count, 2 * count))
        mottles += cv2.resize(coarse, (_WIDTH, _HEIGHT), interpolation=cv2.INTER_CUBIC)
    y, x = np.mgrid[0 : 1 : _HEIGHT * 1j, 0 : 1 : _WIDTH * 1j]
    light = 1.0 - 0.35 * ((x - 0.5) ** 2 + (y - 0.35) ** 2)
    return _BACKDROP * light[..., None] + mottles[..., None]


def _put(canvas: Floats, portrait: Portrait) -> None:
    picture = np.asarray(Image.open(_ASSETS / portrait.file).convert("RGB"))
    person, opacity = (_scaled(each, portrait.scale) for each in (picture, _opacity(picture, portrait)))
    part = canvas[portrait.top : portrait.top + person.shape[0], portrait.left : portrait.left + person.shape[1]]
    rows, columns = part.shape[:2]  # the rest lies outside the picture
    share = opacity[:rows, :columns, None]
    part[:] = part * (1.0 - share) + person[:rows, :columns] * share


def _opacity(picture: NDArray[np.uint8], portrait: Portrait) -> Floats:
    """1 where the person is, 0 elsewhere."""
    mask = np.full(picture.shape[:2], cv2.GC_BGD, np.uint8)
    cv2.fillPoly(mask, [np.array(portrait.around)], cv2.GC_PR_FGD)
    cv2.fillPoly(mask, [np.array(portrait.inside)], cv2.GC_FGD)
    cv2.setRNGSeed(0)
    models = np.zeros((1, 65)), np.zeros((1, 65))
    bgr = np.ascontiguousarray(picture[..., ::-1])
    mask, *_ = cv2.grabCut(bgr, mask, (0, 0, 0, 0), *models, _ROUNDS, cv2.GC_INIT_WITH_MASK)
    found = np.isin(mask, (cv2.GC_FGD, cv2.GC_PR_FGD)).astype(np.uint8)
    _, labels, sizes, _ = cv2.connectedComponentsWithStats(found)
    person = (labels == 1 + int(np.argmax(sizes[1:, cv2.CC_STAT_AREA]))).astype(np.float64)
    person = cv2.morphologyEx(person, cv2.MORPH_CLOSE, np.ones((5, 5)))
    softened = cv2.GaussianBlur(cv2.erode(person, np.ones((3, 3))), (0, 0), _RIM)
    return np.asarray(softened, np.float64)


def _scaled(plane: NDArray[np.generic], scale: float) -> Floats:
    method = cv2.INTER_AREA if scale < 1.0 else cv2.INTER_LINEAR
    resized = cv2.resize(plane.astype(np.float64), None, fx=scale, fy=scale, interpolation=method)
    return np.asarray(resized, np.float64)
