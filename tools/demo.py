"""Degrade a portrait, restore it, and show both: `make demo`, or `python tools/demo.py [--model NAME_OR_FILE]`.

The portrait is NASA's picture of Eileen Collins, in the public domain. It is blurred, halved, made noisy as by a small
sensor in low light, compressed as JPEG and enlarged again; then its face is restored. Numbers compare the box of the
face with the untouched picture before and after; they need nothing from the network.
"""

from __future__ import annotations

import argparse
import io
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

import gpen_core
from gpen_core.evaluation.fidelity import psnr, ssim

Picture = NDArray[np.uint8]

PORTRAIT = Path(__file__).resolve().parents[1] / "tests" / "assets" / "astronaut.png"  # its source is told beside it

_ZOOM = 4  # of the face in the picture written
_AROUND = 0.3  # of the face's box, added on each side


def degrade(picture: Picture) -> Picture:
    """What a small, noisy, compressed copy of the picture looks like, enlarged to its size. Always the same."""
    height, width = picture.shape[:2]
    small = cv2.resize(cv2.GaussianBlur(picture, (0, 0), 1.0), (width // 2, height // 2), interpolation=cv2.INTER_AREA)
    noisy = small + np.random.default_rng(0).normal(0.0, 18.0, small.shape)
    stored = io.BytesIO()
    Image.fromarray(np.clip(noisy + 0.5, 0, 255).astype(np.uint8)).save(stored, "jpeg", quality=60)
    return np.asarray(Image.open(stored).resize((width, height), Image.Resampling.BICUBIC))


def compare(reference: Picture, picture: Picture) -> str:
    """PSNR and SSIM of a picture against its reference."""
    return f"PSNR {psnr(reference, picture):5.2f} dB, SSIM {ssim(reference, picture):.3f}"


def around(box: tuple[float, float, float, float], margin: float) -> tuple[slice, slice]:
    """Rows and columns of a box (px) with a margin."""
    left, top, right, bottom = box
    rows = slice(max(round(top - margin), 0), round(bottom + margin))
    return rows, slice(max(round(left - margin), 0), round(right + margin))


def side_by_side(pictures: dict[str, Picture]) -> Image.Image:
    """The pictures in a row, enlarged, each with its name."""
    height, width = (side * _ZOOM for side in next(iter(pictures.values())).shape[:2])
    sheet = Image.new("RGB", (width * len(pictures), height + 24), "white")
    draw = ImageDraw.Draw(sheet)
    for column, (name, picture) in enumerate(pictures.items()):
        enlarged = Image.fromarray(picture).resize((width, height), Image.Resampling.BICUBIC)
        sheet.paste(enlarged, (column * width, 24))
        draw.text((column * width + 6, 6), name, fill="black")
    return sheet


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="face-unet", help="file or name of a model")
    parser.add_argument("--strength", type=float, default=100.0)
    parser.add_argument("--output", type=Path, default=Path("demo"), help="folder to write into")
    parser.add_argument("--picture", type=Path, help="write the comparison to this file too")
    args = parser.parse_args()
    original: Picture = np.asarray(Image.open(PORTRAIT))
    before = degrade(original)
    model = gpen_core.load_model(args.model)
    settings = gpen_core.RestoreSettings(strength=args.strength)
    result = gpen_core.restore((before / 255.0).astype(np.float32), model, settings)
    after = (result.image.numpy() * 255.0 + 0.5).astype(np.uint8)
    report = result.report
    if not report.pictures[0].faces:
        raise SystemExit(f"{report.detector} found no face in the degraded portrait.")
    face = max(report.pictures[0].faces, key=lambda face: face.score)
    part, box = around(face.box, _AROUND * face.size), around(face.box, 0.0)
    args.output.mkdir(parents=True, exist_ok=True)
    target = args.output / "before_after.png"
    panels = {"degraded": before[part], f"restored by {model.name}": after[part], "original": original[part]}
    sheet = side_by_side(panels)
    for file in filter(None, (target, args.picture)):
        sheet.save(file, quality=88)
    print(f"model {report.model}, device {report.device}, precision {report.precision}, faces by {report.detector}")
    print(report.summary())
    print(f"before  {compare(original[box], before[box])}")
    print(f"after   {compare(original[box], after[box])}")
    print(f"wrote {target}")


if __name__ == "__main__":
    main()
