"""Standardise Input."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from comfy_api.latest import io
from torch import Tensor

from ..gpen_core.faces import Face
from ..gpen_core.image.exposure import correct_exposure
from ..gpen_core.image.standardise import standardise
from ..gpen_core.message import Joined, Message
from ..gpen_core.restore import find_faces
from . import feedback
from .face_inputs import detector_called
from .face_values import GPENFaces, given_faces
from .schema import Faces, advanced, schema
from .tensors import Pictures, Pixels, Plane, as_image, as_pictures


class StandardiseInput(io.ComfyNode):
    """Brings pictures of any size and form to one, so that the same settings give the same result."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        return schema(
            node_id="GPENStandardise",
            display_name="Standardise Input (GPEN)",
            description="Brings every picture to the same short side, ratio kept, so that the same settings give the "
            "same result. Optionally corrects pictures that are too dark, too bright or faded.",
            search_aliases=["standardize", "resize", "normalize", "auto exposure", "缩放", "归一化", "自动曝光"],
            inputs=[
                io.Image.Input("image"),
                io.Int.Input(
                    "short_side",
                    default=1024,
                    min=64,
                    max=8192,
                    step=8,
                    tooltip="Length of the shorter side, in px. A picture that has it passes unchanged.",
                ),
                io.Int.Input(
                    "max_long_side",
                    default=4096,
                    min=64,
                    max=16384,
                    step=8,
                    optional=True,
                    tooltip="Panoramas are reduced until the longer side fits, in px.",
                    **advanced(),
                ),
                io.Boolean.Input(
                    "auto_exposure",
                    default=False,
                    optional=True,
                    tooltip="Correct backlit, dark and faded pictures, measured on the faces where there are any. "
                    "Well exposed pictures stay as they are.",
                ),
                Faces.Input("faces", optional=True, tooltip="Where to measure the exposure, instead of detection."),
            ],
            outputs=[io.Image.Output(display_name="image")],
        )

    @classmethod
    def execute(
        cls,
        image: Tensor,
        short_side: int,
        max_long_side: int = 4096,
        auto_exposure: bool = False,
        faces: GPENFaces | None = None,
    ) -> io.NodeOutput:
        pictures = as_pictures(image)
        originals = _on_white(pictures)
        if auto_exposure:
            originals = _exposed(originals, given_faces(pictures, faces))
        results = [standardise(pixels, short_side, max_long_side) for pixels in feedback.counted(originals)]
        first = results[0]
        height, width = first.pixels.shape[:2]
        before, after = f"{pictures.width}x{pictures.height}", f"{width}x{height}"
        size = Message("{before} to {after} px", before=before, after=after)
        text = Joined("\n", [size, *([first.note] if first.note else [])])
        return io.NodeOutput(as_image([result.pixels for result in results]), ui=feedback.shown(text))


def _on_white(pictures: Pictures) -> list[Pixels]:
    """RGB pictures; transparent ones lie on white, as viewers show them."""
    if pictures.alpha is None:
        return pictures.pixels()
    alpha = pictures.alpha.clamp(0.0, 1.0)
    return list((pictures.rgb * alpha + (1.0 - alpha)).numpy())


def _exposed(originals: Sequence[Pixels], given: Sequence[Sequence[Face]] | None) -> list[Pixels]:
    if given is None:
        finder = detector_called("auto")
        given = [find_faces(pixels, finder) for pixels in originals]
    return [
        correct_exposure(pixels, _face_region(pixels, faces), progress)
        for (pixels, faces), progress in feedback.in_parts(list(zip(originals, given, strict=True)))
    ]


def _face_region(pixels: Pixels, faces: Sequence[Face]) -> Plane | None:
    """1 inside the boxes of the faces; None without a face."""
    region = np.zeros(pixels.shape[:2], np.float32)
    for face in faces:
        left, top, right, bottom = (max(round(value), 0) for value in face.box)
        region[top:bottom, left:right] = 1.0
    return region if region.any() else None
