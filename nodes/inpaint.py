"""GPEN Inpaint."""

from __future__ import annotations

from typing import Any

import numpy as np
from comfy_api.latest import io
from torch import Tensor

from ..gpen_core.repaint import inpaint
from .face_values import GPENFaces
from .handle import GPENHandle
from .repaint_inputs import chosen_from, face_inputs, faces_from, repaint_outputs, repainted
from .schema import Model, batch_size_input, schema
from .tensors import as_pictures, as_planes


class Inpaint(io.ComfyNode):
    """Makes masked parts of faces anew."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        return schema(
            node_id="GPENInpaint",
            display_name="GPEN Inpaint",
            description="Makes the masked parts of faces anew with GPEN's inpainting network: scratches, stains, what "
            "was painted over. Nothing else changes. Needs GPEN-Inpainting-1024 in Load GPEN Model.",
            search_aliases=["face inpaint", "fill in face", "remove scratches", "人脸补全", "修补", "去划痕"],
            inputs=[
                Model.Input("model", tooltip="From Load GPEN Model: GPEN-Inpainting-1024."),
                io.Image.Input("image"),
                io.Mask.Input(
                    "mask",
                    optional=True,
                    tooltip="What to make anew, as from ComfyUI's mask editor. Without it: what is painted over in "
                    "pure white.",
                ),
                batch_size_input("Faces"),
                *face_inputs(),
            ],
            outputs=repaint_outputs(),
        )

    @classmethod
    def execute(
        cls,
        model: GPENHandle,
        image: Tensor,
        mask: Tensor | None = None,
        batch_size: int = 0,
        detector: str = "auto",
        faces: GPENFaces | None = None,
        region: Tensor | None = None,
        **choice: Any,
    ) -> io.NodeOutput:
        try:
            pictures = as_pictures(image)
            holes = None if mask is None else np.stack(as_planes(mask, pictures))
            given = faces_from(pictures, faces, detector, region)
            result = inpaint(
                pictures.rgb, model.model, holes, choice=chosen_from(choice), batch_size=batch_size, **given
            )
        finally:  # as GPEN Enhance does
            model.model.release()
        return repainted(cls, pictures, result)
