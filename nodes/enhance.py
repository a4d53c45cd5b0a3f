"""GPEN Enhance (tiled)."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from comfy_api.latest import io, ui
from numpy.typing import NDArray
from torch import Tensor

from ..gpen_core.faces import FaceDetector
from ..gpen_core.faces.recognition import FaceRecogniser
from ..gpen_core.faces.selection import Chosen
from ..gpen_core.message import Joined, Message
from ..gpen_core.quality import PictureAdvice, replaced_settings
from ..gpen_core.restore import PictureFaces, RestoreResult, RestoreSettings, joined, restore
from ..gpen_core.restore.picture_report import PictureReport
from ..gpen_core.video import looks_like_clip
from . import feedback
from .enhance_inputs import finish_inputs, identity_inputs, placement_inputs, scope_inputs
from .face_crop import crops_image
from .face_inputs import choice_inputs, detector_called, face_choice, given_inputs
from .face_values import GivenFaces, GPENFaces, given_faces
from .handle import GPENHandle
from .languages import in_language, language_input
from .previews import HALVES, face_before_after
from .recogniser_files import obtain_recogniser
from .schema import Faces, Model, Settings, advanced, schema
from .tensors import Pictures, as_output, as_pictures, as_planes

GPENSettings = tuple[PictureAdvice, ...]  # one for each picture

_ADVISED = "gpen_settings"  # a key that web/advised_values.js knows
_SLIDERS, _OTHERS = (
    ("strength", "denoise", "sharpen", "contrast", "brightness"),
    ("mode", "skin_protect", "detail_enhance"),
)
_CHOICE = ("max_faces", "order", "indices", "min_size", "min_score", "max_yaw")


class Enhance(io.ComfyNode):
    """The main node: restores faces, the whole picture in tiles, or both."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        return schema(
            node_id="GPENEnhance",
            display_name="Face Restore: GPEN Enhance (tiled)",
            description="Restores the faces of a picture or a batch with GPEN: finds them, restores each from its own "
            "crop, and blends it back. Nothing outside the mask changes. No face: the picture passes through.",
            search_aliases=[
                "face",
                "face restore",
                "restore faces",
                "fix faces",
                "enhance face",
                "upscale face",
                "face detailer",
                "portrait enhance",
                "beautify",
                "unblur face",
                "deblur",
                "sharpen face",
                "old photo restoration",
                "photo repair",
                "gpen",
                "gfpgan",
                "codeformer",
                "restoreformer",
                "人脸增强",
                "修复人脸",
                "面部修复",
                "脸部修复",
                "修脸",
                "老照片修复",
                "照片修复",
                "美颜",
                "人像增强",
                "人脸高清",
                "高清修复",
                "去模糊",
                "模糊变清晰",
            ],
            inputs=[
                Model.Input("model", tooltip="From Load GPEN Model."),
                io.Image.Input("image"),
                *finish_inputs(),
                *scope_inputs(),
                *choice_inputs(**advanced()),  # Face Crop is where faces are chosen in sight of them
                *placement_inputs(),
                *given_inputs(),
                Settings.Input(
                    "settings",
                    optional=True,
                    tooltip="From GPEN Advisor: they replace the sliders of this node, and sharp faces are left alone.",
                ),
                language_input("the report"),
                *identity_inputs(),
            ],
            outputs=[
                io.Image.Output(display_name="image", tooltip="The pictures with their faces restored, in order."),
                io.Image.Output(display_name="crops", tooltip="The restored faces before blending, of all pictures."),
                io.Mask.Output(display_name="mask", tooltip="Where faces were restored."),
                io.String.Output(display_name="report", tooltip="What was done to each face, and why."),
                Faces.Output(display_name="faces", tooltip="The faces of the crops; for Paste Faces."),
            ],
        )

    @classmethod
    def execute(
        cls,
        model: GPENHandle,
        image: Tensor,
        detector: str = "auto",
        faces: GPENFaces | None = None,
        region: Tensor | None = None,
        landmarks: Any = None,
        bboxes: Any = None,
        settings: GPENSettings | None = None,
        language: str = "en",
        recogniser: str = "none",
        **values: Any,
    ) -> io.NodeOutput:
        try:
            pictures = as_pictures(image)
            choice = face_choice(**{name: values.pop(name) for name in _CHOICE if name in values})
            asked = RestoreSettings(choice=choice, **_with_possible_overlap(values))
            given = given_faces(pictures, faces, landmarks, bboxes)
            regions = None if region is None else np.stack(as_planes(region, pictures))
            measured_by = obtain_recogniser(recogniser, asked.identity, feedback.progress())
            restore_run = _restorer(model, detector_called(detector), measured_by, given, regions)
            used = _advised(asked, settings, len(pictures))
            runs = _runs(used)
            results = [restore_run(pictures.rgb[run], one, run) for run, one in runs]
        finally:  # cancelled or failed, too: other programs on a small card wait for it
            model.model.release()
        notes = [replaced_settings(asked, used)] if settings else []
        if looks_like_clip(pictures.rgb.numpy()):
            notes.append(Message("these pictures look like a clip: GPEN Enhance Video keeps its faces steady"))
        output = _output(cls, pictures, results, model.model.size, notes, language)
        if settings:
            output.ui[_ADVISED] = [json.dumps(_for_sliders(used[0], results[0].report.pictures))]
        return output


