"""Where the result of each picture goes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ..errors import GPENError
from ..image import FoundPicture

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
    """One target for each picture, all different.

    output: a folder, or for a single picture also a file name ending in .png, .jpg or .jpeg. format: None takes the
    ending of that file name, and PNG for folders. Two pictures that differ only in their ending keep it in the name.
    Raises GPENError when one file is to take several pictures.
    """
    suffix = output.suffix.lower()
    if suffix in _FORMAT_OF and not output.is_dir():
        if len(pictures) > 1:
            raise GPENError(f"{output} is one file, but there are {len(pictures)} pictures.\nGive a folder to -o.")
        if format is not None and _FORMAT_OF[suffix] != format:
            raise GPENError(f"{output.name} does not end as a {format.upper()} file should.\nLeave --format out.")
        return [Target(pictures[0].path, output, _FORMAT_OF[suffix])]
    chosen = format or "png"
    stems = [_key(output / picture.subfolder / picture.path.stem) for picture in pictures]
    targets = []
    for picture, stem in zip(pictures, stems, strict=True):
        name = picture.path.stem
        if stems.count(stem) > 1:
            name = f"{name}_{picture.path.suffix.lstrip('.').lower()}"
        targets.append(Target(picture.path, output / picture.subfolder / (name + _SUFFIX[chosen]), chosen))
    return targets


def _key(path: Path) -> str:
    return str(path).casefold()  # Windows and macOS take names that differ in case for the same file
