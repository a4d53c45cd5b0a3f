"""How much of what is in front of faces `keep_occlusions` keeps, and how much else.

python tools/measure/occlusion_report.py FACES [--sheet SHEET.png]: FACES holds sharp faces aligned as FFHQ. Hands,
masks, glasses and hair are painted over them, and they are blurred, shrunk and made noisy. The network is one that
paints the sharp face without them, a little off in place and tone. Printed are the shares of the occluders and of the
rest of the face that are kept; the sheet shows, row by row, the picture and the result at 0, 50 and 100.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from gpen_core import GPENModel, RestoreSettings, restore
from gpen_core.faces import Face
from gpen_core.faces.detector import Picture
from gpen_core.finish.occlusion import occlusion
from gpen_core.network import FaceNetwork
from gpen_core.restore.masks import crop_mask
from gpen_core.template import template_points

Pixels = NDArray[np.float32]
Plane = NDArray[np.float32]

_SIDE = 512  # px
_FACES = 14
_AMOUNTS = (25, 50, 75, 100)
_SHOWN = (0, 50, 100)
_FACE = Face(box=(110.0, 130.0, 400.0, 480.0), landmarks=template_points(_SIDE, "ffhq"), score=0.99)
_MASKS = ((0.55, 0.70, 0.85), (0.90, 0.90, 0.90), (0.12, 0.12, 0.14))


class KnownFace(FaceNetwork):
    """Paints the face that it was told, whatever it is shown."""

    sizes, template = (_SIDE,), "ffhq"

    def __init__(self, face: Pixels) -> None:
        super().__init__()
        self._face = torch.from_numpy(face)

    def generate(self, crops: Tensor, dtype: torch.dtype, whole: int) -> Tensor:
        return self._face.expand(len(crops), -1, -1, -1).clone()

    def activation_bytes(self, size: int, batch: int, dtype: torch.dtype, whole: int) -> int:
        return 24 * size**2 * batch


class _Aligned:
    """Finds the face of an aligned picture."""

    name = "aligned"

    def detect(self, picture: Picture) -> list[Face]:
        return [_FACE]


def hand(skin: Pixels, rng: np.random.Generator) -> tuple[Plane, Pixels]:
    """Where it is (S, S), and its colours (S, S, 3)."""
    shape = np.zeros((_SIDE, _SIDE), np.float32)
    x, y, angle = int(rng.integers(180, 330)), int(rng.integers(300, 420)), rng.uniform(-0.6, 0.6)
    for finger in range(4):
        start = np.array([x + 34.0 * (finger - 1.5), y])
        end = start + np.array([np.sin(angle), -np.cos(angle)]) * rng.uniform(110.0, 160.0)
        cv2.line(shape, start.astype(int).tolist(), end.astype(int).tolist(), 1.0, 30, cv2.LINE_AA)
    cv2.ellipse(shape, (x, y + 40), (80, 70), 0.0, 0.0, 360.0, 1.0, -1, cv2.LINE_AA)
    shade = 0.6 + 0.4 * np.clip(cv2.GaussianBlur(shape, (0, 0), 5.0) * 2.0 - 1.0, 0.0, 1.0)
    return shape, (skin * rng.uniform(0.75, 1.1) * shade[..., None]).astype(np.float32)


def mask(skin: Pixels, rng: np.random.Generator) -> tuple[Plane, Pixels]:
    """A surgical mask."""
    shape = np.zeros((_SIDE, _SIDE), np.float32)
    outline = np.array([[120, 300], [256, 270], [392, 300], [370, 430], [256, 490], [142, 430]])
    cv2.fillPoly(shape, [outline], (1.0,), cv2.LINE_AA)
    return shape, np.broadcast_to(np.array(_MASKS[rng.integers(3)], np.float32), (_SIDE, _SIDE, 3))


def glasses(skin: Pixels, rng: np.random.Generator) -> tuple[Plane, Pixels]:
    """Dark glasses."""
    shape = np.zeros((_SIDE, _SIDE), np.float32)
    for x in (193, 319):
        cv2.ellipse(shape, (x, 242), (52, 40), 0.0, 0.0, 360.0, 1.0, -1, cv2.LINE_AA)
    return shape, np.full((_SIDE, _SIDE, 3), 0.06, np.float32)


def hair(skin: Pixels, rng: np.random.Generator) -> tuple[Plane, Pixels]:
    """A strand over one eye."""
    shape = np.zeros((_SIDE, _SIDE), np.float32)
    outline = np.array([[150, 60], [330, 60], [250, 200], [210, 330], [185, 330], [190, 200]])
    cv2.fillPoly(shape, [outline], (1.0,), cv2.LINE_AA)
    colour = np.array((0.25, 0.17, 0.1), np.float32) * np.float32(rng.uniform(0.5, 1.4))
    return shape, np.broadcast_to(colour, (_SIDE, _SIDE, 3))


KINDS: dict[str, Callable[[Pixels, np.random.Generator], tuple[Plane, Pixels]] | None] = {
    "hand": hand,
    "mask": mask,
    "glasses": glasses,
    "hair": hair,
    "nothing": None,
}


def case(face: Pixels, kind: str, seed: int) -> tuple[Pixels, Pixels, Plane]:
    """The picture, what the network paints, and where something is in front."""
    rng = np.random.default_rng(seed)
    draw, shape, seen = KINDS[kind], np.zeros((_SIDE, _SIDE), np.float32), face
    if draw is not None:
        shape, colours = draw(face[300:340, 230:280].mean((0, 1)), rng)
        seen = face + shape[..., None] * (colours - face)
    small = cv2.resize(cv2.GaussianBlur(seen, (0, 0), 3.0), (128, 128), interpolation=cv2.INTER_AREA)
    small = (small + rng.normal(0.0, 0.03, small.shape)).astype(np.float32)
    picture = np.clip(cv2.resize(small, (_SIDE, _SIDE), interpolation=cv2.INTER_CUBIC), 0.0, 1.0).astype(np.float32)
    moved = np.array([[1.0, 0.0, rng.uniform(-3, 3)], [0.0, 1.0, rng.uniform(-3, 3)]], np.float32)
    painted = cv2.warpAffine(face, moved, (_SIDE, _SIDE), borderMode=cv2.BORDER_REPLICATE) * rng.uniform(0.95, 1.05, 3)
    return picture, np.clip(painted, 0.0, 1.0).astype(np.float32), shape


def main() -> None:
    """Print the shares, and draw the sheet."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("faces", type=Path)
    parser.add_argument("--sheet", type=Path)
    args = parser.parse_args()
    files = sorted(path for path in args.faces.iterdir() if path.suffix.lower() in (".png", ".jpg"))[:_FACES]
    faces = [np.asarray(Image.open(file).convert("RGB").resize((_SIDE, _SIDE)), np.float32) / 255.0 for file in files]
    print(f"{len(faces)} faces; of what is in front / of the rest of the face kept, at {_AMOUNTS}")
    for kind in KINDS:
        print(f"{kind:8}", *_shares([case(face, kind, number) for number, face in enumerate(faces)]))
    if args.sheet:
        rows = [_row(*case(faces[number + 2], kind, number + 2)[:2]) for number, kind in enumerate(KINDS)]
        Image.fromarray((np.vstack(rows) * 255.0 + 0.5).astype(np.uint8)).save(args.sheet)


