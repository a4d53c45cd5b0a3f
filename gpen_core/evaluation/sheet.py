"""Faces below each other, to look at."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from .cases import SHARP
from .evaluation import Seen
from .levels import Levels, sharp_at

_TILE = 512  # px at most, so that a dozen faces of 2048 px still make a picture that can be opened


def contact_sheet(seen: Mapping[str, Sequence[Seen]]) -> Levels:
    """(H, W, 3): each face degraded, restored and sharp (where known) below each other, a band for each severity."""
    bands = [_band(faces) for severity, faces in seen.items() if severity != SHARP and faces]
    return _stacked(bands, axis=0)


def _band(faces: Sequence[Seen]) -> Levels:
    return _stacked((_column(face) for face in faces), axis=1)


def _column(face: Seen) -> Levels:
    pictures = [face.degraded, face.restored, face.sharp]
    return np.concatenate([sharp_at(each, min(len(each), _TILE)) for each in pictures if each is not None])


def _stacked(pictures: Iterable[Levels], axis: int) -> Levels:
    """One after the other along an axis, smaller ones filled up with black."""
    pictures = list(pictures)
    other = max(each.shape[1 - axis] for each in pictures)
    margins = [[(0, 0), (0, 0), (0, 0)] for _ in pictures]
    for each, margin in zip(pictures, margins, strict=True):
        margin[1 - axis] = (0, other - each.shape[1 - axis])
    return np.concatenate([np.pad(each, margin) for each, margin in zip(pictures, margins, strict=True)], axis=axis)
