"""GPEN Enhance Video."""

from __future__ import annotations

import uuid
from fractions import Fraction
from pathlib import Path
from typing import Any

import folder_paths
from comfy_api.latest import InputImpl, Types, io, ui
from torch import Tensor

from ..gpen_core.errors import GPENError
from ..gpen_core.faces import FaceDetector
from ..gpen_core.model import GPENModel
from ..gpen_core.restore import RestoreSettings
from ..gpen_core.video import Clip, ClipReport, Encoding, VideoSettings, restore_batch, restore_clip
from . import feedback
from .enhance_inputs import finish_inputs, placement_inputs
from .face_inputs import choice_inputs, detector_called, face_choice
from .handle import GPENHandle
from .languages import in_language, language_input
from .schema import Model, advanced, batch_size_input, percent, schema
from .tensors import Pictures, as_pictures

_CHOICE = ("max_faces", "order", "indices", "min_size", "min_score", "max_yaw")
_DEFAULT = VideoSettings()
_CRF = 16  # H.264 all but without loss: what is saved later may be encoded once more


class EnhanceVideo(io.ComfyNode):
    """Restores the faces of a clip, steady in time."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        return schema(
            node_id="GPENEnhanceVideo",
            display_name="Face Restore: GPEN Enhance Video",
            description="Restores the faces of a video with GPEN, followed through each shot and steady in time: no "
            "flicker. A VIDEO is read and written frame by frame, its sound is kept; IMAGE batches work too.",
            search_aliases=[
                "video face restore",
                "restore faces video",
                "fix faces video",
                "deflicker",
                "flicker",
                "temporal",
                "gpen video",
                "视频人脸修复",
                "视频修复",
                "视频增强",
                "去闪烁",
                "人脸闪烁",
            ],
            inputs=[
                Model.Input("model", tooltip="From Load GPEN Model."),
                *finish_inputs(),
                io.Video.Input("video", optional=True, tooltip="From Load Video. Frame by frame, whatever its length."),
                io.Image.Input(
                    "images", optional=True, tooltip="Frames, as of VideoHelperSuite's Load Video, instead of a video."
                ),
                percent(
                    "temporal",
                    int(_DEFAULT.temporal),
                    "How steady faces are in time. 0 restores each frame as a picture of its own.",
                    optional=True,
                ),
                io.Float.Input(
                    "frame_rate",
                    default=25.0,
                    min=0.01,
                    max=1000.0,
                    step=0.01,
                    optional=True,
                    tooltip="Of images, per second. A video knows its own.",
                    **advanced(),
                ),
                batch_size_input("Faces"),
                *choice_inputs(**advanced()),
                *[each for each in placement_inputs() if each.id in ("template", "feather")],
                language_input("the report"),
            ],
            outputs=[
                io.Video.Output(display_name="video", tooltip="The video with its faces restored, and its sound."),
                io.Image.Output(display_name="images", tooltip="The frames, where images came in."),
                io.String.Output(display_name="report", tooltip="A line for each face that was followed."),
            ],
        )

    @classmethod
    def execute(
        cls,
        model: GPENHandle,
        video: Any = None,
        images: Tensor | None = None,
        temporal: float = _DEFAULT.temporal,
        frame_rate: float = 25.0,
        detector: str = "auto",
        language: str = "en",
        **values: Any,
    ) -> io.NodeOutput:
        if (video is None) == (images is None):
            raise GPENError(
                "GPEN Enhance Video needs a video or images"
                + (", not both." if images is not None else ".")
                + "\nConnect Load Video to video, or frames to images."
            )
        choice = face_choice(**{name: values.pop(name) for name in _CHOICE if name in values})
        work = _Work(
            model.model, RestoreSettings(choice=choice, **values), VideoSettings(temporal), detector_called(detector)
        )
        try:
            if images is not None:
                return _of_images(work, as_pictures(images), frame_rate, language)
            if isinstance(video, InputImpl.VideoFromComponents):  # in memory already: no way through a file
                return _of_components(work, video.get_components(), language)
            return _of_file(work, video, language)
        finally:  # cancelled or failed, too: other programs on a small card wait for it
            model.model.release()


class _Work:
    """What is to be done, whatever the frames come from."""

    def __init__(
        self, model: GPENModel, settings: RestoreSettings, video: VideoSettings, detector: FaceDetector
    ) -> None:
        self.model, self.settings, self.video, self.detector = model, settings, video, detector

    def on_frames(self, pictures: Pictures, rate: float) -> tuple[Tensor, ClipReport]:
        """IMAGE of the frames restored, and the report."""
        result = restore_batch(
            pictures.rgb.numpy(),
            rate,
            self.model,
            self.settings,
            self.video,
            detector=self.detector,
            progress=feedback.progress(),
        )
        return pictures.like(list(result.images)), result.report

    def on_file(self, source: Any, result: Path) -> ClipReport:
        """The report of a clip restored into a file."""
        return restore_clip(
            source,
            result,
            self.model,
            self.settings,
            self.video,
            encoding=Encoding("h264", _CRF),
            detector=self.detector,
            progress=feedback.progress(),
        )


def _of_images(work: _Work, pictures: Pictures, rate: float, language: str) -> io.NodeOutput:
    return _of_frames(work, pictures, _fraction(rate), None, language)


def _of_components(work: _Work, components: Any, language: str) -> io.NodeOutput:
    return _of_frames(work, as_pictures(components.images), components.frame_rate, components.audio, language)


def _of_frames(work: _Work, pictures: Pictures, rate: Fraction, audio: Any, language: str) -> io.NodeOutput:
    restored, report = work.on_frames(pictures, float(rate))
    frames = restored[..., :3]

    def video(images: Tensor) -> Any:
        return InputImpl.VideoFromComponents(Types.VideoComponents(images=images, audio=audio, frame_rate=rate))

    # The front end takes what a node with a VIDEO output shows for a video; encoders want even sides.
    shown = _temporary() / f"{_name()}.mp4"
    video(frames[:, : frames.shape[1] // 2 * 2, : frames.shape[2] // 2 * 2]).save_to(str(shown))
    return _output(report, language, video(frames), restored, shown)


def _of_file(work: _Work, video: Any, language: str) -> io.NodeOutput:
    folder, name = _temporary(), _name()
    source: Any = video.get_stream_source()
    cut: Path | None = None
    if any(getattr(video, "get_active_trim_window", lambda: (0.0, 0.0))()):
        cut = folder / f"{name}_cut.mp4"
        video.save_to(str(cut))  # ComfyUI's own way to cut a video
        source = str(cut)
    try:
        with Clip(source) as clip:
            suffix = ".mp4" if clip.fits_mp4 else ".mkv"
        if not isinstance(source, str):
            source.seek(0)  # a file in memory
        result = folder / (name + suffix)
        report = work.on_file(source, result)
    finally:
        if cut is not None:
            cut.unlink(missing_ok=True)
    return _output(report, language, InputImpl.VideoFromFile(str(result)), _no_images(), result)


def _output(report: ClipReport, language: str, video: Any, images: Any, shown: Path) -> io.NodeOutput:
    """shown: the clip in ComfyUI's temporary folder that the node shows."""
    preview = ui.PreviewVideo([ui.SavedResult(shown.name, "", io.FolderType.temp)])
    text = feedback.noted(report.summary(), (*report.failures(), *report.warnings))
    return io.NodeOutput(video, images, in_language(report.text(), language), ui=feedback.shown(text, preview))


def _temporary() -> Path:
    folder = Path(folder_paths.get_temp_directory())
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _name() -> str:
    return f"gpen_video_{uuid.uuid4().hex}"


def _no_images() -> Any:
    """Stops what is connected to `images` with a reason: the frames of a file are not held in memory."""
    from comfy_execution.graph_utils import ExecutionBlocker

    return ExecutionBlocker(
        "GPEN Enhance Video gives images where images came in. Connect its video output, or put ComfyUI's Get Video "
        "Components behind it."
    )


def _fraction(rate: float) -> Fraction:
    return Fraction(rate).limit_denominator(1_000_000)
