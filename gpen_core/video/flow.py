"""Where each point of one crop lies in the next, and how sure that is.

Dense inverse search (Kroeger et al., "Fast Optical Flow using Dense Inverse Search", ECCV 2016; OpenCV's DIS), both
ways: where the way there and back does not end where it began, something is hidden, or the flow is wrong.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from ..image.warp import Plane

Flow = NDArray[np.float32]  # (H, W, 2), px: x, y

_TOLERANCE = 0.8  # px of the reduced crops that there and back may differ


@dataclass(frozen=True, eq=False)
class Motion:
    """From one crop to another, reduced to the side of the flow. flow: (s, s, 2). sure: (s, s), 0 to 1."""

    flow: Flow
    sure: Plane

    def then(self, other: Motion) -> Motion:
        """Both after each other."""
        places = _places(self.flow)
        return Motion(
            self.flow + _sample(other.flow, places), (self.sure * _sample(other.sure, places)).astype(np.float32)
        )


class FlowEstimator:
    """Motion between crops; holds the buffers of OpenCV's estimator, so one for each thread."""

    def __init__(self) -> None:
        self._dis = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_FAST)

    def between(self, first: NDArray[np.uint8], second: NDArray[np.uint8]) -> tuple[Motion, Motion]:
        """Motion from the first to the second of two grey crops (s, s), and back."""
        there = self._calculate(first, second)
        back = self._calculate(second, first)
        return Motion(there, _sureness(there, back)), Motion(back, _sureness(back, there))

    def _calculate(self, first: NDArray[np.uint8], second: NDArray[np.uint8]) -> Flow:
        flow = self._dis.calc(first, second, np.zeros((*first.shape, 2), np.float32))
        return flow.astype(np.float32, copy=False)


def moved(pixels: NDArray[np.float32], motion: Motion) -> NDArray[np.float32]:
    """The second crop, (S, S) or (S, S, C), brought to where the first has its points.

    motion: from the first to the second.
    """
    size = pixels.shape[0]
    scale = size / motion.flow.shape[0]
    flow = cv2.resize(motion.flow, (size, size), interpolation=cv2.INTER_LINEAR) * np.float32(scale)
    return _sample(pixels, _places(flow.astype(np.float32, copy=False)), cv2.INTER_CUBIC)


def _sureness(there: Flow, back: Flow) -> Plane:
    error = there + _sample(back, _places(there))
    return np.exp(-np.square(error).sum(axis=2) / np.float32(_TOLERANCE**2)).astype(np.float32, copy=False)


def _places(flow: Flow) -> Flow:
    rows, columns = np.indices(flow.shape[:2], dtype=np.float32)
    return flow + np.stack([columns, rows], axis=2)


def _sample(values: NDArray[np.float32], places: Flow, how: int = cv2.INTER_LINEAR) -> NDArray[np.float32]:
    # One map of both coordinates beside an empty one lets OpenCV 5.0 read memory that is not its own.
    columns, rows = (np.ascontiguousarray(places[..., axis]) for axis in (0, 1))
    return cv2.remap(values, columns, rows, how, borderMode=cv2.BORDER_REPLICATE).astype(np.float32, copy=False)
