"""Paste Faces."""

from __future__ import annotations

from comfy_api.latest import io
from torch import Tensor

from ..gpen_core.message import Message
from ..gpen_core.restore import RestoreSettings, count_faces, paste
from . import feedback
from .face_values import GPENFaces
from .schema import Faces, advanced, percent, schema
from .tensors import as_output, as_pictures

_FEATHER = RestoreSettings().feather


class PasteFaces(io.ComfyNode):
    """Puts crops back where Face Crop took them from."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        return schema(
            node_id="GPENPasteFaces",
            display_name="Paste Faces (GPEN)",
            description="Puts crops back into their picture without seams, after any other node has edited them. The "
            "crops may have another size, and the picture another scale, than when they were cut out.",
            search_aliases=["face paste", "uncrop face", "paste back", "贴回人脸", "面部粘贴", "人脸贴回"],
            inputs=[
                io.Image.Input("image", tooltip="The picture the faces came from, at any scale."),
                io.Image.Input("crops", tooltip="As many as Face Crop or GPEN Enhance gave, in their order; square."),
                Faces.Input("faces", tooltip="From the node that gave the crops."),
                percent("strength", 100, "How much of the crops is shown: 0 gives the picture back unchanged."),
                io.Float.Input(
                    "feather",
                    default=_FEATHER,
                    min=0.0,
                    max=1.0,
                    step=0.05,
                    optional=True,
                    tooltip="Width of the soft edge, as a share of the way from the middle of the face to its edge.",
                    **advanced(),
                ),
            ],
            outputs=[
                io.Image.Output(display_name="image"),
                io.Mask.Output(display_name="mask", tooltip="Where crops were pasted."),
            ],
        )

    @classmethod
    def execute(
        cls, image: Tensor, crops: Tensor, faces: GPENFaces, strength: int, feather: float = _FEATHER
    ) -> io.NodeOutput:
        pictures = as_pictures(image)
        result = paste(pictures.rgb, faces, as_pictures(crops).rgb, strength=strength, feather=feather)
        return io.NodeOutput(
            pictures.like(list(result.image.numpy())),
            as_output(result.mask),
            ui=feedback.shown(count_faces([len(own.crops) for own in faces], Message("pasted"))),
        )
