"""GPEN Colourise."""

from __future__ import annotations

from typing import Any

from comfy_api.latest import io
from torch import Tensor

from ..gpen_core.repaint import ColouriseSettings, colourise
from .face_values import GPENFaces
from .handle import GPENHandle
from .repaint_inputs import chosen_from, face_inputs, faces_from, repaint_outputs, repainted
from .schema import Model, batch_size_input, percent, schema
from .tensors import as_pictures

_DEFAULT = ColouriseSettings()


class Colourise(io.ComfyNode):
    """Colours faces, and the picture around them in their colours."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        return schema(
            node_id="GPENColourise",
            display_name="GPEN Colourise",
            description="Colours the faces of grey or sepia pictures with GPEN's colourisation network, and spreads "
            "their colours over the rest. Needs GPEN-Colorization-1024 in Load GPEN Model.",
            search_aliases=["colorize", "colourize", "colour old photo", "black and white", "上色", "黑白照片上色"],
            inputs=[
                Model.Input("model", tooltip="From Load GPEN Model: GPEN-Colorization-1024."),
                io.Image.Input("image"),
                percent(
                    "spread",
                    int(_DEFAULT.spread),
                    "How much of the faces' colours the picture around them gets, by likeness of brightness. 0 leaves "
                    "it as it is.",
                ),
                io.Float.Input(
                    "feather",
                    default=_DEFAULT.feather,
                    min=0.0,
                    max=1.0,
                    step=0.05,
                    tooltip="Width of the soft edge of what the network has coloured, as a share of the way from the "
                    "middle of a face's crop to its edge.",
                ),
                io.Boolean.Input(
                    "keep_light",
                    default=_DEFAULT.keep_light,
                    tooltip="Light and detail are the picture's own. Off: faces get the network's.",
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
        spread: int,
        feather: float,
        keep_light: bool,
        batch_size: int = 0,
        detector: str = "auto",
        faces: GPENFaces | None = None,
        region: Tensor | None = None,
        **choice: Any,
    ) -> io.NodeOutput:
        try:
            pictures = as_pictures(image)
            settings = ColouriseSettings(spread, feather, keep_light, chosen_from(choice), batch_size)
            given = faces_from(pictures, faces, detector, region)
            result = colourise(pictures.rgb, model.model, settings, **given)
        finally:  # as GPEN Enhance does
            model.model.release()
        return repainted(cls, pictures, result)
