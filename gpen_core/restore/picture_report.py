"""What was done to each face of one picture, and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from ..faces.face import Face
from ..message import Joined, Message

UNCHANGED = Message("passed through unchanged")


@dataclass(frozen=True)
class FaceReport:
    """One face: where it is, and what was done. size: px; score: 0 to 1; pose: degrees; strength: 0 to 100.

    sharpness: px of real detail in an aligned 512 px crop, None where it was not measured. crop_size: px, side of the
    crop that the network was given, None for none. identity: how alike the face is to what it was, -1 to 1, None where
    it was not measured.
    skipped: why the face was left alone, None when it was taken. note: anything out of the ordinary.
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
    sharpness: float | None = None
    crop_size: int | None = None
    identity: float | None = None

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
            strength=0.0 if skipped else round(strength, 1),
            skipped=skipped,
            note=note,
            sharpness=None if face.sharpness is None else round(face.sharpness, 1),
        )

    def line(self, *, cut_out: bool = False) -> str:
        """One line: "face 2: 214 px at (310, 120), score 0.98, turned -12 degrees, strength 60".

        cut_out: nothing was restored, and the line names no strength.
        """
        left, top = (round(value) for value in self.box[:2])
        seen = Message(
            "face {index}: {size} px at ({left}, {top}), score {score}, turned {degrees} degrees",
            index=self.index,
            size=f"{self.size:.0f}",
            left=left,
            top=top,
            score=f"{self.score:.2f}",
            degrees=whole_degrees(self.yaw),
        )
        done = [] if cut_out else [Message("strength {strength}", strength=f"{self.strength:g}")]
        if self.identity is not None:
            done.append(Message("identity {similarity}", similarity=f"{self.identity:.2f}"))
        skipped = [Message("skipped: {reason}", reason=self.skipped)] if self.skipped else done
        return Joined(", ", [seen, *skipped, *([self.note] if self.note else [])])


def whole_degrees(angle: float) -> int:
    """An angle as every text names it: rounded from the tenths that reports keep, or two texts would differ."""
    return round(round(angle, 1))


@dataclass(frozen=True)
class PictureReport:
    """One picture of the batch.

    width, height: px. faces: those found. done: what was done to those taken. background: what was done around them,
    None for nothing. searched: whether faces were looked for. absent: face numbers asked for that it does not have.
    """

    width: int
    height: int
    faces: tuple[FaceReport, ...]
    done: str = Message("restored")
    background: str | None = None
    searched: bool = True
    absent: tuple[int, ...] = ()

    @property
    def taken(self) -> int:
        """Number of faces not skipped."""
        return sum(face.skipped is None for face in self.faces)

    def summary(self) -> str:
        """One line: "2 of 5 faces restored, 1 too small, 2 below score"."""
        if not self.searched:
            return self.background or UNCHANGED
        if not self.faces:
            return Joined(": ", [Message("no face found"), self.background or UNCHANGED])
        parts = [face_counts(self.faces, self.done)]
        if self.absent:
            parts.append(Message("there is no face {numbers}", numbers=Joined(", ", map(str, self.absent))))
        return Joined(", ", parts if self.background is None else [*parts, self.background])


def face_counts(faces: Sequence[FaceReport], done: str) -> str:
    """ "2 of 5 faces restored, 1 too small, 2 below score". done: to those not skipped."""
    skipped = Counter(face.skipped for face in faces if face.skipped)
    taken = Message(
        "{taken} of {count} face {done}" if len(faces) == 1 else "{taken} of {count} faces {done}",
        taken=len(faces) - skipped.total(),
        count=len(faces),
        done=done,
    )
    left = [Message("{count} {reason}", count=number, reason=reason) for reason, number in skipped.items()]
    return Joined(", ", [taken, *left])
