"""Where the result of each clip goes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ..archive.targets import without_collisions
from ..errors import GPENError
from ..image import FoundPicture
from ..video import CONTAINERS

# Clips in folders; a file that is named is taken for one by the same endings, all else for a picture.
CLIP_ENDINGS = (
    *CONTAINERS,
    *(".avi", ".wmv", ".flv", ".mpg", ".mpeg", ".m2v", ".ts", ".mts", ".m2ts", ".3gp", ".ogv", ".vob", ".mxf"),
)
_HOLDS_EVERYTHING = ".mkv"  # for clips from files of a kind that is not written


@dataclass(frozen=True)
class ClipTarget:
    """A clip to read, and the file to write."""

    source: Path
    result: Path

    @property
    def comparison(self) -> Path:
        """File for the before | after clip."""
        return self.result.with_name(f"{self.result.stem}_compare{self.result.suffix}")

    @property
    def files(self) -> tuple[Path, Path]:
        """All that may be written for the clip."""
        return self.result, self.comparison


def plan_clip_targets(clips: Sequence[FoundPicture], output: Path) -> list[ClipTarget]:
    """One target for each clip, as `plan_targets` does for pictures.

    output: a folder, or for a single clip also a file name ending as one of `CONTAINERS`. In folders clips keep their
    ending where such files are written, else they become .mkv.
    Raises GPENError when one file is to take several clips, or has another ending of a clip.
    """
    ending = output.suffix.lower()
    if not output.is_dir() and ending in CLIP_ENDINGS:
        if ending not in CONTAINERS:
            raise GPENError(
                f"{output.name}: clips are not written as {ending}.\nEnd the name in {', '.join(CONTAINERS)}."
            )
        if len(clips) > 1:
            raise GPENError(f"{output} is one file, but there are {len(clips)} clips.\nGive a folder to -o.")
        return [ClipTarget(clips[0].path, output)]
    return without_collisions(clips, lambda clip: output / clip.subfolder / clip.path.stem, _target)


def _target(clip: FoundPicture, path: Path) -> ClipTarget:
    ending = clip.path.suffix.lower()
    return ClipTarget(clip.path, path.with_name(path.name + (ending if ending in CONTAINERS else _HOLDS_EVERYTHING)))
