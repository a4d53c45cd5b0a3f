"""A face from a segmentation, by GPEN's network for that.

The segmentation is a picture in the 19 colours of CelebAMask-HQ (Lee et al., 2020), or one of the labels 0 to 18
themselves, as that data set stores them.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..errors import GPENError
from ..image.warp import Pixels
from ..model import GPENModel, require_model
from ..progress import Progress, silent
from ..restore.image_batch import Image, as_batch, like_input

LABELS = (
    "background",
    "skin",
    "nose",
    "glasses",
    "left eye",
    "right eye",
    "left brow",
    "right brow",
    "left ear",
    "right ear",
    "mouth",
    "upper lip",
    "lower lip",
    "hair",
    "hat",
    "earring",
    "necklace",
    "neck",
    "cloth",
)
"""What the labels 0 to 18 stand for; left and right as of the person."""
# 8-bit RGB, as CelebAMask-HQ's g_color.py draws the labels.
PALETTE: tuple[tuple[int, int, int], ...] = (
    (0, 0, 0),
    (204, 0, 0),
    (76, 153, 0),
    (204, 204, 0),
    (51, 51, 255),
    (204, 0, 204),
    (0, 255, 255),
    (255, 204, 204),
    (102, 51, 0),
    (255, 0, 0),
    (102, 204, 0),
    (255, 255, 0),
    (0, 0, 153),
    (0, 0, 204),
    (255, 51, 153),
    (0, 204, 204),
    (0, 51, 0),
    (255, 153, 51),
    (0, 204, 0),
)
_COLOURS = np.array(PALETTE, np.float32) / 255.0
_NEAR = 24.0 / 255.0  # distance in RGB that JPEG or scaling may add
_MOST_FOREIGN = 0.1  # of the pixels; borders between colours are smoothed by scaling


def labels_of(picture: Pixels) -> NDArray[np.uint8]:
    """The labels (H, W) of a segmentation (H, W, 3) in [0, 1]: of each pixel the nearest of the palette's colours.

    Raises GPENError for a picture of other colours.
    """
    eight_bit = np.rint(picture * 255.0)
    if eight_bit.max() < len(PALETTE) and (eight_bit == eight_bit[..., :1]).all():
        return eight_bit[..., 0].astype(np.uint8)
    labels = np.zeros(picture.shape[:2], np.uint8)
    nearest = np.full(picture.shape[:2], np.inf, np.float32)
    for label, colour in enumerate(_COLOURS):
        distance = np.square(picture - colour).sum(axis=2)
        labels[distance < nearest] = label
        nearest = np.minimum(nearest, distance)
    foreign = float((nearest > _NEAR**2).mean())
    if foreign > _MOST_FOREIGN:
        raise GPENError(
            f"This is no segmentation of a face: {100.0 * foreign:.0f} % of its pixels have none of the 19 colours.\n"
            "Draw it in the palette of CelebAMask-HQ (see the help of this node), or give labels from 0 to 18."
        )
    return labels


def face_from_segmentation(
    image: Image, model: GPENModel, *, batch_size: int = 0, progress: Progress = silent
) -> Tensor:
    """The faces of one segmentation or of a batch.

    image: (H, W, 3) or (B, H, W, 3) RGB in [0, 1]; squares, of any size. model: GPEN's network for that. Returns
    (S, S, 3) or (B, S, S, 3) RGB in [0, 1], S the network's size. Raises GPENError for what is no segmentation.
    """
    require_model(model)
    batch = as_batch(image)
    if batch.shape[1] != batch.shape[2]:
        raise GPENError(
            f"A segmentation must be square, got {batch.shape[2]}x{batch.shape[1]} px.\n"
            "Cut the square around the head, as an aligned face is cut."
        )
    size = model.network.sizes[-1]
    drawn = [_drawn(labels_of(np.clip(picture, 0.0, 1.0)), size) for picture in batch]
    batch_size = batch_size or model.automatic_batch()
    made = []
    for start in range(0, len(drawn), batch_size):
        made += list(_run(drawn[start : start + batch_size], model))
        progress(len(made), len(drawn))
    return like_input(np.stack(made), image)


def _drawn(labels: NDArray[np.uint8], size: int) -> Pixels:
    """The labels in their colours, (size, size, 3), enlarged or reduced without mixing them."""
    return _COLOURS[np.asarray(cv2.resize(labels, (size, size), interpolation=cv2.INTER_NEAREST_EXACT), np.uint8)]


def _run(pictures: Sequence[Pixels], model: GPENModel) -> Pixels:
    """This network alone takes and gives [0, 1]; the model scales to [-1, 1] and back, which is undone here."""
    inputs = torch.from_numpy(np.stack(pictures)) * 0.5 + 0.5
    restored = model.run(inputs).faces.cpu().numpy()
    return np.clip(restored * 2.0 - 1.0, 0.0, 1.0).astype(np.float32)
