"""Where the result of each picture goes."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Literal, Protocol, TypeVar

from ..errors import GPENError
from ..image import EXTENSIONS, FoundPicture
from ..video import CONTAINERS

Format = Literal["png", "jpeg"]
_SUFFIX: dict[Format, str] = {"png": ".png", "jpeg": ".jpg"}
_FORMAT_OF: dict[str, Format] = {".png": "png", ".jpg": "jpeg", ".jpeg": "jpeg"}
_NOT_WRITTEN = (
    *CONTAINERS,
    ".gif",
    ".heic",
    ".heif",
    ".avif",
    ".jxl",
    ".jp2",
    ".psd",
)  # a folder of such a name is a mistake


class Planned(Protocol):
    """A file to read, and all files that may be written for it."""

    @property
    def source(self) -> Path: ...

    @property
    def result(self) -> Path: ...

    @property
    def files(self) -> tuple[Path, ...]: ...


AnyTarget = TypeVar("AnyTarget", bound=Planned)


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
    if output.suffix.lower() in EXTENSIONS + _NOT_WRITTEN and not output.is_dir():
        return [_single_target(pictures, output, format)]
    chosen = format or "png"
    return without_collisions(
        pictures,
        lambda picture: output / picture.subfolder / picture.path.stem,
        lambda picture, path: Target(picture.path, path.with_name(path.name + _SUFFIX[chosen]), chosen),
    )


def plan_beside(pictures: Sequence[FoundPicture], ending: str) -> list[Target]:
    """One PNG beside each picture, of its name and `ending`; as with `plan_targets` none over another."""
    return without_collisions(
        pictures,
        lambda picture: picture.path.with_name(picture.path.stem + ending),
        lambda picture, path: Target(picture.path, path.with_name(path.name + _SUFFIX["png"]), "png"),
    )


def file_key(path: Path) -> str:
    """The same for all ways to name a file; Windows and macOS take names that differ in case for the same one."""
    return os.path.realpath(path).casefold()


def without_collisions(
    found: Sequence[FoundPicture],
    place: Callable[[FoundPicture], Path],
    target: Callable[[FoundPicture, Path], AnyTarget],
) -> list[AnyTarget]:
    """One target for each file found, none over another or another's source.

    place: the path of its result without its suffix. target: the target of such a path.
    """
    sources = {file_key(each.path) for each in found}
    taken: set[str] = set()
    targets: list[AnyTarget] = []
    for each in found:
        path, own = place(each), {file_key(each.path)}
        names = (path.name + ("" if number == 1 else f"_{number}") for number in count(1))
        planned = (target(each, path.with_name(name)) for name in names)
        chosen = next(one for one in planned if not _keys(one) & taken and not (_keys(one) - own) & sources)
        taken |= _keys(chosen)
        targets.append(chosen)
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


def _keys(target: Planned) -> set[str]:
    return {file_key(path) for path in target.files}
