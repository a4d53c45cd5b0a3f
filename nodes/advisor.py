"""GPEN Advisor."""

from __future__ import annotations

import json
from collections.abc import Sequence

import comfy.model_management as mm
import numpy as np
from comfy_api.latest import io, ui
from torch import Tensor

from ..gpen_core.checkpoints import networks_here
from ..gpen_core.message import Joined, Message
from ..gpen_core.quality import Advice, PictureAdvice, advise_picture, draw_chart, memory_budget
from ..gpen_core.quality.pen import can_write
from ..gpen_core.restore import count_faces, find_faces
from . import feedback
from .face_inputs import detector_called
from .face_values import GPENFaces, given_faces
from .languages import catalogue, in_language, language_input
from .schema import Faces, Settings, schema
from .tensors import Pixels, as_image, as_pictures


class Advisor(io.ComfyNode):
    """Measures pictures and proposes settings."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        return schema(
            node_id="GPENAdvisor",
            display_name="GPEN Advisor",
            description="Measures a picture and its faces (size, sharpness, noise, JPEG, exposure, pose) and proposes "
            "settings, each with its reason. Connect settings to GPEN Enhance: its sliders are then replaced.",
            search_aliases=[
                "auto settings",
                "recommended settings",
                "image quality",
                "blur detection",
                "画质评估",
                "清晰度检测",
                "自动参数",
                "参数建议",
            ],
            inputs=[
                io.Image.Input("image"),
                Faces.Input("faces", optional=True, tooltip="Faces from Face Crop, instead of detection."),
                language_input("report and chart"),
            ],
            outputs=[
                Settings.Output(
                    display_name="settings",
                    tooltip="For GPEN Enhance: for each picture, on the faces chosen there. Sharp faces stay.",
                ),
                io.Int.Output(
                    display_name="strength",
                    tooltip="This and what follows is for the first picture and all of its faces.",
                ),
                io.Combo.Output(display_name="mode"),
                io.Int.Output(display_name="denoise"),
                io.Int.Output(display_name="sharpen"),
                io.Boolean.Output(display_name="detail_enhance"),
                io.Float.Output(
                    display_name="clip_limit", tooltip="For CLAHE: the highest that lifts neither noise nor blocks."
                ),
                io.String.Output(display_name="report", tooltip="Advice with reasons."),
                io.String.Output(display_name="numbers", tooltip="All measures and settings as JSON."),
                io.Image.Output(display_name="chart", tooltip="Measures against their thresholds."),
            ],
        )

    @classmethod
    def execute(cls, image: Tensor, faces: GPENFaces | None = None, language: str = "en") -> io.NodeOutput:
        pictures = as_pictures(image)
        given = given_faces(pictures, faces)
        budget, here = memory_budget(mm.get_torch_device()), networks_here()
        advised: list[PictureAdvice] = []
        charts: list[Pixels] = []
        finder = detector_called("auto")
        for number, pixels in enumerate(feedback.counted(pictures.pixels())):
            found = find_faces(pixels, finder) if given is None else given[number]
            one = advise_picture(pixels, found, budget, here)
            advised.append(one)
            charts.append(draw_chart(one.measures, one.advice, catalogue(language)))
        advices = [one.advice for one in advised]
        report = Joined("\n\n", map(_report, advices))
        first = advices[0].settings
        chart = as_image(_same_size(charts))
        return io.NodeOutput(
            tuple(advised),
            round(first.strength),
            first.mode,
            round(first.denoise),
            round(first.sharpen),
            first.detail_enhance,
            advices[0].clahe_clip,
            in_language(report, language),
            json.dumps([one.as_dict() for one in advised]),
            chart,
            ui=feedback.shown(feedback.noted(_summary(advices), _notes(language)), ui.PreviewImage(chart, cls=cls)),
        )


def _notes(language: str) -> list[str]:
    no_font = Message("this computer has no font for the language of the chart, which stays in English")
    return [] if can_write(catalogue(language)) else [no_font]


def _report(advice: Advice) -> str:
    """Reasons, then notes; without a face the note that says so comes first."""
    return Joined("\n", [*advice.reasons, *advice.notes] if advice.faces else [*advice.notes, *advice.reasons])


def _summary(advices: Sequence[Advice]) -> str:
    """The advice on the first picture; of a batch, before it, how many pictures there are and which lack a face."""
    if len(advices) == 1:
        return _report(advices[0])
    faces = count_faces([len(advice.faces) for advice in advices], Message("measured"))
    first = Message("Advice for picture 0, the others in the report:")
    return Joined("\n", [faces, first, _report(advices[0])])


def _same_size(charts: Sequence[Pixels]) -> list[Pixels]:
    """The charts of a batch, shorter ones continued in the colour of their last corner."""
    height = max(chart.shape[0] for chart in charts)
    width = max(chart.shape[1] for chart in charts)
    padded = []
    for chart in charts:
        canvas = np.empty((height, width, 3), np.float32)
        canvas[:] = chart[-1, -1]
        canvas[: chart.shape[0], : chart.shape[1]] = chart
        padded.append(canvas)
    return padded
