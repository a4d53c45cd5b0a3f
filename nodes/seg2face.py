"""GPEN Face from Segmentation."""

from __future__ import annotations

from comfy_api.latest import io, ui
from torch import Tensor

from ..gpen_core.message import Message
from ..gpen_core.repaint import face_from_segmentation
from . import feedback
from .handle import GPENHandle
from .previews import for_node
from .schema import Model, schema
from .tensors import as_output, as_pictures


class FaceFromSegmentation(io.ComfyNode):
    """Makes a face of each segmentation."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        return schema(
            node_id="GPENSeg2Face",
            display_name="GPEN Face from Segmentation",
            description="Makes a face from a segmentation in the 19 colours of CelebAMask-HQ; the help of this node "
            "has the palette. Needs GPEN-Seg2face-512 in Load GPEN Model.",
            search_aliases=["seg2face", "segmentation to face", "face parsing", "分割图生成人脸", "人脸生成"],
            inputs=[
                Model.Input("model", tooltip="From Load GPEN Model: GPEN-Seg2face-512."),
                io.Image.Input(
                    "segmentation", tooltip="Square pictures in the palette, or of the labels 0 to 18 themselves."
                ),
            ],
            outputs=[io.Image.Output(display_name="faces", tooltip="One of the network's size for each segmentation.")],
        )

    @classmethod
    def execute(cls, model: GPENHandle, segmentation: Tensor) -> io.NodeOutput:
        try:
            drawn = as_pictures(segmentation).rgb
            faces = face_from_segmentation(drawn, model.model, progress=feedback.progress())
        finally:  # as GPEN Enhance does
            model.model.release()
        count = len(faces)
        made = Message("{count} face made" if count == 1 else "{count} faces made", count=count)
        return io.NodeOutput(as_output(faces), ui=feedback.shown(made, ui.PreviewImage(for_node(faces), cls=cls)))
