"""What was done to a batch of pictures in a few lines, however many they are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from ..message import Joined, Message
from .picture_report import UNCHANGED, FaceReport, PictureReport, face_counts

_MOST_LINES = 8  # of exceptions
_MOST_NUMBERS = 12  # of pictures, or of ranges of them, in one line

NO_FACE = Message("no face: passed through unchanged")


def summarise(pictures: Sequence[PictureReport]) -> Joined:
    """One line for all pictures, then those that differ, by their numbers from 0.

    Pictures without a face come first, then those with faces that were skipped or restored in another way. Pictures of
    which the same is to be said share a line. A single picture is its own summary.
    """
    if len(pictures) == 1:
        return Joined("\n", [pictures[0].summary(), *_notes(pictures[0])])
    return Joined("\n", [_total(pictures), *_exceptions(pictures)])


def count_faces(counts: Sequence[int], done: str) -> str:
    """ "3 faces pasted", then the pictures without a face. counts: faces of each picture. done: to all of them."""
    if not any(counts):
        return NO_FACE
    count = sum(counts)
    total = Message("{count} face {done}" if count == 1 else "{count} faces {done}", count=count, done=done)
    without = [number for number, count in enumerate(counts) if count == 0]
    return Joined("\n", [total, *([Joined(": ", [_of(without), NO_FACE])] if without else [])])


def _total(pictures: Sequence[PictureReport]) -> str:
    """ "40 pictures: 38 of 38 faces restored, 2 pictures without a face"."""
    faces: dict[str, list[FaceReport]] = {}
    for picture in pictures:
        faces.setdefault(picture.done, []).extend(picture.faces)
    parts = [face_counts(own, done) for done, own in faces.items() if own]
    without = sum(map(_lacks_faces, pictures))
    if without:
        several = "{count} picture without a face" if without == 1 else "{count} pictures without a face"
        parts.append(Message(several, count=without))
    first = pictures[0].background
    if first is not None and all(picture.background == first for picture in pictures):
        parts.append(first)
    return Joined(": ", [Message("{count} pictures", count=len(pictures)), Joined(", ", parts or [UNCHANGED])])


def _exceptions(pictures: Sequence[PictureReport]) -> list[str]:
    """One line for everything that is to be said of some pictures only."""
    usual = Counter(picture.done for picture in pictures if picture.faces).most_common(1)
    concerned: dict[str, list[int]] = {}
    for number in sorted(range(len(pictures)), key=lambda each: not _lacks_faces(pictures[each])):
        for text in _remarks(pictures[number], usual[0][0] if usual else None):
            concerned.setdefault(text, []).append(number)
    lines: list[str] = [Joined(": ", [_of(numbers), text]) for text, numbers in concerned.items()]
    if len(lines) > _MOST_LINES:
        more = {number for numbers in list(concerned.values())[_MOST_LINES:] for number in numbers}
        one = "and remarks on {count} more picture: see the report"
        several = "and remarks on {count} more pictures: see the report"
        lines[_MOST_LINES:] = [Message(one if len(more) == 1 else several, count=len(more))]
    return lines


def _lacks_faces(picture: PictureReport) -> bool:
    return picture.searched and not picture.faces


def _remarks(picture: PictureReport, usual: str | None) -> list[str]:
    """What is out of the ordinary. usual: what was done to the faces of most pictures."""
    plain = picture.done == usual and len(picture.faces) == picture.taken > 0 and not picture.absent
    return [*([picture.summary()] if picture.searched and not plain else []), *_notes(picture)]


def _notes(picture: PictureReport) -> list[str]:
    noted = [face for face in picture.faces if face.note and not face.skipped]
    return [Message("face {index} {note}", index=face.index, note=face.note or "") for face in noted]


def _of(numbers: Sequence[int]) -> str:
    """ "pictures 3, 7-9" of ascending numbers."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    named = [str(first) if first == last else f"{first}-{last}" for first, last in runs[:_MOST_NUMBERS]]
    more = sum(last - first + 1 for first, last in runs[_MOST_NUMBERS:])
    if more:
        return Message("pictures {numbers} and {more} more", numbers=", ".join(named), more=more)
    return Message("picture {numbers}" if len(numbers) == 1 else "pictures {numbers}", numbers=", ".join(named))
