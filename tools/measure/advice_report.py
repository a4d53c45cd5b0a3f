"""Whether the advice holds on held-out faces: are states of degradation told apart, and does following it pay?

    python tools/measure/advice_report.py DATA [--model face-unet] [--enlarge]

DATA holds hq/*.jpg and lq_light, lq_medium, lq_heavy/*.png of the same names: aligned faces, sharp and degraded.
Printed are the share of faces whose degradation rises from state to state; mean PSNR and SSIM of each state untouched,
with the default settings and with advised ones, against the sharp face at the model's size; and what becomes of sharp
faces.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import torch

import gpen_core
from gpen_core.evaluation import SEVERITIES, Levels, psnr, ssim, to_levels
from gpen_core.faces import Face, FaceDetector, make_detector
from gpen_core.image import read_picture
from gpen_core.image.warp import Pixels
from gpen_core.quality import advise_picture, measure_face
from gpen_core.restore import RestoreSettings, find_faces, restore

_STATES = ("hq", *SEVERITIES)


def read_states(folder: Path, name: str, enlarged_to: int | None) -> dict[str, Pixels]:
    """One face in all its states, (H, W, 3); degraded ones enlarged where asked for."""
    paths = {state: folder / f"lq_{state}" / f"{name}.png" for state in SEVERITIES}
    pictures = {state: read_picture(path).pixels.numpy() for state, path in paths.items()}
    if enlarged_to is not None:
        pictures = {state: resized(picture, enlarged_to) for state, picture in pictures.items()}
    return {"hq": read_picture(folder / "hq" / f"{name}.jpg").pixels.numpy(), **pictures}


def resized(picture: Pixels, size: int) -> Pixels:
    """A square picture reduced by area or enlarged bicubically to `size` px."""
    interpolation = cv2.INTER_AREA if picture.shape[0] > size else cv2.INTER_CUBIC
    return np.clip(cv2.resize(picture, (size, size), interpolation=interpolation), 0.0, 1.0).astype(np.float32)


def eight_bit(picture: Pixels, size: int) -> Levels:
    """As it is compared: `size` px, uint8."""
    return to_levels(resized(picture, size))


def quality(reference: Levels, picture: Levels) -> tuple[float, float]:
    """PSNR in dB and SSIM."""
    return psnr(reference, picture), ssim(reference, picture)


def find_states(pictures: dict[str, Pixels], detector: FaceDetector) -> tuple[dict[str, Face], int]:
    """The face in each state, and in how many it was not found: there it is taken over from another state."""
    found = {state: find_faces(picture, detector) for state, picture in pictures.items()}
    known, missed = next(state for state in _STATES if found[state]), 0
    faces = {}
    for state, picture in pictures.items():
        if found[state]:
            faces[state] = max(found[state], key=lambda face: face.size)
        else:
            other, scale = found[known][0], picture.shape[0] / pictures[known].shape[0]
            left, top, right, bottom = (float((value + 0.5) * scale - 0.5) for value in other.box)
            landmarks = (other.landmarks + 0.5) * scale - 0.5
            faces[state] = replace(other, landmarks=landmarks, box=(left, top, right, bottom))
            missed += 1
    return faces, missed


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--model", default="face-unet", help="file or name")
    parser.add_argument("--enlarge", action="store_true", help="enlarge degraded pictures to the model's size first")
    args = parser.parse_args()
    torch.set_num_threads(1)
    model, detector = gpen_core.load_model(args.model), make_detector("embedded")
    size = model.size
    names = sorted(path.stem for path in (args.data / "hq").glob("*.jpg"))
    ordered, missed, changed, psnr_changed = 0, 0, 0, [np.inf]
    rows: dict[str, list[list[tuple[float, float]]]] = {state: [] for state in SEVERITIES}
    for name in names:
        pictures = read_states(args.data, name, size if args.enlarge else None)
        faces, not_found = find_states(pictures, detector)
        missed += not_found
        degradations = [measure_face(pictures[state], faces[state]).degradation for state in _STATES]
        ordered += degradations == sorted(degradations)
        reference = eight_bit(pictures["hq"], size)
        for state in _STATES:
            picture, face = pictures[state], faces[state]
            advised = advise_picture(picture, [face]).settings_for(RestoreSettings())
            with_advice = restore(picture, model, advised, faces=[[face]]).image.numpy()
            if state == "hq":
                changed += not np.array_equal(with_advice, picture)
                psnr_changed.append(10.0 * np.log10(1.0 / max(float(np.mean((with_advice - picture) ** 2)), 1e-12)))
                continue
            by_default = restore(picture, model, RestoreSettings(), faces=[[face]]).image.numpy()
            results = (picture, by_default, with_advice)
            rows[state].append([quality(reference, eight_bit(result, size)) for result in results])
    total = len(names)
    print(f"degradation rises hq, light, medium, heavy: {ordered} of {total} faces ({100 * ordered / total:.0f} %)")
    print(f"faces not found in a state and taken over from another: {missed} of {len(_STATES) * total}")
    print(f"{model.name} in {model.precision}, compared at {size} px{', enlarged first' if args.enlarge else ''}")
    print("severity    untouched           defaults            advised")
    for state, row in rows.items():
        means = np.mean(row, axis=0)
        print(f"{state:9}", "  ".join(f"{psnr:6.2f} dB {ssim:.4f}" for psnr, ssim in means))
    worst = f", worst PSNR against itself {min(psnr_changed):.1f} dB" if changed else ""
    print(f"hq: {total - changed} of {total} left bit-identical{worst}")


if __name__ == "__main__":
    main()
