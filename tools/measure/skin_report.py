"""How well skin is found and how well it is protected, on faces with known answers.

    python tools/measure/skin_report.py DATA [--model face-unet] [--step 10] [--sheet FOLDER]

DATA holds faces_train/*.jpg with CelebAMask-HQ parse masks in faces_train_masks/*.png, solvay/crop and solvay/restored
(crops and what a GPEN made of them), and faces_val/hq with lq_medium and lq_heavy. What is missing is left out.

Skin: intersection over union of mask > 0.5 with the labels skin and nose, and the mean of the mask on other labels.
Protection: mean CIEDE2000 on skin between the original and the result, both blurred by sigma 8 px at 512 px, without
and with protection; and what texture 1.0 keeps of the detail below sigma 2 px at 512 px (luma minus its Gaussian, on
skin above 0.9): its energy, and its regression on the original's, which counts no detail that was made up.
Each line for all faces, then for the darkest and the lightest third by the median luma of their skin.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from skimage.color import deltaE_ciede2000, rgb2lab

import gpen_core
from gpen_core.faces.embedded import EmbeddedDetector
from gpen_core.faces.face import Face
from gpen_core.finish.protection import ALIGNED_SIZE, SkinProtection, protect_skin
from gpen_core.finish.skin import skin_mask
from gpen_core.image.luma import luma
from gpen_core.image.resample import resize
from gpen_core.image.warp import Pixels, Plane

SKIN = (1, 2)  # labels of CelebAMask-HQ: skin, nose
LEAKS = {"eyes": (4, 5), "brows": (6, 7), "lips": (10, 11, 12), "hair": (13,)}
SEVERITIES = ("light", "medium", "heavy")
SEPIA = (1.08, 0.97, 0.78)  # of the luma
_SURE = 0.9
_FEWEST = 30  # px of a label worth a mean
_ON_THE_SHEET = 8

Row = dict[str, float]


@dataclass(frozen=True, eq=False)
class Pair:
    """One face: as it was, as the network made it, and its skin."""

    original: Pixels
    enhanced: Pixels
    skin: Plane


def read(path: Path) -> Pixels:
    return np.divide(np.asarray(Image.open(path).convert("RGB")), 255.0, dtype=np.float32)


def detect(pixels: Pixels, detector: EmbeddedDetector) -> Face | None:
    """The largest face."""
    faces = detector.detect((np.clip(pixels, 0.0, 1.0) * 255.0 + 0.5).astype(np.uint8))
    return max(faces, key=lambda face: face.size, default=None)


def mask_rows(data: Path, detector: EmbeddedDetector, step: int, grey: bool) -> list[Row]:
    rows = []
    for truth_file in sorted((data / "faces_train_masks").glob("*.png"))[1::step]:
        pixels, labels = read(data / "faces_train" / f"{truth_file.stem}.jpg"), np.asarray(Image.open(truth_file))
        face, truth = detect(pixels, detector), np.isin(labels, SKIN)
        if face is None or not truth.any():
            continue
        tone = float(np.median(luma(pixels)[truth]))
        mask = skin_mask(np.repeat(luma(pixels)[..., None], 3, axis=2) if grey else pixels, face)
        found = mask > 0.5
        row = {"tone": tone, "IoU": float((found & truth).sum() / (found | truth).sum())}
        for name, values in LEAKS.items():
            label = np.isin(labels, values)
            row[name] = float(mask[label].mean()) if label.sum() >= _FEWEST else np.nan
        rows.append(row)
    return rows


def solvay_pairs(data: Path, detector: EmbeddedDetector) -> Iterator[Pair]:
    for path in sorted((data / "solvay" / "crop").glob("*.jpg")):
        original, enhanced = read(path), read(data / "solvay" / "restored" / path.name)
        if (face := detect(original, detector)) is not None:
            yield Pair(original, enhanced, skin_mask(enhanced, face))


def degraded_pairs(
    data: Path, severity: str, model: gpen_core.GPENModel, detector: EmbeddedDetector, tint: Sequence[float] | None
) -> Iterator[Pair]:
    """Faces of faces_val at the model's size; tint: of their luma, instead of their colours."""
    size = model.size
    for path in sorted((data / "faces_val" / f"lq_{severity}").glob("*.png")):
        face = detect(resize(read(data / "faces_val" / "hq" / f"{path.stem}.jpg"), size, size), detector)
        if face is None:
            continue
        original = resize(read(path), size, size)
        if tint is not None:
            original = np.clip(luma(original)[..., None] * np.array(tint, np.float32), 0.0, 1.0)
        enhanced = model(torch.from_numpy(original)[None])[0].cpu().numpy()
        yield Pair(original, enhanced, skin_mask(enhanced, face))


