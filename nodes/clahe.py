"""CLAHE."""

from __future__ import annotations

from comfy_api.latest import io
from torch import Tensor

from ..gpen_core.image.contrast import clahe
from . import feedback
from .schema import percent, schema
from .tensors import as_pictures, as_planes


class CLAHE(io.ComfyNode):
    """Local contrast without colour shift."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        return schema(
            node_id="GPENCLAHE",
            display_name="CLAHE (GPEN)",
            description="Lifts local contrast of faded or dull pictures on the lightness alone (LAB); colours keep "
            "their hue. Use it before GPEN Enhance, with contrast and brightness there a little below 50.",
            search_aliases=[
                "local contrast",
                "adaptive histogram equalization",
                "equalize",
                "dehaze",
                "对比度",
                "直方图均衡",
                "褪色",
            ],
            inputs=[
                io.Image.Input("image"),
                io.Float.Input(
                    "clip_limit",
                    default=2.0,
                    min=0.5,
                    max=10.0,
                    step=0.1,
                    tooltip="How far contrast may be lifted. 1.5 to 2.5 is natural; above 4 noise and blocks show.",
                ),
                io.Int.Input(
                    "grid_size", default=8, min=1, max=64, tooltip="Fields along each side. More means more local."
                ),
                percent("strength", 100, "0 gives the picture back unchanged."),
                io.Boolean.Input(
                    "keep_grain",
                    default=True,
                    optional=True,
                    tooltip="Leave grain and JPEG blocks as faint as they are. Off: exactly OpenCV's CLAHE.",
                ),
                io.Mask.Input("mask", optional=True, tooltip="Where to work: 1 fully, 0 not at all."),
            ],
            outputs=[io.Image.Output(display_name="image")],
        )

    @classmethod
    def execute(
        cls,
        image: Tensor,
        clip_limit: float,
        grid_size: int,
        strength: int,
        keep_grain: bool = True,
        mask: Tensor | None = None,
    ) -> io.NodeOutput:
        pictures = as_pictures(image)
        masks = [None] * len(pictures) if mask is None else as_planes(mask, pictures)
        results = [
            clahe(pixels, clip_limit, grid_size, strength, plane, keep_grain, progress)
            for (pixels, plane), progress in feedback.in_parts(list(zip(pictures.pixels(), masks, strict=True)))
        ]
        return io.NodeOutput(pictures.like(results))
