"""Where the result of each picture goes."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
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
# A folder of such a name is a mistake.
_NOT_WRITTEN = (*CONTAINERS, ".gif", ".heic", ".heif", ".avif", ".jxl", ".jp2", ".psd")


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
    """A picture to read, and the file to write.

    key: what journals and shards call the picture: its path relative to the folder that was searched, with slashes;
        the same wherever that folder is mounted, and another for every picture of a run.
    """

    source: Path
    result: Path
    format: Format
    key: str

    @property
    def comparison(self) -> Path:
        """File for the before | after picture."""
        return self.result.with_name(f"{self.result.stem}_compare{self.result.suffix}")

    @property
    def files(self) -> tuple[Path, Path]:
        """All that may be written for the picture."""
        return self.result, self.comparison

    def written(self, compare: bool) -> tuple[Path, ...]:
        """What is written for the picture, with or without the comparison."""
        return self.files if compare else (self.result,)


def plan_targets(
    pictures: Sequence[FoundPicture], output: Path, format: Format | None, kept: Mapping[str, str] | None = None
) -> list[Target]:
    """One target for each picture; no two write the same file, and none writes over another's source.

    output: a folder, or for a single picture also a file name ending in .png, .jpg or .jpeg. format: None takes the
    ending of that file name, and PNG for folders. Pictures of the same name keep it, followed by _2, _3 ..; names that
    differ in case or Unicode form alone count as the same, because Windows and macOS take them for one file.
    kept: results that pictures have from earlier runs, relative to the folder, by the picture's key: they stay, those
        of pictures that are not there any more too.
    Raises GPENError when one file is to take several pictures, has an ending that is not written, or is a pattern.
    """
    if any(character in str(output) for character in "*?"):
        raise GPENError(f"{output} is a pattern; one folder, or one file for one picture, is to be written.")
    if is_file_name(output):
        return [_single_target(pictures, output, format)]
    chosen = format or "png"

    keys = picture_keys(pictures)

    def place(picture: FoundPicture) -> Path:
        return output / picture.subfolder / picture.path.stem

    def target(picture: FoundPicture, path: Path) -> Target:
        return Target(picture.path, path.with_name(path.name + _SUFFIX[chosen]), chosen, keys[picture])

    earlier = {picture: (kept or {}).get(key) for picture, key in keys.items()}
    settled = {
        picture: Target(picture.path, output / name, chosen, keys[picture])
        for picture, name in earlier.items()
        if name is not None and name.endswith(_SUFFIX[chosen])
    }
    present = set(keys.values())
    reserved = [output / name for key, name in (kept or {}).items() if key not in present]
    return without_collisions(pictures, place, target, settled, reserved)


def is_file_name(output: Path) -> bool:
    """Whether what is to be written is meant as a file, not as a folder."""
    return output.suffix.lower() in EXTENSIONS + _NOT_WRITTEN and not output.is_dir()


def plan_beside(pictures: Sequence[FoundPicture], ending: str) -> list[Target]:
    """One PNG beside each picture, of its name and `ending`; as with `plan_targets` none over another."""
    keys = picture_keys(pictures)
    return without_collisions(
        pictures,
        lambda picture: picture.path.with_name(picture.path.stem + ending),
        lambda picture, path: Target(picture.path, path.with_name(path.name + _SUFFIX["png"]), "png", keys[picture]),
    )


class FileKeys:
    """Gives the same key for all ways to name a file. Links are followed once for each folder.

    Windows and macOS take names that differ in case for the same one, macOS also an accented letter as one character
    or as two.
    """

    def __init__(self) -> None:
        self._folders: dict[str, str] = {}

    def __call__(self, path: Path) -> str:
        """The key of a path."""
        folder, name = os.path.split(path)
        if name in ("", os.curdir, os.pardir) or os.path.islink(path):
            return _folded(os.path.realpath(path))
        if folder not in self._folders:
            self._folders[folder] = os.path.realpath(folder)
        return _folded(os.path.join(self._folders[folder], name))


def _folded(path: str) -> str:
    return unicodedata.normalize("NFC", path).casefold()


def picture_keys(pictures: Sequence[FoundPicture]) -> dict[FoundPicture, str]:
    """`Target.key` of each: of several with the same relative path, in several folders, the later ones are numbered."""
    keys: dict[FoundPicture, str] = {}
    taken: set[str] = set()
    for picture in pictures:
        relative = (picture.subfolder / picture.path.name).as_posix()
        keys[picture] = next(key for key in _numbered(relative, "#") if key not in taken)
        taken.add(keys[picture])
    return keys


def without_collisions(
    found: Sequence[FoundPicture],
    place: Callable[[FoundPicture], Path],
    target: Callable[[FoundPicture, Path], AnyTarget],
    settled: Mapping[FoundPicture, AnyTarget] | None = None,
    reserved: Iterable[Path] = (),
) -> list[AnyTarget]:
    """One target for each file found, none over another or another's source.

    place: the path of its result without its suffix. target: the target of such a path. settled: targets that stay.
    reserved: files that are not to be written though nothing that was found leads to them.
    """
    key = FileKeys()
    sources = {key(each.path) for each in found}
    kept = settled or {}
    taken = {key(path) for one in kept.values() for path in one.files} | set(map(key, reserved))
    targets: list[AnyTarget] = []
    for each in found:
        chosen = kept.get(each)
        if chosen is None:
            path, own = place(each), {key(each.path)}
            planned = (target(each, path.with_name(name)) for name in _numbered(path.name, "_"))
            options = ((one, {key(path) for path in one.files}) for one in planned)
            chosen, keys = next((one, keys) for one, keys in options if not keys & taken and not (keys - own) & sources)
            taken |= keys
        targets.append(chosen)
    return targets


def _numbered(name: str, mark: str) -> Iterator[str]:
    """name, name_2, name_3 .. with the mark "_"."""
    return (name if number == 1 else f"{name}{mark}{number}" for number in count(1))


def _single_target(pictures: Sequence[FoundPicture], output: Path, format: Format | None) -> Target:
    written = _FORMAT_OF.get(output.suffix.lower())
    if written is None:
        raise GPENError(f"{output.name}: results are written as PNG or JPEG.\nEnd the name in .png or .jpg.")
    if len(pictures) > 1:
        raise GPENError(f"{output} is one file, but there are {len(pictures)} pictures.\nGive a folder to -o.")
    if format is not None and written != format:
        raise GPENError(f"{output.name} does not end as a {format.upper()} file should.\nLeave --format out.")
    return Target(pictures[0].path, output, written, pictures[0].path.name)
