"""Face Crop."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import torch
from comfy_api.latest import io, ui
from torch import Tensor

from ..gpen_core.faces.preview import draw_faces
from ..gpen_core.faces.square import crop_square
from ..gpen_core.image.resample import resize
from ..gpen_core.restore import PictureFaces, RestoreSettings, crop_faces, paste
from ..gpen_core.template import TEMPLATES, Template
from . import feedback
from .face_inputs import choice_inputs, detector_called, face_choice, given_inputs
from .face_values import GPENFaces, given_faces
from .languages import in_language, language_input
from .previews import for_node
from .schema import Faces, advanced, schema
from .tensors import Pictures, Pixels, as_image, as_output, as_pictures, as_planes

_ALIGNED, _SQUARE = "aligned", "eye_centred"


class FaceCrop(io.ComfyNode):
    """Finds faces, lets the user choose, and cuts them out."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        return schema(
            node_id="GPENFaceCrop",
            display_name="Face Crop (GPEN)",
            description="Finds faces and cuts them out: turned upright as the network wants them, or as squares around "
            "the eyes. Crops that other nodes have edited go back with Paste Faces.",
            search_aliases=[
                "face detection",
                "detect faces",
                "crop face",
                "face align",
                "face bounding box",
                "face landmarks",
                "人脸检测",
                "人脸识别",
                "裁剪人脸",
                "面部裁剪",
                "面部检测",
                "抠脸",
                "头像",
            ],
            inputs=[
                io.Image.Input("image"),
                io.Combo.Input(
                    "method",
                    options=[_ALIGNED, _SQUARE],
                    default=_ALIGNED,
                    tooltip="aligned: upright, eyes and mouth always at the same place. eye_centred: an unturned "
                    "square around the middle of the eyes, moved inside the picture.",
                ),
                io.Int.Input(
                    "crop_size",
                    default=512,
                    min=64,
                    max=2048,
                    step=8,
                    tooltip="Side of the crops that come out, in px.",
                ),
                io.Int.Input(
                    "square_size",
                    default=896,
                    min=64,
                    max=8192,
                    step=2,
                    optional=True,
                    tooltip="For eye_centred: side of the square in the picture, in px.",
                ),
                *choice_inputs(),
                io.Combo.Input(
                    "template",
                    options=list(TEMPLATES),
                    default="gpen",
                    optional=True,
                    tooltip="For aligned: gpen as the original does it, ffhq with faces 12 % larger.",
                    **advanced(),
                ),
                *given_inputs(),
                language_input("the report"),
            ],
            outputs=[
                io.Image.Output(display_name="crops", tooltip="The faces taken, of all pictures in order."),
                Faces.Output(
                    display_name="faces", tooltip="Where they came from; for Enhance, Advisor and Paste Faces."
                ),
                io.Mask.Output(display_name="mask", tooltip="Where the faces are, with soft edges."),
                io.Image.Output(display_name="preview", tooltip="The pictures with all faces and their numbers."),
                io.String.Output(display_name="report"),
            ],
        )

    @classmethod
    def execute(
        cls,
        image: Tensor,
        method: str,
        crop_size: int,
        square_size: int = 896,
        detector: str = "auto",
        template: Template = "gpen",
        faces: GPENFaces | None = None,
        region: Tensor | None = None,
        landmarks: Any = None,
        bboxes: Any = None,
        language: str = "en",
        **choice: Any,
    ) -> io.NodeOutput:
        pictures = as_pictures(image)
        found = crop_faces(
            pictures.rgb,
            crop_size,
            RestoreSettings(choice=face_choice(**choice), template=template),
            detector=detector_called(detector),
            faces=given_faces(pictures, faces, landmarks, bboxes),
            region=None if region is None else np.stack(as_planes(region, pictures)),
        )
        feedback.cancellable()  # on a large picture, each of what follows takes a while
        owners: GPENFaces = found.pictures
        if method == _SQUARE:
            owners = tuple(
                _with_squares(pixels, own, square_size, crop_size)
                for pixels, own in zip(pictures.pixels(), owners, strict=True)
            )
        preview = as_image([_numbered(pixels, own) for pixels, own in zip(pictures.pixels(), owners, strict=True)])
        feedback.cancellable()
        mask = as_output(paste(pictures.rgb, owners).mask)
        feedback.cancellable()
        return io.NodeOutput(
            crops_image(owners, pictures, crop_size),
            owners,
            mask,
            preview,
            in_language(found.report.text(), language),
            ui=feedback.shown(found.report.summary(), ui.PreviewImage(for_node(preview), cls=cls)),
        )


def crops_image(owners: GPENFaces, pictures: Pictures, size: int) -> Tensor:
    """IMAGE of all crops in order, resized to `size` px where they have another size.

    Without any face it is the middle of the first picture, so that nodes that cannot take an empty batch still run;
    Paste Faces leaves it out.
    """
    crops = [resize(crop.pixels, size, size) for own in owners for crop in own.crops]
    if not crops:
        crops = [crop_square(pictures.pixels()[0], None, size, size).pixels]
    return as_output(torch.from_numpy(np.stack(crops)))


def _with_squares(pixels: Pixels, own: PictureFaces, square_size: int, size: int) -> PictureFaces:
    return replace(own, crops=tuple(crop_square(pixels, face, square_size, size) for face in own.faces))


def _numbered(pixels: Pixels, own: PictureFaces) -> Pixels:
    feedback.cancellable()
    return draw_faces(pixels, [entry.face for entry in own.found])
