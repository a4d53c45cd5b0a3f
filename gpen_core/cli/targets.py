"""Where the result of each picture goes."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Literal

from ..errors import GPENError
from ..image import EXTENSIONS, FoundPicture

Format = Literal["png", "jpeg"]
_SUFFIX: dict[Format, str] = {"png": ".png", "jpeg": ".jpg"}
_FORMAT_OF: dict[str, Format] = {".png": "png", ".jpg": "jpeg", ".jpeg": "jpeg"}


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


def plan_targets(pictures: Sequence[FoundPicture], output: Path, format: Format | None) -> list[Target]:
    """One target for each picture; no two write the same file, and none writes over another's source.

    output: a folder, or for a single picture also a file name ending in .png, .jpg or .jpeg. format: None takes the
    ending of that file name, and PNG for folders. Pictures of the same name keep it, followed by _2, _3 ..
    Raises GPENError when one file is to take several pictures, or has an ending that is not written.
    """
    suffix = output.suffix.lower()
    if suffix in EXTENSIONS and not output.is_dir():
        return [_single_target(pictures, output, format)]
    chosen = format or "png"
    sources = {_key(picture.path) for picture in pictures}
    taken: set[str] = set()
    targets = []
    for picture in pictures:
        names = (picture.path.stem + ("" if number == 1 else f"_{number}") for number in count(1))
        folder = output / picture.subfolder
        planned = (Target(picture.path, folder / (name + _SUFFIX[chosen]), chosen) for name in names)
        own = {_key(picture.path)}
        target = next(each for each in planned if not _files(each) & taken and not (_files(each) - own) & sources)
        taken |= _files(target)
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


def _files(target: Target) -> set[str]:
    """Keys of all that is written."""
    return {_key(path) for path in (target.result, target.comparison)}


def _key(path: Path) -> str:
    """The same for all ways to name a file; Windows and macOS take names that differ in case for the same one."""
    return os.path.realpath(path).casefold()
