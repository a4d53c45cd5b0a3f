"""What came of a batch, and what was done to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from torch import Tensor

from ..faces.selection import Chosen, absent_numbers
from ..message import Message
from ..model import GPENModel
from ..restore.batch_summary import summarise
from ..restore.detection import FoundFaces
from ..restore.picture_report import FaceReport, PictureReport
from ..restore.report import in_full
from ..settings import FaceChoice


@dataclass(frozen=True)
class RepaintReport:
    """Everything that decided the result. warnings: what the user should know."""

    model: str
    device: str
    precision: str
    detector: str
    pictures: tuple[PictureReport, ...]
    warnings: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        return asdict(self)

    def summary(self) -> str:
        """One line, then the pictures that differ; warnings are apart."""
        return summarise(self.pictures)

    def text(self) -> str:
        """For reading: the network, every picture, every face of it, and the warnings."""
        return in_full(self, cut_out=True)


@dataclass(frozen=True)
class RepaintResult:
    """image: as the input, float32. mask: (H, W) or (B, H, W) in [0, 1], where it was changed."""

    image: Tensor
    mask: Tensor
    report: RepaintReport


def picture_report(
    size: tuple[int, int], entries: Sequence[Chosen], done: str, choice: FaceChoice, skipped: dict[int, str]
) -> PictureReport:
    """The report of a picture of (height, width) px. skipped: why chosen faces were left alone after all."""
    faces = tuple(FaceReport.of(entry.face, 100.0, entry.skipped or skipped.get(entry.face.index)) for entry in entries)
    return PictureReport(size[1], size[0], faces, done, absent=absent_numbers(entries, choice))


def report_of(
    model: GPENModel, found: FoundFaces, pictures: Sequence[PictureReport], warnings: Sequence[str]
) -> RepaintReport:
    """The report of a batch; warnings come once."""
    return RepaintReport(
        model.name,
        str(model.device),
        model.precision,
        found.detector,
        tuple(pictures),
        tuple(dict.fromkeys(warnings)),
    )


def unexpected(model: GPENModel, word: str, expected: str) -> tuple[str, ...]:
    """A warning where the name of the network does not have the word that such networks' names have."""
    if word in model.name.casefold():
        return ()
    text = "{model} does not look like the network for this, which is {expected}"
    return (Message(text, model=model.name, expected=expected),)
