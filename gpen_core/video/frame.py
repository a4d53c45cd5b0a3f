"""One frame of a clip, as the restoration sees it, wherever it comes from."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ..image.warp import Pixels


class Frame(Protocol):
    """number: from 0. time: s, rising from frame to frame."""

    @property
    def number(self) -> int: ...

    @property
    def time(self) -> float: ...

    def pixels(self) -> Pixels:
        """(H, W, 3) float32 RGB in [0, 1], a new array each time: frames are kept in their own, smaller form."""
        ...

    def eight_bit(self) -> NDArray[np.uint8]:
        """The same, (H, W, 3) uint8."""
        ...


class ArrayFrame:
    """A frame of a batch of pictures. values: (H, W, 3) float32 RGB in [0, 1]."""

    def __init__(self, number: int, time: float, values: Pixels) -> None:
        self.number, self.time, self._values = number, time, values

    def pixels(self) -> Pixels:
        return self._values.copy()

    def eight_bit(self) -> NDArray[np.uint8]:
        return (np.clip(self._values, 0.0, 1.0) * 255.0 + 0.5).astype(np.uint8)
