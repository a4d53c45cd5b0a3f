"""Example Picture: what the example workflows start from, so that they run on a fresh install."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from comfy_api.latest import io
from torch import Tensor

from ..gpen_core.image.files import read_picture
from ..gpen_core.image.warp import warp
from .schema import schema
from .tensors import as_output

_FOLDER = Path(__file__).resolve().parents[1] / "example_workflows" / "pictures"
_PICTURES = ("portrait", "group", "old_photo", "scratched", "segmentation")
_CLIP, _CLIP_OF = "clip", "portrait"  # frames made of a picture
_FRAMES, _SIDE = 32, 384  # of the clip; px
_NOISE = 0.02  # standard deviation, new in each frame


class ExamplePicture(io.ComfyNode):
    """A picture that comes with the pack."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        return schema(
            node_id="GPENExamplePicture",
            display_name="Example Picture (GPEN)",
            description="A picture to try the pack with (NASA and US Navy, public domain; the group is composed of two "
            "portraits; the segmentation is drawn). For your own use Load Image.",
            search_aliases=["sample image", "test image", "示例", "测试图片"],
            inputs=[
                io.Combo.Input(
                    "picture",
                    options=[*_PICTURES, _CLIP],
                    default=_PICTURES[0],
                    tooltip="Which picture; clip is a batch of frames.",
                )
            ],
            outputs=[io.Image.Output(display_name="image")],
        )

    @classmethod
    def execute(cls, picture: str) -> io.NodeOutput:
        if picture == _CLIP:
            return io.NodeOutput(as_output(_clip(_read(_CLIP_OF))))
        return io.NodeOutput(as_output(_read(picture)[None]))


def _read(picture: str) -> Tensor:
    (path,) = _FOLDER.glob(f"{picture}.*")
    return read_picture(path).pixels


def _clip(picture: Tensor) -> Tensor:
    """Frames (_FRAMES, _SIDE, _SIDE, 3) of a camera that moves over a picture (H, W, 3), each with noise of its own."""
    rng = np.random.default_rng(0)
    height, width = picture.shape[:2]
    frames = []
    for turn in 2.0 * np.pi * np.arange(_FRAMES) / _FRAMES:
        scale = _SIDE / min(height, width) * (1.08 + 0.03 * np.sin(turn))
        left, top = (_SIDE - scale * width) / 2 + 8.0 * np.cos(turn), (_SIDE - scale * height) / 2 + 8.0 * np.sin(turn)
        seen = warp(picture.numpy(), np.array([[scale, 0.0, left], [0.0, scale, top]]), _SIDE, _SIDE)
        frames.append(np.clip(seen + rng.normal(0.0, _NOISE, seen.shape), 0.0, 1.0).astype(np.float32))
    return torch.from_numpy(np.stack(frames))
