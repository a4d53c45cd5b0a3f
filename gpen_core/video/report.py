"""What was done to a clip: a line for each face that was followed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from ..faces.face import Face
from ..message import Joined, Message
from ..model import GPENModel
from ..restore.batch_summary import NO_FACE
from ..restore.picture_report import PictureReport
from ..restore.warnings import warn
from ..settings import RestoreSettings
from .frame import Frame
from .settings import VideoSettings

_MOST_NAMED = 5  # frames of which the same is to be said


@dataclass(frozen=True)
class TrackReport:
    """One face through the clip. first, last: numbers of frames; begins, ends: s. frames: on which it is.

    filled: frames of those where the detector did not see it, and its neighbours told its place. restored: frames on
    which it was restored. size: px, median of its box; score: median. skipped: why it was left alone, by frames.
    """

    number: int
    first: int
    last: int
    begins: float
    ends: float
    frames: int
    filled: int
    restored: int
    size: float
    score: float
    skipped: dict[str, int]

    def line(self) -> str:
        """ "face 0: frames 0-77 (0.0 to 3.1 s), 224 px, score 0.94, restored on 78 of 78 frames, 2 filled in"."""
        seen = Message(
            "face {index}: frames {first}-{last} ({begins} to {ends} s), {size} px, score {score}",
            index=self.number,
            first=self.first,
            last=self.last,
            begins=f"{self.begins:.1f}",
            ends=f"{self.ends:.1f}",
            size=f"{self.size:.0f}",
            score=f"{self.score:.2f}",
        )
        restored = Message("restored on {restored} of {frames} frames", restored=self.restored, frames=self.frames)
        filled = [Message("{count} filled in", count=self.filled)] if self.filled else []
        skipped = [Message("{count} {reason}", count=count, reason=reason) for reason, count in self.skipped.items()]
        return Joined(", ", [seen, restored, *filled, *skipped])


@dataclass(frozen=True)
class ClipReport:
    """Everything that decided the result of a clip.

    frames: all that were given back. with_faces: those on which a face was restored. tracks: by number; with temporal
    0 none, because faces have numbers of their own in each frame. shots: numbers of the frames that begin one.
    failed: frames passed through because their restoration failed, with the reason. warnings: what the user should
    know.
    """

    model: str
    device: str
    precision: str
    detector: str
    settings: RestoreSettings
    video: VideoSettings
    frames: int
    with_faces: int
    tracks: tuple[TrackReport, ...]
    shots: tuple[int, ...]
    failed: dict[int, str] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        return asdict(self)

    def summary(self) -> str:
        """One line: "78 frames: faces restored on 78, 2 faces followed in 1 shot"."""
        several = "{count} frame" if self.frames == 1 else "{count} frames"
        total = Message(several, count=self.frames)
        if not self.with_faces and not self.tracks:
            return Joined(": ", [total, NO_FACE])
        parts = [Message("faces restored on {count}", count=self.with_faces)]
        if self.tracks:
            faces = "{count} face followed" if len(self.tracks) == 1 else "{count} faces followed"
            shots = "in {count} shot" if len(self.shots) == 1 else "in {count} shots"
            parts += [Message(faces, count=len(self.tracks)), Message(shots, count=len(self.shots))]
        return Joined(": ", [total, Joined(", ", parts)])

    def text(self) -> str:
        """For reading: the network, the clip, every face that was followed, and the warnings."""
        network = Message(
            "{model} in {precision} on {device}, faces by {detector}",
            model=self.model,
            precision=self.precision,
            device=self.device,
            detector=self.detector,
        )
        tracks = [Joined("  ", ["", track.line()]) for track in self.tracks]
        notes = [Message("Note: {note}", note=each) for each in (*self.failures(), *self.warnings)]
        return Joined("\n", [network, self.summary(), *tracks, *notes])

    def failures(self) -> list[str]:
        """One line for all frames that were passed through for the same reason."""
        lines: list[str] = []
        for reason, numbers in _by_reason(self.failed).items():
            named = ", ".join(map(str, numbers[:_MOST_NAMED])) + (" .." if len(numbers) > _MOST_NAMED else "")
            text = "frames passed through unchanged: {frames}: {reason}"
            lines.append(Message(text, frames=named, reason=reason.splitlines()[0]))
        return lines


class ReportBuilder:
    """Collects what a `ClipReport` says, frame by frame; what it keeps grows with the faces, not with the frames."""

    def __init__(self, model: GPENModel, detector: str, settings: RestoreSettings, video: VideoSettings) -> None:
        self._model, self._detector, self._settings, self._video = model, detector, settings, video
        self._frames = self._with_faces = 0
        self._tracks: dict[int, _Track] = {}
        self._shots: list[int] = []
        self._failed: dict[int, str] = {}
        self._short_side: int | None = None

    def frame(self, frame: Frame, faces: Sequence[tuple[Face, str | None, bool]], begins_shot: bool) -> None:
        """A frame and its faces: each with the reason where it is left alone, and whether its place was filled in."""
        self._frames += 1
        if begins_shot:
            self._shots.append(frame.number)
        self._with_faces += any(skipped is None for _, skipped, _ in faces)
        for face, skipped, filled in faces:
            self._tracks.setdefault(face.index, _Track(frame)).add(frame, face, skipped, filled)

    def picture(self, frame: Frame, report: PictureReport) -> None:
        """A frame that was restored by itself."""
        self._frames += 1
        self._with_faces += report.taken > 0

    def failed(self, frame: Frame, reason: str) -> None:
        """A frame that is passed through."""
        self._failed[frame.number] = reason

    def report(self) -> ClipReport:
        return ClipReport(
            self._model.name,
            str(self._model.device),
            self._model.precision,
            self._detector,
            self._settings,
            self._video,
            self._frames,
            self._with_faces,
            tuple(track.report(number) for number, track in sorted(self._tracks.items())),
            tuple(self._shots),
            dict(self._failed),
            warn(self._settings),
        )


class _Track:
    def __init__(self, frame: Frame) -> None:
        self._first, self._begins = frame.number, frame.time
        self._last, self._ends = frame.number, frame.time
        self._filled = 0
        self._sizes, self._scores = _Histogram(1.0), _Histogram(0.01)
        self._skipped: Counter[str] = Counter()
        self._frames = 0

    def add(self, frame: Frame, face: Face, skipped: str | None, filled: bool) -> None:
        self._last, self._ends = frame.number, frame.time
        self._frames += 1
        self._filled += filled
        self._sizes.add(face.size)
        self._scores.add(face.score)
        if skipped is not None:
            self._skipped[skipped] += 1

    def report(self, number: int) -> TrackReport:
        return TrackReport(
            number,
            self._first,
            self._last,
            round(self._begins, 3),
            round(self._ends, 3),
            self._frames,
            self._filled,
            self._frames - self._skipped.total(),
            self._sizes.median(),
            round(self._scores.median(), 2),
            dict(self._skipped),
        )


class _Histogram:
    """Values counted in steps, for a median that takes no more memory the longer the clip is."""

    def __init__(self, step: float) -> None:
        self._step = step
        self._counts: Counter[int] = Counter()

    def add(self, value: float) -> None:
        self._counts[round(value / self._step)] += 1

    def median(self) -> float:
        steps = sorted(self._counts)
        reached = np.cumsum([self._counts[step] for step in steps])
        return steps[int(np.searchsorted(reached, reached[-1] / 2))] * self._step


def _by_reason(failed: dict[int, str]) -> dict[str, list[int]]:
    result: dict[str, list[int]] = {}
    for number, reason in failed.items():
        result.setdefault(reason, []).append(number)
    return result
