"""What was done to a batch of pictures in a few lines, however many they are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from .picture_report import FaceReport, PictureReport, face_counts

_MOST_LINES = 8  # of exceptions
_MOST_NUMBERS = 12  # of pictures, or of ranges of them, in one line


def summarise(pictures: Sequence[PictureReport]) -> str:
    """One line for all pictures, then those that differ, by their numbers from 0.

    Pictures without a face come first, then those with faces that were skipped or restored in another way. Pictures of
    which the same is to be said share a line. A single picture is its own summary.
    """
    if len(pictures) == 1:
        return "\n".join([pictures[0].summary(), *_notes(pictures[0])])
    return "\n".join([_total(pictures), *_exceptions(pictures)])


def count_faces(counts: Sequence[int], done: str) -> str:
    """ "3 faces pasted", then the pictures without a face. counts: faces of each picture. done: to all of them."""
    if not any(counts):
        return "no face: passed through unchanged"
    total = f"{sum(counts)} face{'s' * (sum(counts) > 1)} {done}"
    without = [number for number, count in enumerate(counts) if count == 0]
    return f"{total}\n{_of(without)}: no face: passed through unchanged" if without else total


def _total(pictures: Sequence[PictureReport]) -> str:
    """ "40 pictures: 38 of 38 faces restored, 2 pictures without a face"."""
    faces: dict[str, list[FaceReport]] = {}
    for picture in pictures:
        faces.setdefault(picture.done, []).extend(picture.faces)
    parts = [face_counts(own, done) for done, own in faces.items() if own]
    without = sum(map(_lacks_faces, pictures))
    if without:
        parts.append(f"{without} picture{'s' * (without > 1)} without a face")
    first = pictures[0].background
    if first is not None and all(picture.background == first for picture in pictures):
        parts.append(first)
    return f"{len(pictures)} pictures: {', '.join(parts) or 'passed through unchanged'}"


def _exceptions(pictures: Sequence[PictureReport]) -> list[str]:
    """One line for everything that is to be said of some pictures only."""
    usual = Counter(picture.done for picture in pictures if picture.faces).most_common(1)
    concerned: dict[str, list[int]] = {}
    for number in sorted(range(len(pictures)), key=lambda each: not _lacks_faces(pictures[each])):
        for text in _remarks(pictures[number], usual[0][0] if usual else None):
            concerned.setdefault(text, []).append(number)
    lines = [f"{_of(numbers)}: {text}" for text, numbers in concerned.items()]
    if len(lines) > _MOST_LINES:
        more = {number for numbers in list(concerned.values())[_MOST_LINES:] for number in numbers}
        lines[_MOST_LINES:] = [f"and remarks on {len(more)} more picture{'s' * (len(more) > 1)}: see the report"]
    return lines


def _lacks_faces(picture: PictureReport) -> bool:
    return picture.searched and not picture.faces


def _remarks(picture: PictureReport, usual: str | None) -> list[str]:
    """What is out of the ordinary. usual: what was done to the faces of most pictures."""
    plain = picture.done == usual and len(picture.faces) == picture.taken > 0
    return [*([picture.summary()] if picture.searched and not plain else []), *_notes(picture)]


def _notes(picture: PictureReport) -> list[str]:
    return [f"face {face.index} {face.note}" for face in picture.faces if face.note and not face.skipped]


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
    pictures = "picture" if len(numbers) == 1 else "pictures"
    return f"{pictures} {', '.join(named)}" + (f" and {more} more" if more else "")
