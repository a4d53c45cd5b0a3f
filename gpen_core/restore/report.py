"""What was done to a batch of pictures, and what decided it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Protocol

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
        return of_pictures(self.pictures, cut_out=True)


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
        return in_full(self)


def joined(reports: Sequence[RestoreReport]) -> RestoreReport:
    """One report of batches that followed each other; settings are those of the first, warnings come once."""
    return replace(
        reports[0],
        pictures=tuple(picture for report in reports for picture in report.pictures),
        warnings=tuple(dict.fromkeys(warning for report in reports for warning in report.warnings)),
    )


class Report(Protocol):
    """What came of a batch, whatever was done to it."""

    @property
    def model(self) -> str: ...
    @property
    def device(self) -> str: ...
    @property
    def precision(self) -> str: ...
    @property
    def detector(self) -> str: ...
    @property
    def pictures(self) -> tuple[PictureReport, ...]: ...
    @property
    def warnings(self) -> tuple[str, ...]: ...


def in_full(report: Report, *, cut_out: bool = False) -> str:
    """For reading: the network, every picture, every face of it, and the warnings. cut_out: as of `FaceReport.line`."""
    network = Message(
        "{model} in {precision} on {device}, faces by {detector}",
        model=report.model,
        precision=report.precision,
        device=report.device,
        detector=report.detector,
    )
    notes = [Message("Note: {note}", note=each) for each in report.warnings]
    return Joined("\n", [network, of_pictures(report.pictures, cut_out=cut_out), *notes])


def of_pictures(pictures: Sequence[PictureReport], *, cut_out: bool = False) -> str:
    """Every picture and every face of it. cut_out: as of `FaceReport.line`."""
    lines: list[str] = []
    for number, picture in enumerate(pictures):
        of_batch = Message("picture {number}: {summary}", number=number, summary=picture.summary())
        faces = [Joined("  ", ["", face.line(cut_out=cut_out)]) for face in picture.faces]
        lines += [picture.summary() if len(pictures) == 1 else of_batch, *faces]
    return Joined("\n", lines)