def protection_rows(pairs: Sequence[Pair]) -> list[Row]:
    rows = []
    for pair in pairs:
        sure = pair.skin > _SURE
        protected = protect_skin(pair.original, pair.enhanced, pair.skin, SkinProtection())
        textured = protect_skin(pair.original, pair.enhanced, pair.skin, SkinProtection(texture=1.0))
        theirs, own = fine_detail(pair.original)[sure], fine_detail(textured)[sure]
        energy = float(np.square(theirs).sum())
        rows.append(
            {
                "tone": float(np.median(luma(pair.original)[sure])),
                "dE before": colour_difference(pair.original, pair.enhanced, sure),
                "dE": colour_difference(pair.original, protected, sure),
                "energy": float(np.square(own).sum()) / energy,
                "kept": float((own * theirs).sum()) / energy,
            }
        )
    return rows


def colour_difference(first: Pixels, second: Pixels, where: NDArray[np.bool_]) -> float:
    sigma = 8.0 * first.shape[0] / ALIGNED_SIZE
    labs = [rgb2lab(cv2.GaussianBlur(pixels, (0, 0), sigma)) for pixels in (first, second)]
    return float(deltaE_ciede2000(*labs)[where].mean())


def fine_detail(pixels: Pixels) -> Plane:
    light = luma(pixels)
    return light - cv2.GaussianBlur(light, (0, 0), 2.0 * pixels.shape[0] / ALIGNED_SIZE)


def hue_error(pair: Pair) -> float:
    """Difference of mean hue on skin, degrees, after default protection."""
    protected = protect_skin(pair.original, pair.enhanced, pair.skin, SkinProtection())
    hues = []
    for pixels in (pair.original, protected):
        a, b = rgb2lab(pixels)[pair.skin > _SURE][:, 1:].mean(axis=0)
        hues.append(np.degrees(np.arctan2(b, a)))
    return float(abs(hues[0] - hues[1]))


def show(title: str, rows: list[Row]) -> None:
    rows = sorted(rows, key=lambda row: row["tone"])
    third = len(rows) // 3
    for part, chosen in (("all", rows), ("darkest third", rows[:third]), ("lightest third", rows[-third:])):
        if not chosen:
            continue
        cells = [f"{name} {np.nanmean([row[name] for row in chosen]):.3f}" for name in chosen[0] if name != "tone"]
        cells += [
            f"least {name} {min(row[name] for row in chosen):.3f}" for name in ("energy", "kept") if name in chosen[0]
        ]
        print(f"{title:14} {part:14} n={len(chosen):3d}  " + "  ".join(cells))


def sheet(pairs: Sequence[Pair], path: Path) -> None:
    """Original, enhanced, protected in several ways, mask: a row for each of some faces from dark to light."""
    settings = [SkinProtection(), SkinProtection(texture=1.0), SkinProtection(texture=0.0, smooth=1.0)]
    ordered = sorted(pairs, key=lambda pair: float(np.median(luma(pair.original)[pair.skin > _SURE])))
    lines = []
    for number in np.linspace(0, len(ordered) - 1, min(_ON_THE_SHEET, len(ordered))).astype(int):
        pair = ordered[number]
        tiles = [pair.original, pair.enhanced]
        tiles += [protect_skin(pair.original, pair.enhanced, pair.skin, each) for each in settings]
        green = np.array([0.0, 1.0, 0.0], np.float32)
        tiles.append(pair.enhanced + 0.5 * pair.skin[..., None] * (green - pair.enhanced))
        lines.append(np.concatenate(tiles, axis=1))
    whole = np.clip(np.concatenate(lines), 0.0, 1.0)
    Image.fromarray((whole * 255.0 + 0.5).astype(np.uint8)).save(path)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--model", default="face-unet", help="file or name")
    parser.add_argument(
        "--step",
        type=int,
        default=10,
        help="every how many-th parse mask, from the second (an even step avoids those tuned on)",
    )
    parser.add_argument("--sheet", type=Path, help="folder for contact sheets")
    args = parser.parse_args()
    detector = EmbeddedDetector()
    for title, grey in (("mask", False), ("mask, grey", True)):
        show(title, mask_rows(args.data, detector, args.step, grey))
    model = gpen_core.load_model(args.model)
    sources: dict[str, Callable[[], Iterator[Pair]]] = {"solvay": lambda: solvay_pairs(args.data, detector)}
    for severity in SEVERITIES:
        sources[severity] = lambda severity=severity: degraded_pairs(args.data, severity, model, detector, None)
    for title, source in sources.items():
        pairs = list(source())
        show(title, protection_rows(pairs))
        if args.sheet and pairs:
            args.sheet.mkdir(parents=True, exist_ok=True)
            sheet(pairs, args.sheet / f"skin_{title}.png")
    greys = list(degraded_pairs(args.data, "medium", model, detector, (1.0, 1.0, 1.0)))
    results = [protect_skin(pair.original, pair.enhanced, pair.skin, SkinProtection()) for pair in greys]
    print(f"grey: {sum(np.ptp(pixels, axis=2).max() == 0.0 for pixels in results)} of {len(results)} exactly grey")
    errors = [hue_error(pair) for pair in degraded_pairs(args.data, "medium", model, detector, SEPIA)]
    if errors:
        print(f"sepia: hue of skin off by {np.mean(errors):.2f} degrees on average, {max(errors):.2f} at most")


if __name__ == "__main__":
    main()
