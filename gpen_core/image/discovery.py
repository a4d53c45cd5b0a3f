"""Files and folders given by the user -> the pictures in them."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from .picture import PictureError

EXTENSIONS = (".jpg", ".jpeg", ".jfif", ".png", ".tif", ".tiff", ".webp", ".bmp")


@dataclass(frozen=True)
class FoundPicture:
    """A picture to read, and where its result belongs.

    subfolder: of the folder that was searched, relative to it; Path(".") for pictures at its top or named themselves.
    """

    path: Path
    subfolder: Path


def find_pictures(
    inputs: Iterable[str | Path], recursive: bool, passed_over: Callable[[str], None] | None = None
) -> list[FoundPicture]:
    """The pictures named by `inputs`, in that order; those of a folder in natural order (2 before 10), each once.

    A file is taken whatever its name; of a folder those with one of EXTENSIONS, hidden ones left out; with
    `recursive` also those in folders below, links to folders left out. passed_over: told of each folder below that
    cannot be listed; without it such a folder is an error.
    Raises PictureError for an input that does not exist, a folder without pictures, or one that cannot be listed.
    """
    found: dict[str, FoundPicture] = {}
    for given in map(Path, inputs):
        for picture in _pictures_of(given, recursive, passed_over):
            found.setdefault(os.path.realpath(picture.path), picture)  # Path.resolve fails on a link to itself
    return list(found.values())


def _pictures_of(given: Path, recursive: bool, passed_over: Callable[[str], None] | None) -> list[FoundPicture]:
    if not given.exists():
        raise PictureError(
            f"There is no file or folder {given}.\nCheck the spelling; relative paths start at {Path.cwd()}."
        )
    if not given.is_dir():
        return [FoundPicture(given, Path())]
    paths = sorted(_walk(given, recursive, passed_over), key=lambda path: _natural_key(path.relative_to(given)))
    if not paths:
        advice = "" if recursive else "\nPictures in folders below it are found when the search is recursive."
        raise PictureError(f"There are no pictures in the folder {given}.\nAccepted: {', '.join(EXTENSIONS)}.{advice}")
    return [FoundPicture(path, path.parent.relative_to(given)) for path in paths]


def _walk(folder: Path, recursive: bool, passed_over: Callable[[str], None] | None) -> Iterator[Path]:
    def cannot_list(error: OSError) -> None:
        text = f"The folder {error.filename} cannot be listed: {error.strerror}."
        if passed_over is None or Path(error.filename) == folder:
            raise PictureError(text) from error
        passed_over(text)

    for parent, folders, names in os.walk(folder, onerror=cannot_list):
        folders[:] = [name for name in folders if recursive and not name.startswith(".")]
        for name in names:
            if Path(name).suffix.lower() in EXTENSIONS and not name.startswith("."):
                yield Path(parent, name)


def _natural_key(path: Path) -> tuple[tuple[tuple[tuple[int, int, str], ...], str], ...]:
    """Folder by folder, numbers by value, letters without case; the exact name settles ties."""
    return tuple((_natural_parts(part), part) for part in path.parts)


def _natural_parts(name: str) -> tuple[tuple[int, int, str], ...]:
    return tuple(
        (0, int(piece), "") if piece.isdecimal() else (1, 0, piece.casefold())
        for piece in re.split(r"(\d+)", name)
        if piece
    )
