"""The step of colour at the edge of what a colourised picture's network has coloured.

python tools/measure/chroma_step.py PHOTO.jpg: the photo is made grey, its faces get their true colours back as a
perfect network would give them, and the step across the edge of the crop is printed for several settings, in levels
of 255.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from gpen_core.faces import Face, crop_face, make_detector
from gpen_core.image import read_picture
from gpen_core.image.luma import luma
from gpen_core.model import GPENModel
from gpen_core.network import FaceNetwork
from gpen_core.repaint import ColouriseSettings, RepaintResult, colourise
from gpen_core.repaint.chroma import chroma_of
from gpen_core.restore import find_faces

Pixels = NDArray[np.float32]

_BAND = 6  # px on either side of the edge


class KnownColours(FaceNetwork):
    """A perfect network: gives crops (N, S, S, 3) back that it was told beforehand, in order."""

    sizes = (512,)
    template = "gpen"

    def __init__(self, crops: Sequence[Pixels]) -> None:
        super().__init__()
        self._crops = list(crops)

    def generate(self, crops: Tensor, dtype: torch.dtype, whole: int) -> Tensor:
        given, self._crops = self._crops[: len(crops)], self._crops[len(crops) :]
        return torch.from_numpy(np.stack(given))

    def activation_bytes(self, size: int, batch: int, dtype: torch.dtype, whole: int) -> int:
        return 24 * size**2 * batch


def chroma_step(picture: Pixels, inside: NDArray[np.bool_]) -> float:
    """Mean difference of chroma across the edge of `inside` (H, W), in levels of 255; only between pixels of like luma.

    picture: (H, W, 3) in [0, 1]. Each pixel just inside is compared with the mean of those just outside around it.
    """
    kernel = np.ones((2 * _BAND + 1, 2 * _BAND + 1), np.uint8)
    own = inside.astype(np.uint8)
    smaller, larger = (np.asarray(each(own, kernel), np.uint8) for each in (cv2.erode, cv2.dilate))
    rims = [own & (1 - smaller), larger & (1 - own)]
    values = np.dstack([chroma_of(picture), luma(picture)])
    (near, weight), (far, other) = (_local_mean(values, rim) for rim in rims)
    both = (rims[0] > 0) & (weight > 0.0) & (other > 0.0) & (np.abs(near[..., 3] - far[..., 3]) < 0.06)
    steps = np.abs(near[..., :3] - far[..., :3]).mean(axis=2)[both]
    return float(steps.mean() * 255.0) if steps.size else 0.0


def _local_mean(values: NDArray[np.float32], rim: NDArray[np.uint8]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    side = (4 * _BAND + 1, 4 * _BAND + 1)
    weight = cv2.blur(rim.astype(np.float32), side).astype(np.float32)
    mean = cv2.blur(values * rim[..., None], side) / np.maximum(weight, 1e-6)[..., None]
    return mean.astype(np.float32), weight


def _colourised(
    grey: Pixels, faces: Sequence[Face], crops: Sequence[Pixels], settings: ColouriseSettings
) -> RepaintResult:
    model = GPENModel(KnownColours(crops), "known colours", torch.device("cpu"), "fp32")
    return colourise(grey, model, settings, faces=[faces])


def main() -> None:
    """Print the steps for a photo."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photo", type=Path)
    picture = read_picture(parser.parse_args().photo).pixels.numpy()
    grey = np.repeat(luma(picture)[..., None], 3, axis=2)
    faces = find_faces(picture, make_detector("auto"))
    crops = [crop_face(picture, face, 512, "gpen").pixels for face in faces]
    inside = _colourised(grey, faces, crops, ColouriseSettings(spread=0.0, feather=0.0)).mask.numpy() > 0.5
    for spread, feather in ((0.0, 0.0), (0.0, 0.2), (0.0, 0.4), (50.0, 0.4), (100.0, 0.0), (100.0, 0.4)):
        result = _colourised(grey, faces, crops, ColouriseSettings(spread=spread, feather=feather))
        step = chroma_step(result.image.numpy(), inside)
        far = np.abs(chroma_of(result.image.numpy()) - chroma_of(picture)).mean() * 255.0
        print(f"spread {spread:3.0f}, feather {feather:.1f}: step {step:5.2f}, whole picture off by {far:5.2f} levels")


if __name__ == "__main__":
    main()
