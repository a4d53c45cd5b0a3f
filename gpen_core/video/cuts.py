"""Where one shot of a clip ends and the next begins."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

_SIDE = 48  # px of the copy that is compared
_BINS = 16  # of each channel's histogram
_BLUR = 1.5  # px of the copy: what moves a little is not another shot
_FLAT = 4.0  # levels; contrast below it is noise
# Distance of two frames from which they are two shots. In six clips with fast heads, a walking person and a moving
# camera neighbours differ by at most 0.30, frames of different clips by at least 1.08.
_THRESHOLD = 0.6

_Look = tuple[NDArray[np.float64], NDArray[np.float32]]


class CutDetector:
    """Told one frame after the other, says which begin a new shot."""

    def __init__(self) -> None:
        self._last: _Look | None = None

    def begins_shot(self, picture: NDArray[np.uint8]) -> bool:
        """Whether a (H, W, 3) uint8 frame belongs to another shot than the one told before; the first one does."""
        before, self._last = self._last, _look(picture)
        return before is None or _distance(before, self._last) > _THRESHOLD


def _look(picture: NDArray[np.uint8]) -> _Look:
    """Histogram of the colours, and the small grey picture with its light and contrast taken out."""
    small = cv2.resize(picture, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA)
    counts = [np.histogram(small[..., channel], _BINS, (0, 256))[0] for channel in range(3)]
    grey = cv2.GaussianBlur(cv2.cvtColor(small, cv2.COLOR_RGB2GRAY).astype(np.float32), (0, 0), _BLUR)
    return np.concatenate(counts) / (3 * _SIDE**2), ((grey - grey.mean()) / (grey.std() + _FLAT)).astype(np.float32)


def _distance(first: _Look, second: _Look) -> float:
    """Share of the pixels that changed colour, 0 to 1, plus one less the correlation of the structure, 0 to 2."""
    colours = 0.5 * float(np.abs(first[0] - second[0]).sum())
    return colours + 0.5 * float(np.square(first[1] - second[1]).mean())
