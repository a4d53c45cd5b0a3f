"""Bringing any picture to one size, so that the same settings give the same result on all of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..errors import GPENError
from ..message import Message
from .resample import resize
from .warp import Pixels

SHORT_SIDE = 1024  # px
MAX_LONG_SIDE = 4096  # px


@dataclass(frozen=True, eq=False)
class Standardised:
    """A picture at its standard size.

    pixels: (h, w, 3) float32 RGB in [0, 1]. scale: its size / the size it had. note: what the user should know, or
    None.
    """

    pixels: Pixels
    scale: float
    note: str | None


def standardise(picture: Pixels, short_side: int = SHORT_SIDE, max_long_side: int = MAX_LONG_SIDE) -> Standardised:
    """Resize a (H, W, 3) float32 RGB picture so that its short side is `short_side` px, ratio kept, values in [0, 1].

    Lanczos when it is enlarged, antialiased bicubic when it is reduced; a picture of that size keeps its values bit for
    bit. Where the long side would exceed `max_long_side` px it is brought to that instead, and the note says so.
    Raises GPENError for sizes below 1 px or a long side below the short one.
    """
    if short_side < 1 or max_long_side < short_side:
        raise GPENError(
            f"max_long_side must be no smaller than short_side, and that at least 1 px, got {max_long_side} and "
            f"{short_side}."
        )
    height, width = picture.shape[:2]
    scale, note = short_side / min(height, width), None
    if max(height, width) * scale > max_long_side:
        note = Message(
            "the long side would be {long_side} px: limited to {cap} px, so the short side is {short_side} px",
            long_side=round(max(height, width) * scale),
            cap=max_long_side,
            short_side=_scaled(min(height, width), max_long_side / max(height, width)),
        )
        scale = max_long_side / max(height, width)
    pixels = resize(np.clip(picture, 0.0, 1.0), _scaled(height, scale), _scaled(width, scale))
    return Standardised(pixels, scale, note)


def _scaled(side: int, scale: float) -> int:
    return max(round(side * scale), 1)
