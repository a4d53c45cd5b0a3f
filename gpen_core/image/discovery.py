"""Files and folders given by the user -> the pictures in them."""

from __future__ import annotations

import logging
import os
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from .heif import Kind, missing
from .picture import PictureError

logger = logging.getLogger(__name__)

_OPTIONAL: dict[str, Kind] = {".heic": "heic", ".heif": "heic", ".hif": "heic", ".avif": "avif"}
EXTENSIONS = (".jpg", ".jpeg", ".jfif", ".png", ".tif", ".tiff", ".webp", ".bmp", *_OPTIONAL)
# Pictures that people keep in folders and that cannot be read: named where they are passed over.
_RAW = (".3fr", ".arw", ".cr2", ".cr3", ".dng", ".erf", ".nef", ".nrw", ".orf", ".pef", ".raf", ".rw2", ".srw", ".x3f")
_OTHER_PICTURES = (*_RAW, ".exr", ".gif", ".jp2", ".jxl", ".pbm", ".pgm", ".ppm", ".psb", ".psd", ".tga", ".xcf")


@dataclass(frozen=True)
class FoundPicture:
    """A picture to read, and where its result belongs.

    subfolder: of the folder that was searched, relative to it; Path(".") for pictures at its top or named themselves.
    """

    path: Path
    subfolder: Path


def find_pictures(
    inputs: Iterable[str | Path],
    recursive: bool,
    passed_over: Callable[[str], None] | None = None,
    also: tuple[str, ...] = (),
) -> list[FoundPicture]:
    """The pictures named by `inputs`, in that order; those of a folder in natural order (2 before 10), each once.

    A file is taken whatever its name; of a folder those with one of EXTENSIONS, hidden ones left out; with
    `recursive` also those in folders below, links to folders left out. Other kinds of pictures in a folder, and HEIC
    and AVIF where the package that reads them is missing, are passed over with a warning that counts them.
    also: endings (".mp4") of files that are no pictures, and are found like them.
    passed_over: told of each folder below that cannot be listed; without it such a folder is an error.
    Raises PictureError for an input that does not exist, a folder without pictures, or one that cannot be listed.
    """
    found: dict[str, FoundPicture] = {}
    for given in map(Path, inputs):
        for picture in _pictures_of(given, recursive, passed_over, also):
            found.setdefault(os.path.realpath(picture.path), picture)  # Path.resolve fails on a link to itself
    return list(found.values())


def _pictures_of(
    given: Path, recursive: bool, passed_over: Callable[[str], None] | None, also: tuple[str, ...]
) -> list[FoundPicture]:
    if not given.exists():
        raise PictureError(
            f"There is no file or folder {given}.\nCheck the spelling; relative paths start at {Path.cwd()}."
        )
    if not given.is_dir():
        return [FoundPicture(given, Path())]
    readable = {suffix for suffix in EXTENSIONS if suffix not in _OPTIONAL or missing(_OPTIONAL[suffix]) is None}
    readable |= set(also)
    paths: list[Path] = []
    notes: list[str] = []
    for folder, names in _walk(given, recursive, passed_over):
        paths += (folder / name for name in names if _suffix(name) in readable)
        notes += _note(folder, Counter(_suffix(name) for name in names if _suffix(name) not in readable))
    if not paths:
        advice = "" if recursive else "\nPictures in folders below it are found when the search is recursive."
        raise PictureError(
            "\n".join([f"There are no pictures in the folder {given}.", *notes, f"Accepted: {', '.join(EXTENSIONS)}."])
            + advice
        )
    for note in notes:
        logger.warning("%s", note)
    paths.sort(key=lambda path: _natural_key(path.relative_to(given)))
    return [FoundPicture(path, path.parent.relative_to(given)) for path in paths]


def _suffix(name: str) -> str:
    return Path(name).suffix.lower()


def _note(folder: Path, unread: Counter[str]) -> list[str]:
    """One line about the pictures of a folder that are passed over, by kind, or none."""
    pictures = sorted(suffix for suffix in unread if suffix in _OPTIONAL or suffix in _OTHER_PICTURES)
    if not pictures:
        return []
    counted = ", ".join(f"{unread[suffix]} {suffix}" for suffix in pictures)
    kinds: dict[Kind, None] = dict.fromkeys(_OPTIONAL[suffix] for suffix in pictures if suffix in _OPTIONAL)
    advice = [text for text in map(missing, kinds) if text]
    if any(suffix in _OTHER_PICTURES for suffix in pictures):
        advice.append("Convert what cannot be read to PNG, TIFF or JPEG.")
    return [f"Passed over in {folder}: {counted}. {' '.join(advice)}"]


def _walk(folder: Path, recursive: bool, passed_over: Callable[[str], None] | None) -> Iterator[tuple[Path, list[str]]]:
    """Each folder with the names of its files, hidden ones left out."""

    def cannot_list(error: OSError) -> None:
        text = f"The folder {error.filename} cannot be listed: {error.strerror}."
        if passed_over is None or Path(error.filename) == folder:
            raise PictureError(text) from error
        passed_over(text)

    for parent, folders, names in os.walk(folder, onerror=cannot_list):
        folders[:] = [name for name in folders if recursive and not name.startswith(".")]
        yield Path(parent), [name for name in names if not name.startswith(".")]


def _natural_key(path: Path) -> tuple[tuple[tuple[tuple[int, int, str], ...], str], ...]:
    """Folder by folder, numbers by value, letters without case; the exact name settles ties."""
    return tuple((_natural_parts(part), part) for part in path.parts)


def _natural_parts(name: str) -> tuple[tuple[int, int, str], ...]:
    return tuple(
        (0, int(piece), "") if piece.isdecimal() else (1, 0, piece.casefold())
        for piece in re.split(r"(\d+)", name)
        if piece
    )
