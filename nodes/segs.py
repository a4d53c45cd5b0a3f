"""SEGS, which detectors and detailers of other packs exchange: ((H, W), [segment, ..]) of one picture.

A segment has these names: cropped_image (None, or pixels), cropped_mask (h, w) in [0, 1], confidence, crop_region and
bbox (x1, y1, x2, y2) px of the picture, label, control_net_wrapper. Nothing of those packs is imported.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from comfy_api.latest import io
from numpy.typing import NDArray
from torch import Tensor

from ..gpen_core.errors import GPENError
from ..gpen_core.faces import Face
from ..gpen_core.message import Message
from ..gpen_core.restore import PictureFaces, count_faces
from . import feedback
from .face_values import GPENFaces
from .schema import BoundingBoxes, Faces, Segs, schema
from .tensors import as_pictures


class Segment(NamedTuple):
    """One face, by the names that other packs read."""

    cropped_image: Any
    cropped_mask: NDArray[np.float32]
    confidence: float
    crop_region: list[int]
    bbox: list[int]
    label: str
    control_net_wrapper: Any = None


class FacesToSEGS(io.ComfyNode):
    """Faces for the detailers of other packs."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        return schema(
            node_id="GPENFacesToSEGS",
            display_name="Faces to SEGS (GPEN)",
            description="Gives faces that this pack has found to nodes that take SEGS, such as the detailers of the "
            "Impact Pack.",
            search_aliases=["segs", "impact pack", "face detailer", "人脸转 SEGS", "人脸分割"],
            inputs=[
                Faces.Input("faces", tooltip="From Face Crop or GPEN Enhance."),
                io.Float.Input(
                    "crop_factor",
                    default=3.0,
                    min=1.0,
                    max=10.0,
                    step=0.1,
                    tooltip="Side of what is cut out around a face, in sides of its box.",
                ),
            ],
            outputs=[Segs.Output(display_name="segs", tooltip="One for each picture.", is_output_list=True)],
        )

    @classmethod
    def execute(cls, faces: GPENFaces, crop_factor: float = 3.0) -> io.NodeOutput:
        segs = [((own.height, own.width), _segments(own, crop_factor)) for own in faces]
        told = count_faces([len(segments) for _, segments in segs], Message("handed over"))
        return io.NodeOutput(segs, ui=feedback.shown(told))


class SEGSToBoxes(io.ComfyNode):
    """Faces that the detectors of other packs have found."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        return schema(
            node_id="GPENSEGSToBoxes",
            display_name="SEGS to Face Boxes (GPEN)",
            description="Takes faces from nodes that give SEGS, such as the detectors of the Impact Pack: connect "
            "bboxes to Face Crop or GPEN Enhance.",
            search_aliases=["segs", "impact pack", "face boxes", "SEGS 转人脸框"],
            inputs=[
                io.Image.Input("image", tooltip="The picture that GPEN Enhance or Face Crop gets, at any scale."),
                Segs.Input("segs", tooltip="Segments of faces."),
            ],
            outputs=[BoundingBoxes.Output(display_name="bboxes", tooltip="For Face Crop and GPEN Enhance.")],
        )

    @classmethod
    def execute(cls, image: Tensor, segs: Any) -> io.NodeOutput:
        pictures = as_pictures(image)
        height, width, segments = _parts(segs)
        scale = (pictures.width / width, pictures.height / height)
        boxes = [_box(segment, scale) for segment in segments]
        return io.NodeOutput(boxes, ui=feedback.shown(count_faces([len(boxes)], Message("handed over"))))


def _segments(own: PictureFaces, crop_factor: float) -> list[Segment]:
    taken = {crop.face.index for crop in own.crops}
    return [_segment(face, own, crop_factor) for face in own.faces if face.index in taken]


def _segment(face: Face, own: PictureFaces, crop_factor: float) -> Segment:
    """The mask is the face's box, as detectors of boxes give it."""
    left, top, right, bottom = box = _within(face.box, own)
    x, y = (left + right) / 2, (top + bottom) / 2
    across, down = crop_factor * (right - left) / 2, crop_factor * (bottom - top) / 2
    region = _within((x - across, y - down, x + across, y + down), own)
    mask = np.zeros((region[3] - region[1], region[2] - region[0]), np.float32)
    mask[top - region[1] : bottom - region[1], left - region[0] : right - region[0]] = 1.0
    return Segment(None, mask, float(face.score), region, box, "face")


def _within(box: Sequence[float], own: PictureFaces) -> list[int]:
    """Whole px inside the picture, at least one."""
    left, right = sorted(min(max(round(value), 0), own.width) for value in box[0::2])
    top, bottom = sorted(min(max(round(value), 0), own.height) for value in box[1::2])
    left, top = min(left, own.width - 1), min(top, own.height - 1)
    return [left, top, max(right, left + 1), max(bottom, top + 1)]


def _parts(segs: Any) -> tuple[int, int, Sequence[Any]]:
    try:
        (height, width), segments = segs
        return int(height), int(width), list(segments)
    except (TypeError, ValueError) as error:
        raise GPENError(
            f"SEGS must hold the size of the picture and its segments, got {type(segs).__name__}.\n"
            "Connect a node that gives SEGS, such as a detector of the Impact Pack."
        ) from error


def _box(segment: Any, scale: tuple[float, float]) -> dict[str, float]:
    try:
        left, top, right, bottom = (float(value) for value in segment.bbox)
    except (AttributeError, TypeError, ValueError) as error:
        raise GPENError(
            f"A segment of SEGS must hold a bbox of four numbers, got {segment!r:.80}.\n"
            "Connect a node that gives SEGS, such as a detector of the Impact Pack."
        ) from error
    x, y = scale
    score = getattr(segment, "confidence", None)
    box = {"x": left * x, "y": top * y, "width": (right - left) * x, "height": (bottom - top) * y}
    return box if score is None else {**box, "score": float(np.asarray(score).reshape(-1)[0])}
