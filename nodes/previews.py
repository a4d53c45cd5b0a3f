"""The pictures inside nodes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional as F

_LONG_SIDE = 1280  # px
_WIDE = 1.2  # width / height from which halves are stacked
_MOST = 8  # pictures of a batch
_CLOSE_UP = 512  # px
_AROUND = 1.5  # side of a close-up, in sides of the face's box
_SMALL = 0.9  # of the picture's short side; a close-up of more shows the whole

Box = tuple[float, float, float, float]


Layout = Literal["beside", "below"]  # where the second half of a preview is, for web/before_after.js
HALVES = "gpen_halves"  # its key in what a node hands over


def before_after(before: Tensor, after: Tensor) -> tuple[Tensor, Layout]:
    """Preview of a batch (B, H, W, 3): before and after side by side, wide pictures below each other."""
    height, width = before.shape[1:3]
    wide = width > _WIDE * height
    halves = torch.cat([before[:_MOST], after[:_MOST]], dim=1 if wide else 2)
    return for_node(halves), "below" if wide else "beside"


def face_before_after(before: Tensor, after: Tensor, boxes: Sequence[Box | None]) -> tuple[Tensor, Layout]:
    """Preview of a batch (B, H, W, 3): the largest face of each picture, before and after.

    boxes: of those faces, (x1, y1, x2, y2) px, None where a picture has none. Where no picture has a face, or one fills
    its picture, the whole pictures are shown.
    """
    sides = [None if box is None else round(_AROUND * max(box[2] - box[0], box[3] - box[1])) for box in boxes[:_MOST]]
    short = min(before.shape[1:3])
    if not any(sides) or any(side is not None and side > _SMALL * short for side in sides):
        return before_after(before, after)
    pairs = [
        torch.cat([_close_up(picture[number], box, side) for picture in (before, after)], dim=1)
        for number, (box, side) in enumerate(zip(boxes, sides, strict=False))
    ]
    return torch.stack(pairs), "beside"


def _close_up(picture: Tensor, box: Box | None, side: int | None) -> Tensor:
    """A square of a picture (H, W, 3) around a box, or its middle, as (_CLOSE_UP, _CLOSE_UP, 3)."""
    height, width = picture.shape[:2]
    side = min(height, width) if side is None else max(side, 1)
    x, y = (width / 2, height / 2) if box is None else ((box[0] + box[2]) / 2, (box[1] + box[3]) / 2)
    left, top = (int(min(max(at - side / 2, 0), limit - side)) for at, limit in ((x, width), (y, height)))
    part = picture[top : top + side, left : left + side].float().movedim(-1, 0)[None]
    enlarged = F.interpolate(part, (_CLOSE_UP, _CLOSE_UP), mode="bicubic", align_corners=False, antialias=True)
    return enlarged[0].movedim(0, -1).clamp(0.0, 1.0)


def for_node(pictures: Tensor) -> Tensor:
    """The first pictures (B, H, W, 3) of a batch, reduced to the size at which a node shows them."""
    pictures = pictures[:_MOST].float()
    scale = min(1.0, _LONG_SIDE / max(pictures.shape[1:3]))
    if scale == 1.0:
        return pictures
    size = [max(1, round(side * scale)) for side in pictures.shape[1:3]]
    reduced = F.interpolate(pictures.movedim(-1, 1), size, mode="bilinear", align_corners=False, antialias=True)
    return reduced.movedim(1, -1)
