"""IMAGE and MASK as other nodes give them, and back.

IMAGE: (B, H, W, C) with 1, 3 or 4 channels, any floating dtype and device, values usually in [0, 1]. MASK: (H, W),
(B, H, W) or (B, 1, H, W), often of another size than the image, 1 = selected.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import comfy.model_management as mm
import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from ..gpen_core.errors import GPENError
from ..gpen_core.image.colour import luminance
from ..gpen_core.image.warp import Pixels, Plane
from . import feedback


@dataclass(frozen=True, eq=False)
class Pictures:
    """A batch as the core wants it, and how to hand a result back in the form it came in.

    rgb: (B, H, W, 3) float32, on the CPU. channels: of the IMAGE. alpha: (B, H, W, 1), where there was one.
    """

    rgb: Tensor
    channels: int
    alpha: Tensor | None

    def __len__(self) -> int:
        return len(self.rgb)

    @property
    def height(self) -> int:
        return int(self.rgb.shape[1])

    @property
    def width(self) -> int:
        return int(self.rgb.shape[2])

    def pixels(self) -> list[Pixels]:
        """Every picture as (H, W, 3) float32."""
        return list(self.rgb.numpy())

    def like(self, results: Sequence[Pixels]) -> Tensor:
        """IMAGE of results of the same size: as many channels as came in, with the alpha that came in."""
        rgb = torch.from_numpy(np.stack(results))
        if self.channels == 1:
            grey = (rgb == rgb[..., :1]).all(dim=-1, keepdim=True)
            # The weights of luminance do not add up to 1 in float32: where nothing is coloured, the value itself.
            rgb = torch.where(grey, rgb[..., :1], luminance(rgb.movedim(-1, -3)).movedim(-3, -1))
        elif self.alpha is not None:
            rgb = torch.cat([rgb, self.alpha], dim=-1)
        return as_output(rgb)


def as_pictures(image: Tensor) -> Pictures:
    """The batch of an IMAGE. Raises GPENError for another shape."""
    if image.dim() == 3:
        image = image.unsqueeze(0)
    if image.dim() != 4 or image.shape[-1] not in (1, 3, 4) or 0 in image.shape[:3]:
        raise GPENError(
            f"Expected an IMAGE (batch, height, width, 1, 3 or 4 channels), got shape {tuple(image.shape)}.\n"
            "Latents, masks and empty batches must be turned into pictures first."
        )
    image = image.detach().to("cpu", torch.float32)
    if not all(_is_finite(picture) for picture in image):
        raise GPENError(
            "The picture holds values that are not finite (NaN or infinity).\n"
            "Half precision of a node before may have overflowed: run that one in fp32."
        )
    channels = int(image.shape[-1])
    alpha = image[..., 3:].contiguous() if channels == 4 else None
    rgb = image.expand(-1, -1, -1, 3) if channels == 1 else image[..., :3]
    return Pictures(rgb.contiguous(), channels, alpha)


def _is_finite(picture: Tensor) -> bool:
    feedback.cancellable()  # of a large batch, it takes a while
    return bool(picture.isfinite().all())


def as_output(tensor: Tensor) -> Tensor:
    """An IMAGE or MASK on the device and in the dtype that ComfyUI wants between nodes."""
    dtype = mm.intermediate_dtype() if hasattr(mm, "intermediate_dtype") else torch.float32
    return tensor.to(mm.intermediate_device(), dtype)


def as_image(pictures: Sequence[Pixels]) -> Tensor:
    """IMAGE of pictures (H, W, 3) of one size."""
    return as_output(torch.from_numpy(np.stack(pictures)))


def as_mask(planes: Sequence[Plane]) -> Tensor:
    """MASK of planes (H, W) of one size."""
    return as_output(torch.from_numpy(np.stack(planes)))


def as_planes(mask: Tensor, pictures: Pictures) -> list[Plane]:
    """A MASK as one plane (H, W) in [0, 1] for each picture, enlarged or reduced to their size.

    A mask for one picture serves the whole batch. Raises GPENError where the numbers differ otherwise.
    """
    mask = mask.detach().to("cpu", torch.float32)
    if mask.dim() == 2:
        mask = mask.unsqueeze(0)
    if mask.dim() == 4 and mask.shape[1] == 1:
        mask = mask[:, 0]
    if mask.dim() != 3 or 0 in mask.shape:
        raise GPENError(f"Expected a MASK (batch, height, width), got shape {tuple(mask.shape)}.")
    if len(mask) not in (1, len(pictures)):
        raise GPENError(
            f"There are {len(mask)} masks for {len(pictures)} pictures.\nGive one mask for all, or one for each."
        )
    size = (pictures.height, pictures.width)
    if mask.shape[1:] != size:
        mask = F.interpolate(mask[:, None], size, mode="bilinear", align_corners=False, antialias=True)[:, 0]
    planes = mask.clamp(0.0, 1.0).expand(len(pictures), -1, -1)
    return list(planes.contiguous().numpy())
