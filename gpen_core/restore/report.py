"""What was done to each face of each picture, and why."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import Any

from ..faces.face import Face


@dataclass(frozen=True)
class FaceReport:
    """One face: where it is, and what was done. size: px; score: 0 to 1; pose: degrees; strength: 0 to 100.

    skipped: why the face was left alone, None when it was restored. note: anything out of the ordinary.
    """

    index: int
    box: tuple[float, float, float, float]
    size: float
    score: float
    yaw: float
    pitch: float
    roll: float
    strength: float
    skipped: str | None = None
    note: str | None = None

    @classmethod
    def of(cls, face: Face, strength: float, skipped: str | None = None, note: str | None = None) -> FaceReport:
        """The report of `face`, numbers rounded for reading."""
        left, top, right, bottom = (round(value, 1) for value in face.box)
        return cls(
            index=face.index,
            box=(left, top, right, bottom),
            size=round(face.size, 1),
            score=round(face.score, 3),
            yaw=round(face.yaw, 1),
            pitch=round(face.pitch, 1),
            roll=round(face.roll, 1),
            strength=0.0 if skipped else strength,
            skipped=skipped,
            note=note,
        )


@dataclass(frozen=True)
class PictureReport:
    """One picture of the batch. width, height: px."""

    width: int
    height: int
    faces: tuple[FaceReport, ...]

    @property
    def restored(self) -> int:
        """Number of faces restored."""
        return sum(face.skipped is None for face in self.faces)

    def summary(self) -> str:
        """One line: "2 of 5 faces restored, 1 too small, 2 below score"."""
        if not self.faces:
            return "no face found: passed through unchanged"
        count = len(self.faces)
        skipped = Counter(face.skipped for face in self.faces if face.skipped)
        parts = [f"{self.restored} of {count} face{'s' if count > 1 else ''} restored"]
        return ", ".join(parts + [f"{number} {reason}" for reason, number in skipped.items()])


@dataclass(frozen=True)
class RestoreReport:
    """Everything that decided the result. warnings: what the user should know."""

    model: str
    device: str
    precision: str
    detector: str
    template: str
    pictures: tuple[PictureReport, ...]
    warnings: tuple[str, ...] = field(default=())

    def as_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        return asdict(self)

    def summary(self) -> str:
        """One line per picture; warnings are apart."""
        lines = [picture.summary() for picture in self.pictures]
        if len(lines) > 1:
            lines = [f"picture {number}: {line}" for number, line in enumerate(lines)]
        return "\n".join(lines)
