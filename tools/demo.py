"""Degrade a portrait, restore it, and show both: `make demo`, or `python tools/demo.py [--model NAME_OR_FILE]`.

The portrait is NASA's picture of Eileen Collins, in the public domain. It is blurred,
halved, made noisy, compressed as JPEG and enlarged again; then its face is restored. Numbers compare the face with the
untouched picture before and after; they need nothing from the network.
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

Picture = NDArray[np.uint8]

PORTRAIT = Path(__file__).resolve().parents[1] / "tests" / "assets" / "astronaut.png"  # its source is told beside it

_ZOOM = 3  # of the face in the picture written
_AROUND = 0.7  # of the face's box, added on each side


def degrade(picture: Picture) -> Picture:
    """What a small, noisy, compressed copy of the picture looks like, enlarged to its size. Always the same."""
    height, width = picture.shape[:2]
    small = cv2.resize(cv2.GaussianBlur(picture, (0, 0), 1.5), (width // 2, height // 2), interpolation=cv2.INTER_AREA)
    noisy = small + np.random.default_rng(0).normal(0.0, 9.0, small.shape)
    stored = io.BytesIO()
    Image.fromarray(np.clip(noisy + 0.5, 0, 255).astype(np.uint8)).save(stored, "jpeg", quality=45)
    return np.asarray(Image.open(stored).resize((width, height), Image.Resampling.BICUBIC))


def compare(reference: Picture, picture: Picture) -> str:
    """PSNR and SSIM of a picture against its reference."""
    return f"PSNR {cv2.PSNR(reference, picture):5.2f} dB, SSIM {ssim(reference, picture):.3f}"


def ssim(reference: Picture, picture: Picture) -> float:
    """Structural similarity of two (H, W, 3) pictures, 1 for the same, over windows of 7 px.

    Wang et al., Image Quality Assessment: From Error Visibility to Structural Similarity, 2004, equation 13.
    """

    def mean(values: NDArray[np.float64]) -> NDArray[np.float64]:
        return cv2.blur(values, (7, 7))[3:-3, 3:-3].astype(np.float64, copy=False)  # whole windows only

    x, y = reference.astype(np.float64), picture.astype(np.float64)
    mean_x, mean_y = mean(x), mean(y)
    unbiased = 49 / 48
    var_x, var_y, covariance = (
        unbiased * (mean(a * b) - mean_a * mean_b)
        for a, b, mean_a, mean_b in ((x, x, mean_x, mean_x), (y, y, mean_y, mean_y), (x, y, mean_x, mean_y))
    )
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    similarity = ((2 * mean_x * mean_y + c1) * (2 * covariance + c2)) / (
        (mean_x**2 + mean_y**2 + c1) * (var_x + var_y + c2)
    )
    return float(similarity.mean())


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
    left, top, right, bottom = face.box
    margin = _AROUND * face.size
    part = np.s_[
        max(round(top - margin), 0) : round(bottom + margin), max(round(left - margin), 0) : round(right + margin)
    ]
    args.output.mkdir(parents=True, exist_ok=True)
    target = args.output / "before_after.png"
    panels = {"degraded": before[part], f"restored by {model.name}": after[part], "original": original[part]}
    side_by_side(panels).save(target)
    print(f"model {report.model}, device {report.device}, precision {report.precision}, faces by {report.detector}")
    print(report.summary())
    print(f"before  {compare(original[part], before[part])}")
    print(f"after   {compare(original[part], after[part])}")
    print(f"wrote {target}")


if __name__ == "__main__":
    main()
