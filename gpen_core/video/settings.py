"""What a user can set for a clip, beside the settings of its faces."""

from __future__ import annotations

from dataclasses import dataclass

from ..errors import GPENError
from ..settings import RestoreSettings


@dataclass(frozen=True)
class VideoSettings:
    """Settings of `restore_frames` that pictures do not have.

    temporal: how steady faces are made in time, 0 to 100; 0 restores each frame by itself, bit for bit as `restore`
        does.
    look_ahead: s, how far into the clip is looked before a frame is given back; bounds the memory it takes.
    """

    temporal: float = 80.0
    look_ahead: float = 1.0

    def __post_init__(self) -> None:
        if not 0.0 <= self.temporal <= 100.0:
            raise GPENError(f"temporal must be 0 to 100, got {self.temporal}.")
        if not 0.2 <= self.look_ahead <= 10.0:
            raise GPENError(f"look_ahead must be 0.2 to 10 s, got {self.look_ahead}.")


def require_for_clips(settings: RestoreSettings) -> None:
    """Raises GPENError for settings that only pictures can have."""
    if settings.scope != "faces":
        raise GPENError(
            f"scope {settings.scope} is for pictures: in a clip faces are restored, and nothing else.\n"
            "Set scope to faces."
        )
    if settings.identity > 0.0:
        raise GPENError(
            "identity is kept in pictures; in a clip it would change the strength from frame to frame.\n"
            "Set identity to 0, and strength lower instead."
        )
    if settings.lens != "none":
        raise GPENError("A lens is corrected in pictures, not in clips.\nSet lens to none.")
