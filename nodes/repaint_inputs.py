"""The inputs that GPEN Colourise and GPEN Inpaint share, and what becomes of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from comfy_api.latest import io, ui
from numpy.typing import NDArray
from torch import Tensor

from ..gpen_core.faces import FaceChoice
from ..gpen_core.repaint import RepaintResult
from . import feedback
from .face_inputs import choice_inputs, detector_called, face_choice
from .face_values import GPENFaces, given_faces
from .previews import before_after
from .schema import Faces, advanced
from .tensors import Pictures, as_output, as_planes

_CHOICE = ("max_faces", "order", "indices", "min_size", "min_score", "max_yaw")


def face_inputs() -> list[io.Input]:
    """Which faces: found, or given."""
    return [
        *choice_inputs(**advanced()),
        Faces.Input("faces", optional=True, tooltip="Faces from Face Crop, instead of detection."),
        io.Mask.Input("region", optional=True, tooltip="Only faces whose centre lies where this mask is 0.5 or more."),
    ]


def chosen_from(values: dict[str, Any]) -> FaceChoice:
    """The choice that the values of those widgets describe."""
    return face_choice(**{name: values[name] for name in _CHOICE if name in values})


def faces_from(pictures: Pictures, faces: GPENFaces | None, detector: str, region: Tensor | None) -> dict[str, Any]:
    """The keywords of the core's calls that say where faces come from."""
    regions: NDArray[np.float32] | None = None if region is None else np.stack(as_planes(region, pictures))
    return {
        "detector": detector_called(detector),
        "faces": given_faces(pictures, faces),
        "region": regions,
        "progress": feedback.progress(),
    }


def repaint_outputs() -> list[io.Output]:
    """What both nodes give."""
    return [
        io.Image.Output(display_name="image", tooltip="The pictures, in order."),
        io.Mask.Output(display_name="mask", tooltip="Where they were changed."),
        io.String.Output(display_name="report", tooltip="What was done to each face, and why."),
    ]


def repainted(node: Any, pictures: Pictures, result: RepaintResult) -> io.NodeOutput:
    """The outputs of a node, with its text and its picture."""
    image: Sequence[NDArray[np.float32]] = list(result.image.numpy())
    text = feedback.noted(result.report.summary(), result.report.warnings)
    preview, _ = before_after(pictures.rgb, torch.from_numpy(np.stack(image)))
    return io.NodeOutput(
        pictures.like(image),
        as_output(result.mask),
        result.report.text(),
        ui=feedback.shown(text, ui.PreviewImage(preview, cls=node)),
    )
