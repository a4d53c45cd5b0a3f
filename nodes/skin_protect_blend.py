"""Skin-Protect Blend."""

from __future__ import annotations

import numpy as np
from comfy_api.latest import io
from torch import Tensor

from ..gpen_core.errors import GPENError
from ..gpen_core.finish.protection import SkinProtection
from ..gpen_core.finish.skin_blend import blend_skin
from ..gpen_core.message import Message
from ..gpen_core.restore import count_faces, find_faces
from . import feedback
from .face_inputs import detector_called
from .face_values import GPENFaces, given_faces
from .schema import Faces, percent, schema
from .tensors import as_mask, as_pictures, as_planes

_DEFAULT = SkinProtection()


class SkinProtectBlend(io.ComfyNode):
    """Brings the original's skin tone and texture back into an enhanced picture."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        return schema(
            node_id="GPENSkinProtectBlend",
            display_name="Skin-Protect Blend (GPEN)",
            description="Brings the original's skin tone and real texture back into an enhanced picture, on skin only: "
            "not on eyes, brows, lips or hair. Works after any restorer. No face: the enhanced picture passes through.",
            search_aliases=[
                "skin texture",
                "skin tone",
                "plastic skin",
                "skin smoothing",
                "color match",
                "磨皮",
                "肤色",
                "肤质",
                "皮肤纹理",
                "塑料感",
            ],
            inputs=[
                io.Image.Input("original", tooltip="The picture before enhancement."),
                io.Image.Input("enhanced", tooltip="The same picture after enhancement, of the same size."),
                percent("keep_colour", int(_DEFAULT.colour), "How much of the original's skin colour comes back."),
                percent(
                    "keep_light", int(_DEFAULT.light), "How much of the original's light and shade on skin comes back."
                ),
                io.Float.Input(
                    "texture",
                    default=_DEFAULT.texture,
                    min=0.0,
                    max=1.0,
                    step=0.05,
                    tooltip="Pores, grain, beard and wrinkles of the original mixed back: 0 none, 1 all.",
                ),
                io.Float.Input(
                    "smooth",
                    default=_DEFAULT.smooth,
                    min=0.0,
                    max=1.0,
                    step=0.05,
                    tooltip="0.5 leaves the smoothing to the network; less makes skin rougher, more makes it smoother.",
                ),
                io.Boolean.Input(
                    "match_surroundings",
                    default=_DEFAULT.match,
                    optional=True,
                    tooltip="Give faces the sharpness and grain of the picture around them, so that they do not look "
                    "pasted.",
                ),
                io.Mask.Input("keep", optional=True, tooltip="Painted by you: here the original stays as it is."),
                Faces.Input("faces", optional=True, tooltip="Faces from Face Crop, instead of detection."),
            ],
            outputs=[
                io.Image.Output(display_name="image"),
                io.Mask.Output(display_name="skin", tooltip="What was taken for skin."),
            ],
        )

    @classmethod
    def execute(
        cls,
        original: Tensor,
        enhanced: Tensor,
        keep_colour: int,
        keep_light: int,
        texture: float,
        smooth: float,
        match_surroundings: bool = True,
        keep: Tensor | None = None,
        faces: GPENFaces | None = None,
    ) -> io.NodeOutput:
        before, after = as_pictures(original), as_pictures(enhanced)
        if len(before) not in (1, len(after)):
            raise GPENError(
                f"There are {len(before)} originals for {len(after)} enhanced pictures.\nGive one for each, in order."
            )
        originals = before.pixels() * (len(after) if len(before) == 1 else 1)
        protection = SkinProtection(
            colour=keep_colour, light=keep_light, texture=texture, smooth=smooth, match=match_surroundings
        )
        keeps = [None] * len(after) if keep is None else as_planes(keep, after)
        given = given_faces(before, faces)
        if given is None:
            finder = detector_called("auto")
            given = [find_faces(pixels, finder) for pixels in before.pixels()]
        given = given * (len(after) if len(before) == 1 else 1)
        blended = [
            blend_skin(first, second, own, protection, plane)
            for first, second, own, plane in feedback.counted(
                list(zip(originals, after.pixels(), given, keeps, strict=True))
            )
        ]
        return io.NodeOutput(
            after.like([pixels for pixels, _ in blended]),
            as_mask([np.asarray(skin) for _, skin in blended]),
            ui=feedback.shown(count_faces(list(map(len, given)), Message("with skin of the original"))),
        )