def _shares(cases: Sequence[tuple[Pixels, Pixels, Plane]]) -> list[str]:
    face = crop_mask(_FACE, np.eye(2, 3), _SIDE)
    shares = []
    for amount in _AMOUNTS:
        inside, around = [], []
        for picture, painted, shape in cases:
            kept = occlusion(picture, painted, face, amount)
            inside.append(kept[(shape > 0.5) & (face > 0.5)])
            near = cv2.dilate(shape, np.ones((41, 41), np.uint8)) > 0.2
            around.append(kept[(face > 0.5) & ~near])
        inside_all = np.concatenate(inside)
        of_all = f"{inside_all.mean():.2f}" if inside_all.size else "-"
        shares.append(f"{of_all} / {np.concatenate(around).mean():.3f}")
    return shares


def _row(picture: Pixels, painted: Pixels) -> Pixels:
    parts = [picture]
    for amount in _SHOWN:
        model = GPENModel(KnownFace(painted), "known face", torch.device("cpu"), "fp32")
        settings = RestoreSettings(strength=100, keep_occlusions=amount)
        parts.append(restore(picture, model, settings, detector=_Aligned()).image.numpy())
    return np.hstack([cv2.resize(part, (256, 256), interpolation=cv2.INTER_AREA) for part in parts]).clip(0.0, 1.0)


if __name__ == "__main__":
    main()
