"""The pictures a command is to work on."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ..errors import GPENError
from ..image import FoundPicture, PictureError, find_pictures


@dataclass(frozen=True)
class InputProblem:
    """What is wrong with an input, or with a folder below it."""

    given: Path
    text: str

    @property
    def entry(self) -> dict[str, str]:
        """As reports have it."""
        return {"input": str(self.given), "error": self.text}


def collect_pictures(
    inputs: Sequence[Path], recursive: bool, output: Path | None, also: tuple[str, ...] = ()
) -> tuple[list[FoundPicture], list[InputProblem]]:
    """The pictures of all inputs, each once, and what is wrong with the inputs and folders that gave none.

    Patterns such as *.jpg are expanded, which Windows leaves to the program. Pictures below `output` are left out when
    that folder lies within an input: they are results of an earlier run.
    also: as of `find_pictures`.
    Raises GPENError when no input gave a picture, or `output` is one of the folders to read.
    """
    for given in inputs:
        if output is not None and given.is_dir() and os.path.realpath(given) == os.path.realpath(output):
            raise GPENError(
                f"{output} is the folder that is read: what is written there would be read the next time.\n"
                f"Choose another folder, such as {output / 'restored'}."
            )
    found: dict[str, FoundPicture] = {}
    problems: list[InputProblem] = []
    for given in inputs:
        below: list[str] = []
        try:
            pictures = find_pictures(_expand(given), recursive, below.append, also)
        except PictureError as error:
            below.append(str(error))
            pictures = []
        problems += (InputProblem(given, text) for text in below)
        for picture in pictures:
            if not _is_earlier_result(picture.path, given, output):
                found.setdefault(os.path.realpath(picture.path), picture)
    if not found:
        raise GPENError(
            "\n".join(problem.text for problem in problems) or "All pictures found are results of an earlier run."
        )
    return list(found.values()), problems


def _expand(given: Path) -> list[Path]:
    if given.exists() or not any(character in given.name for character in "*?["):
        return [given]
    return sorted(given.parent.glob(given.name)) or [given]


def _is_earlier_result(picture: Path, given: Path, output: Path | None) -> bool:
    if output is None or not given.is_dir():
        return False
    inside = output.resolve()
    return inside != given.resolve() and inside in Path(os.path.realpath(picture)).parents
