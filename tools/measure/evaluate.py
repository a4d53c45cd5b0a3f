"""Held-out numbers of a model: PSNR and SSIM against the sharp face, before (bicubic) and after, at full strength.

    python tools/measure/evaluate.py DATA [--model gpen-lite-256] [--sheet pictures.png]

DATA holds hq/*.jpg and lq_light, lq_medium, lq_heavy/*.png of the same names: aligned faces, sharp and degraded.
Sharp faces are reduced to the model's size by area, degraded ones enlarged bicubically. SSIM is scikit-image's, with
its default 7x7 window.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

import gpen_core

Picture = NDArray[np.uint8]

SEVERITIES = ("light", "medium", "heavy")
_ON_THE_SHEET = 8  # faces


def read(path: Path, size: int, interpolation: int) -> Picture:
    """A picture as (size, size, 3) uint8 RGB."""
    pixels = np.asarray(Image.open(path).convert("RGB"))
    return cv2.resize(pixels, (size, size), interpolation=interpolation).astype(np.uint8)


def restore(model: gpen_core.GPENModel, face: Picture) -> Picture:
    """The model's face, unblended."""
    restored = model(torch.from_numpy(face).permute(2, 0, 1)[None] / 255.0)[0]
    return (restored.permute(1, 2, 0).cpu().numpy() * 255.0 + 0.5).astype(np.uint8)


def quality(reference: Picture, picture: Picture) -> tuple[float, float]:
    """PSNR in dB and SSIM."""
    ssim = structural_similarity(reference, picture, channel_axis=2)
    return float(peak_signal_noise_ratio(reference, picture)), float(np.mean(ssim))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--model", default="gpen-lite-256", help="file or name")
    parser.add_argument("--precision", default="auto")
    parser.add_argument("--sheet", type=Path, help="write degraded, restored and sharp faces below each other")
    args = parser.parse_args()
    model = gpen_core.load_model(args.model, precision=args.precision)
    size = model.config.size
    sharp = {path.stem: read(path, size, cv2.INTER_AREA) for path in sorted((args.data / "hq").glob("*.jpg"))}
    print(f"{model.name} in {model.precision}, {len(sharp)} faces at {size} px")
    print("severity   PSNR before -> after (gain)        SSIM before -> after (gain)")
    rows = []
    for severity in SEVERITIES:
        before, after, columns = [], [], []
        for name, reference in sharp.items():
            degraded = read(args.data / f"lq_{severity}" / f"{name}.png", size, cv2.INTER_CUBIC)
            restored = restore(model, degraded)
            before.append(quality(reference, degraded))
            after.append(quality(reference, restored))
            if len(columns) < _ON_THE_SHEET:
                columns.append(np.concatenate([degraded, restored, reference]))
        (psnr, ssim), (new_psnr, new_ssim) = np.mean(before, axis=0), np.mean(after, axis=0)
        print(
            f"{severity:9}  {psnr:5.2f} -> {new_psnr:5.2f} dB ({new_psnr - psnr:+.2f})      "
            f"{ssim:.3f} -> {new_ssim:.3f} ({new_ssim - ssim:+.3f})"
        )
        rows.append(np.concatenate(columns, axis=1))
    if args.sheet:
        Image.fromarray(np.concatenate(rows)).save(args.sheet)


if __name__ == "__main__":
    main()
