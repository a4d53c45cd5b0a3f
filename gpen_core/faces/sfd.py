"""S3FD (Zhang et al., ICCV 2017), the face detector of face-alignment: boxes of one picture at its own size."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .detector import Picture
from .search import Detections

# What the network was trained on: BGR, 0 to 255, less the mean colour of ImageNet.
_MEAN_BGR = (104.0, 117.0, 123.0)
# Below 32 px its last layers have nothing left to look at; the border added is of the mean colour.
_LEAST_SIDE = 64
# The six levels look at every 4th to 128th pixel; the anchor of a level is a square of four times its stride.
_FIRST_STRIDE, _ANCHOR_STRIDES = 4, 4
# How strongly an output moves and scales the anchor (SSD, Liu et al., 2016).
_MOVE, _SCALE = 0.1, 0.2


def find_boxes(network: nn.Module, picture: Picture, device: torch.device, least_score: float) -> Detections:
    """Every box of a (H, W, 3) uint8 RGB picture that scores `least_score`, overlapping ones included."""
    pixels = torch.tensor(picture, device=device).permute(2, 0, 1).flip(0).float()
    pixels = pixels - torch.tensor(_MEAN_BGR, device=device).view(3, 1, 1)
    height, width = picture.shape[:2]
    pixels = F.pad(pixels, (0, max(0, _LEAST_SIDE - width), 0, max(0, _LEAST_SIDE - height)))
    with torch.inference_mode():
        return decode_boxes([level.cpu() for level in network(pixels[None])], least_score)


def decode_boxes(outputs: Sequence[Tensor], least_score: float) -> Detections:
    """Boxes from the outputs for one picture: for each level (1, 2, h, w) logits and (1, 4, h, w) offsets."""
    boxes, scores = [], []
    for level, (logits, offsets) in enumerate(zip(outputs[::2], outputs[1::2], strict=True)):
        stride = _FIRST_STRIDE * 2**level
        anchor = _ANCHOR_STRIDES * stride
        probability = logits[0].softmax(dim=0)[1]
        row, column = torch.where(probability >= least_score)
        offset = offsets[0, :, row, column].T.double()
        centre = (torch.stack([column, row], dim=1) + 0.5) * stride + offset[:, :2] * (_MOVE * anchor)
        half = anchor / 2 * torch.exp(offset[:, 2:] * _SCALE)
        # Anchors are counted from the edge of the picture, our points from the centre of the first pixel.
        boxes.append(torch.cat([centre - half, centre + half], dim=1) - 0.5)
        scores.append(probability[row, column].double())
    found = torch.cat(boxes).numpy()
    return Detections.upright(found, torch.cat(scores).numpy(), np.zeros((len(found), 0, 2)))
