"""Fit the weights with which gpen_core/quality/sharpness.py reads the size of the finest detail off a spectrum.

    python tools/measure/calibrate_sharpness.py FACES [--faces 200]

FACES holds sharp, aligned faces. Each is blurred or reduced by known factors, gets some noise and JPEG, and is enlarged
again; the weights are those of a ridge regression of log2 of the factor, stretched so that the reading of a factor is
that factor on average. Every other face is held out for the error that is printed.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from gpen_core.faces import make_detector
from gpen_core.image import read_picture
from gpen_core.image.warp import Pixels
from gpen_core.quality.region import SIDE, measured_crop
from gpen_core.quality.sharpness import ROUNDING, ring_powers
from gpen_core.restore import find_faces

_VARIANTS = 24  # of each face
_COARSEST = 4.0  # octaves
_RIDGE = 0.01
_ENLARGEMENTS = (cv2.INTER_CUBIC, cv2.INTER_CUBIC, cv2.INTER_LINEAR, cv2.INTER_LANCZOS4)
_MOST_NOISE, _LEAST_QUALITY = 6.0, 50.0  # beyond, noise and blocks take the detail's place and nothing can be fitted


def degrade(crop: Pixels, factor: float, rng: np.random.Generator) -> tuple[Pixels, float]:
    """The crop without detail finer than `factor` px, and the factor as it was after rounding."""
    if rng.random() < 0.5:
        side = round(SIDE / factor)
        small, factor = cv2.resize(crop, (side, side), interpolation=cv2.INTER_AREA), SIDE / side
    else:  # a Gaussian leaves as much at the limit as area and cubic do for sigma of half the factor
        small = cv2.GaussianBlur(crop, (0, 0), factor / 2.0) if factor > 1.05 else crop
    if rng.random() < 0.5:
        channels = 3 if rng.random() < 0.6 else 1
        small = small + rng.normal(0, rng.uniform(0, _MOST_NOISE) / 255, (*small.shape[:2], channels))
    levels = (np.clip(small, 0, 1) * 255 + 0.5).astype(np.uint8)
    if rng.random() < 0.6:
        data = cv2.imencode(".jpg", levels, [cv2.IMWRITE_JPEG_QUALITY, int(rng.uniform(_LEAST_QUALITY, 95))])[1]
        levels = np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR))
    enlarged = cv2.resize(levels, (SIDE, SIDE), interpolation=int(rng.choice(_ENLARGEMENTS)))
    return (enlarged / np.float32(255)).astype(np.float32), factor


def samples(paths: list[Path]) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.intp]]:
    """log10 of ring powers, log2 of the factor, and the number of the face."""
    detector, rng = make_detector("embedded"), np.random.default_rng(0)
    powers, octaves, owners = [], [], []
    for number, path in enumerate(paths):
        picture = read_picture(path).pixels.numpy()
        faces = find_faces(picture, detector)
        if not faces:
            continue
        crop = measured_crop(picture, faces[0])
        for variant in range(_VARIANTS):
            degraded, factor = degrade(crop, 2.0 ** (rng.uniform(0, _COARSEST) if variant else 0.0), rng)
            powers.append(np.log10(ring_powers(degraded) + ROUNDING))
            octaves.append(np.log2(factor))
            owners.append(number)
    return np.array(powers), np.array(octaves), np.array(owners)


def fit(powers: NDArray[np.float64], octaves: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
    """Bias and weights; the regression is on differences of neighbouring rings, hence weights that add up to 0."""
    slopes = np.diff(powers, axis=1)
    mean, spread = slopes.mean(axis=0), slopes.std(axis=0)
    x, y = (slopes - mean) / spread, octaves - octaves.mean()
    on_slopes = np.linalg.solve(x.T @ x + _RIDGE * len(x) * np.eye(x.shape[1]), x.T @ y)
    read = x @ on_slopes
    on_slopes = on_slopes / spread / (np.dot(read, y) / np.dot(y, y))
    weights = -np.diff(np.concatenate([[0.0], on_slopes, [0.0]]))
    return float(octaves.mean() - mean @ on_slopes), weights


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, metavar="FACES")
    parser.add_argument("--faces", type=int, default=200, help="number of faces, evenly spread (default: %(default)s)")
    args = parser.parse_args()
    torch.set_num_threads(1)
    paths = sorted(args.folder.glob("*.jpg"))
    powers, octaves, owners = samples(paths[:: max(len(paths) // args.faces, 1)])
    held_out = owners % 2 == 1
    bias, weights = fit(powers[~held_out], octaves[~held_out])
    print(f"_BIAS = {bias:.3f}\n_WEIGHTS = ({', '.join(f'{weight:.3f}' for weight in weights)})")
    read = np.clip(bias + powers[held_out] @ weights, 0.0, None)
    error = read - octaves[held_out]
    print(f"held out: {held_out.sum()} crops, error {np.sqrt(np.mean(error**2)):.2f} octaves (root mean square)")
    for octave in range(int(_COARSEST) + 1):
        near = np.abs(octaves[held_out] - octave) < 0.25
        low, middle, high = 2.0 ** np.quantile(read[near], [0.05, 0.5, 0.95])
        print(f"factor about {2**octave:2d}: read {middle:5.2f}, 5 to 95 %: {low:.2f} to {high:.2f}")


if __name__ == "__main__":
    main()
