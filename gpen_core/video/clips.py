"""From a clip file to a clip file."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..faces import FaceDetector
from ..message import Message
from ..model import GPENModel
from ..progress import Progress, silent
from ..settings import RestoreSettings
from .encoders import Encoding
from .pipeline import DoneFrame, FrameRestoration
from .planes import beside, with_pixels
from .reading import Clip, ClipFrame
from .report import ClipReport
from .settings import VideoSettings
from .writing import ClipWriter


def restore_clip(
    source: str | Path | Any,
    result: str | Path,
    model: GPENModel,
    settings: RestoreSettings | None = None,
    video: VideoSettings | None = None,
    *,
    encoding: Encoding | None = None,
    detector: str | FaceDetector = "auto",
    comparison: str | Path | None = None,
    overwrite: bool = False,
    keep: bool = False,
    progress: Progress = silent,
) -> ClipReport:
    """Restore the faces of a clip, frame by frame as it is read, and write it with its sound and subtitles.

    source: a file that FFmpeg reads, or a file object. result: .mp4, .mov, .mkv or .webm. comparison: where a clip
    that shows both side by side is written, None for none. overwrite: replace files that exist. keep: what is done
    when the work is stopped stays, as a clip of the name of `ClipWriter.partial`. progress: called with the frames
    done and in all (None where unknown), and between; an exception it raises stops the work.
    Frames keep their time, size, depth and colours; what no face covers goes to the encoder as it was decoded.
    Raises ClipError, GPENError for a setting that only pictures can have.
    """
    restoration = FrameRestoration(model, settings, video, detector=detector)
    encoding = encoding or Encoding()
    with ExitStack() as stack:
        clip = stack.enter_context(Clip(source))
        writer = stack.enter_context(ClipWriter(result, clip, encoding, overwrite=overwrite, keep=keep))
        both = None
        if comparison is not None:
            width = 2 * (clip.width + clip.width % 2)
            both = stack.enter_context(
                ClipWriter(comparison, clip, encoding, width=width, overwrite=overwrite, keep=keep)
            )

        def copy(packet: Any) -> None:
            writer.copy(packet)

        def check() -> None:
            progress(writer.frames, clip.count)

        for done in restoration.frames(clip.frames(copy), check):
            frame = _as_decoded(done)
            if both is not None:
                both.write(beside(done.frame.decoded, frame, clip.layout), done.frame.pts, clip.layout)
            writer.write(frame, done.frame.pts, clip.layout)
            progress(writer.frames, clip.count)
        report = restoration.report()
        return replace(report, warnings=(*report.warnings, *_remarks(clip, writer)))


def _as_decoded(done: DoneFrame[ClipFrame]) -> Any:
    """The restored frame as av.VideoFrame."""
    changed = done.mask > 0.0
    if not changed.any():
        return done.frame.decoded
    return with_pixels(done.frame.decoded, done.frame.layout, done.pixels, changed)


def _remarks(clip: Clip, writer: ClipWriter) -> Iterator[str]:
    """What was out of the ordinary about the file."""
    for text, count in clip.remarks.items():
        yield text if count == 1 else Message("{remark} ({count} times)", remark=text, count=count)
    if writer.padded:
        yield Message("the encoder takes even sides only: the last row or column was repeated")
    if clip.dropped_streams:
        yield Message("left out of the file: {streams}", streams=", ".join(sorted(set(clip.dropped_streams))))