def _for_sliders(used: RestoreSettings, pictures: Sequence[PictureReport]) -> dict[str, Any]:
    """What advice has set for the first picture, by widget; the faces taken, too, where it leaves out those of one."""
    values: dict[str, Any] = {name: round(getattr(used, name)) for name in _SLIDERS}
    values.update({name: getattr(used, name) for name in _OTHERS})
    if used.choice.sharp and len(pictures) == 1:
        values["indices"] = ",".join(str(face.index) for face in pictures[0].faces if face.skipped is None)
    return values


def _with_possible_overlap(values: dict[str, Any]) -> dict[str, Any]:
    """The values, overlap at most half a tile: the widget allows what the largest tiles allow."""
    tile_size = values.get("tile_size", RestoreSettings().tile_size)
    return {**values, "overlap": min(values.get("overlap", RestoreSettings().overlap), tile_size // 2)}


def _restorer(
    model: GPENHandle,
    detector: FaceDetector,
    recogniser: FaceRecogniser | None,
    given: GivenFaces | None,
    regions: NDArray[np.float32] | None,
) -> Callable[[Tensor, RestoreSettings, slice], RestoreResult]:
    """Restores a run of pictures of the batch."""

    def run(images: Tensor, settings: RestoreSettings, part: slice) -> RestoreResult:
        region = None if regions is None else regions[part]
        moved = feedback.progress()
        faces = None if given is None else given[part]
        return restore(
            images,
            model.model,
            settings,
            detector=detector,
            faces=faces,
            region=region,
            recogniser=recogniser,
            progress=moved,
        )

    return run


def _advised(asked: RestoreSettings, advice: GPENSettings | None, count: int) -> list[RestoreSettings]:
    """The settings of each of `count` pictures; the last of the advice serves all that follow, except for its faces."""
    if not advice:
        return [asked] * count
    own = [one.settings_for(asked) for one in advice[:count]]
    return own + [replace(own[-1], choice=asked.choice)] * (count - len(own))


def _runs(settings: Sequence[RestoreSettings]) -> list[tuple[slice, RestoreSettings]]:
    """Neighbouring pictures of equal settings, which go through the network together."""
    runs: list[tuple[slice, RestoreSettings]] = []
    for number, one in enumerate(settings):
        if runs and runs[-1][1] == one:
            runs[-1] = (slice(runs[-1][0].start, number + 1), one)
        else:
            runs.append((slice(number, number + 1), one))
    return runs


def _output(
    node: type[Enhance],
    pictures: Pictures,
    results: Sequence[RestoreResult],
    size: int,
    notes: Sequence[str],
    language: str,
) -> io.NodeOutput:
    """notes: such as what advice has changed of the sliders, which go on showing their own values."""
    restored = torch.cat([result.image for result in results])
    mask = torch.cat([result.mask for result in results])
    owners: GPENFaces = tuple(
        PictureFaces(pictures.height, pictures.width, tuple(Chosen(crop.face) for crop in crops), crops)
        for result in results
        for crops in result.crops
    )
    largest = max((crop.size for own in owners for crop in own.crops), default=size)
    report = joined([result.report for result in results])
    summary = Joined("\n", [report.summary(), *notes])
    preview, layout = face_before_after(pictures.rgb, restored, [_largest_box(own) for own in owners])
    return io.NodeOutput(
        pictures.like(list(restored.numpy())),
        crops_image(owners, pictures, largest),
        as_output(mask),
        in_language(Joined("\n", [report.text(), *notes]), language),
        owners,
        ui={
            **feedback.shown(feedback.noted(summary, report.warnings), ui.PreviewImage(preview, cls=node)),
            HALVES: [layout],
        },
    )


def _largest_box(own: PictureFaces) -> tuple[float, float, float, float] | None:
    return max((crop.face for crop in own.crops), key=lambda face: face.size).box if own.crops else None
