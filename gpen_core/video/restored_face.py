"""A face of a frame on its way to being pasted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic

from ..faces.face import FaceCrop
from ..image.warp import Plane
from .sightings import AnyFrame


@dataclass(frozen=True, eq=False)
class RestoredFace:
    """original: its crop as cut out; the index of its face is the number of its track. finished: the same restored.

    opacity: how much of the restoration is to be seen, 0 to 1. fade: as of `SteadyFace`. keep: as of `FinishedCrop`.
    """

    original: FaceCrop
    finished: FaceCrop
    opacity: float
    fade: float
    keep: Plane | None = None

    @property
    def number(self) -> int:
        """Of its track."""
        return self.original.face.index


@dataclass(frozen=True, eq=False)
class RestoredFrame(Generic[AnyFrame]):
    """A frame and what is to be pasted into it. begins_shot: as of `Seen`. error: why nothing is, None as a rule."""

    frame: AnyFrame
    faces: tuple[RestoredFace, ...]
    begins_shot: bool
    error: str | None = None
