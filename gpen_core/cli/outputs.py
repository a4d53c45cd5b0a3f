"""Everything that a run writes, settled and checked before any work begins."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable
from pathlib import Path

from ..archive.targets import FileKeys, Planned
from ..errors import GPENError


class Outputs:
    """The files of one run: none goes over a picture that the run reads, none over another.

    read: the pictures of the run. overwrite: whether other files that exist may be replaced.
    """

    def __init__(self, read: Iterable[Path], overwrite: bool) -> None:
        self._key = FileKeys()
        self._read = {self._key(path) for path in read}
        self._overwrite = overwrite
        self._planned: dict[str, str] = {}

    def add_pictures(self, targets: Iterable[Planned], what: str, over_source: bool = False) -> None:
        """One picture for each that is read, called `what` in errors; existing ones are left to the one who writes.

        over_source: a picture may take the place of the one it is made of; `plan_targets` sees to the others.
        Raises GPENError for a picture that would go over its own source, and a folder that cannot be written to.
        """
        folders: set[Path] = set()
        for target in targets:
            if not over_source and self._key(target.result) in self._read:
                raise GPENError(
                    f"{what} would go over {target.source}, of which it is made.\nGive another folder or file name."
                )
            for path in target.files:
                self._planned[self._key(path)] = what
            folders.add(target.result.parent)
        for folder in sorted(folders):
            check_folder(folder)

    def add_file(self, path: Path, what: str, replaces: bool = False) -> None:
        """A single file beside the pictures, called `what` in errors.

        replaces: it may take the place of a file, as the report of a run that goes on does.
        Raises GPENError where it cannot be written, exists and may not be replaced, or is a file of this run.
        """
        key = self._key(path)
        if key in self._read:
            raise GPENError(f"{what} would go over {path}, one of the pictures.\nGive it another name.")
        if key in self._planned:
            raise GPENError(f"{what} would go over {self._planned[key]}: {path}.\nGive it another name.")
        try:
            exists = path.exists()
        except OSError as error:  # too long a name, or a folder that may not be looked into
            raise _cannot_be_written(path, error) from error
        if path.is_dir():
            raise GPENError(f"{path} is a folder; {what} is a file.\nAdd a file name.")
        if exists and not (replaces or self._overwrite):
            raise GPENError(f"{path} already exists.\nChoose another name, or add --overwrite.")
        check_folder(path.parent)
        self._planned[key] = what


def check_folder(folder: Path) -> None:
    """Raises GPENError unless files can be written into a folder, or into the nearest that exists, to make it there."""
    nearest = next(place for place in (folder, *folder.absolute().parents) if os.path.lexists(place))
    if not nearest.is_dir():
        raise GPENError(f"{nearest} is a file; a folder is to be written to.\nChoose another name.")
    try:
        with tempfile.TemporaryFile(dir=nearest):
            pass
    except OSError as error:
        raise _cannot_be_written(folder, error) from error


def _cannot_be_written(path: Path, error: OSError) -> GPENError:
    return GPENError(f"{path} cannot be written: {error.strerror or error}.\nChoose another name or folder.")
