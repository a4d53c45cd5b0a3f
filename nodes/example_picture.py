"""Example Picture: what the example workflows start from, so that they run on a fresh install."""

from __future__ import annotations

from pathlib import Path

from comfy_api.latest import io

from ..gpen_core.image.files import read_picture
from .schema import schema
from .tensors import as_output

_FOLDER = Path(__file__).resolve().parents[1] / "example_workflows" / "pictures"
_PICTURES = ("portrait", "group", "old_photo", "scratched", "segmentation")


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
            inputs=[io.Combo.Input("picture", options=list(_PICTURES), default=_PICTURES[0], tooltip="Which picture.")],
            outputs=[io.Image.Output(display_name="image")],
        )

    @classmethod
    def execute(cls, picture: str) -> io.NodeOutput:
        (path,) = _FOLDER.glob(f"{picture}.*")
        return io.NodeOutput(as_output(read_picture(path).pixels[None]))
