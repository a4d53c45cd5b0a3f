"""Where the result of each picture goes."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Literal

from ..errors import GPENError
from ..image import EXTENSIONS, FoundPicture

Format = Literal["png", "jpeg"]
_SUFFIX: dict[Format, str] = {"png": ".png", "jpeg": ".jpg"}
_FORMAT_OF: dict[str, Format] = {".png": "png", ".jpg": "jpeg", ".jpeg": "jpeg"}
_OTHER_PICTURES = (".gif", ".heic", ".heif", ".avif", ".jxl", ".jp2", ".psd")  # a folder of such a name is a mistake


@dataclass(frozen=True)
class Target:
    """A picture to read, and the file to write."""

    source: Path
    result: Path
    format: Format

    @property
    def comparison(self) -> Path:
        """File for the before | after picture."""
        return self.result.with_name(f"{self.result.stem}_compare{self.result.suffix}")

    @property
    def files(self) -> tuple[Path, Path]:
        """All that may be written for the picture."""
        return self.result, self.comparison


def plan_targets(pictures: Sequence[FoundPicture], output: Path, format: Format | None) -> list[Target]:
    """One target for each picture; no two write the same file, and none writes over another's source.

    output: a folder, or for a single picture also a file name ending in .png, .jpg or .jpeg. format: None takes the
    ending of that file name, and PNG for folders. Pictures of the same name keep it, followed by _2, _3 ..
    Raises GPENError when one file is to take several pictures, has an ending that is not written, or is a pattern.
    """
    if any(character in str(output) for character in "*?"):
        raise GPENError(f"{output} is a pattern; one folder, or one file for one picture, is to be written.")
    if output.suffix.lower() in EXTENSIONS + _OTHER_PICTURES and not output.is_dir():
        return [_single_target(pictures, output, format)]
    chosen = format or "png"
    return _without_collisions(pictures, chosen, lambda picture: output / picture.subfolder / picture.path.stem)


def plan_beside(pictures: Sequence[FoundPicture], ending: str) -> list[Target]:
    """One PNG beside each picture, of its name and `ending`; as with `plan_targets` none over another."""
    return _without_collisions(pictures, "png", lambda picture: picture.path.with_name(picture.path.stem + ending))


def file_key(path: Path) -> str:
    """The same for all ways to name a file; Windows and macOS take names that differ in case for the same one."""
    return os.path.realpath(path).casefold()


def _without_collisions(
    pictures: Sequence[FoundPicture], format: Format, place: Callable[[FoundPicture], Path]
) -> list[Target]:
    """place: the path of a picture's result without its suffix."""
    sources = {file_key(picture.path) for picture in pictures}
    taken: set[str] = set()
    targets: list[Target] = []
    for picture in pictures:
        path = place(picture)
        names = (path.name + ("" if number == 1 else f"_{number}") for number in count(1))
        planned = (Target(picture.path, path.with_name(name + _SUFFIX[format]), format) for name in names)
        own = {file_key(picture.path)}
        target = next(each for each in planned if not _keys(each) & taken and not (_keys(each) - own) & sources)
        taken |= _keys(target)
        targets.append(target)
    return targets


def _single_target(pictures: Sequence[FoundPicture], output: Path, format: Format | None) -> Target:
    written = _FORMAT_OF.get(output.suffix.lower())
    if written is None:
        raise GPENError(f"{output.name}: results are written as PNG or JPEG.\nEnd the name in .png or .jpg.")
    if len(pictures) > 1:
        raise GPENError(f"{output} is one file, but there are {len(pictures)} pictures.\nGive a folder to -o.")
    if format is not None and written != format:
        raise GPENError(f"{output.name} does not end as a {format.upper()} file should.\nLeave --format out.")
    return Target(pictures[0].path, output, written)


def _keys(target: Target) -> set[str]:
    return {file_key(path) for path in target.files}
