"""What was done to a batch of pictures, and what decided it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from ..message import Joined, Message
from ..settings import RestoreSettings
from .batch_summary import summarise
from .picture_report import PictureReport


@dataclass(frozen=True)
class CropReport:
    """Which faces were cut out. Their strength is 0: nothing has been changed."""

    detector: str
    template: str
    pictures: tuple[PictureReport, ...]

    def as_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        return asdict(self)

    def summary(self) -> str:
        """One line, then the pictures that differ."""
        return summarise(self.pictures)

    def text(self) -> str:
        """For reading: every picture, and every face of it."""
        return in_full(self.pictures, cut_out=True)


@dataclass(frozen=True)
class RestoreReport:
    """Everything that decided the result. settings: as they were asked for. warnings: what the user should know."""

    model: str
    device: str
    precision: str
    detector: str
    settings: RestoreSettings
    pictures: tuple[PictureReport, ...]
    warnings: tuple[str, ...] = field(default=())

    def as_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        return asdict(self)

    def summary(self) -> str:
        """One line, then the pictures that differ; warnings are apart."""
        return summarise(self.pictures)

    def text(self) -> str:
        """For reading: the network, every picture, every face of it, and the warnings."""
        network = Message(
            "{model} in {precision} on {device}, faces by {detector}",
            model=self.model,
            precision=self.precision,
            device=self.device,
            detector=self.detector,
        )
        notes = [Message("Note: {note}", note=each) for each in self.warnings]
        return Joined("\n", [network, in_full(self.pictures), *notes])


def joined(reports: Sequence[RestoreReport]) -> RestoreReport:
    """One report of batches that followed each other; settings are those of the first, warnings come once."""
    return replace(
        reports[0],
        pictures=tuple(picture for report in reports for picture in report.pictures),
        warnings=tuple(dict.fromkeys(warning for report in reports for warning in report.warnings)),
    )


def in_full(pictures: Sequence[PictureReport], *, cut_out: bool = False) -> str:
    """Every picture and every face of it. cut_out: as of `FaceReport.line`."""
    lines: list[str] = []
    for number, picture in enumerate(pictures):
        of_batch = Message("picture {number}: {summary}", number=number, summary=picture.summary())
        faces = [Joined("  ", ["", face.line(cut_out=cut_out)]) for face in picture.faces]
        lines += [picture.summary() if len(pictures) == 1 else of_batch, *faces]
    return Joined("\n", lines)
