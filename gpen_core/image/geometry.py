"""Where things lie: transforms between pictures and crops, and rectangles of pixels.

Convention: points are (x, y) in pixels, pixel centres at integers; transforms are (2, 3), source -> target, named after
both frames.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Transform = NDArray[np.float64]


def apply(transform: Transform, points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Transform (N, 2) points."""
    return points @ transform[:, :2].T + transform[:, 2]


def invert(transform: Transform) -> Transform:
    """The transform back."""
    linear: Transform = np.linalg.inv(transform[:, :2]).astype(np.float64)
    return np.column_stack([linear, -linear @ transform[:, 2]])


def compose(first: Transform, then: Transform) -> Transform:
    """One transform that does `first`, then `then`."""
    return np.column_stack([then[:, :2] @ first[:, :2], then[:, :2] @ first[:, 2] + then[:, 2]])


def scale_of(transform: Transform) -> float:
    """Target pixels per source pixel of a similarity."""
    return math.sqrt(abs(float(np.linalg.det(transform[:, :2]))))


def pixel_scaling(across: float, down: float) -> Transform:
    """The transform of a resized picture's pixels, centres at integers: edges, not centres, stay in place."""
    return np.array([[across, 0.0, (across - 1.0) / 2.0], [0.0, down, (down - 1.0) / 2.0]])


def shift(x: float, y: float) -> Transform:
    """The transform that moves points by (x, y)."""
    return np.array([[1.0, 0.0, x], [0.0, 1.0, y]])


@dataclass(frozen=True)
class Region:
    """A rectangle of pixels: rows top to bottom (exclusive), columns left to right (exclusive)."""

    top: int
    bottom: int
    left: int
    right: int

    @property
    def height(self) -> int:
        return self.bottom - self.top

    @property
    def width(self) -> int:
        return self.right - self.left

    @property
    def slices(self) -> tuple[slice, slice]:
        return slice(self.top, self.bottom), slice(self.left, self.right)

    def overlaps(self, other: Region) -> bool:
        rows = self.top < other.bottom and other.top < self.bottom
        return rows and self.left < other.right and other.left < self.right

    def union(self, other: Region) -> Region:
        return Region(
            min(self.top, other.top),
            max(self.bottom, other.bottom),
            min(self.left, other.left),
            max(self.right, other.right),
        )

    def within(self, other: Region) -> tuple[slice, slice]:
        """This region as slices of an array that covers `other`."""
        rows = slice(self.top - other.top, self.bottom - other.top)
        return rows, slice(self.left - other.left, self.right - other.left)


def crop_region(image_to_crop: Transform, size: int, height: int, width: int) -> Region:
    """The part of a height x width picture that a crop of `size` px touches; empty when it lies outside."""
    low, high = _extent(image_to_crop, size, size)
    left, top = np.floor(low).astype(int)
    right, bottom = np.ceil(high).astype(int) + 1
    left, right = np.clip((left, right), 0, width)
    top, bottom = np.clip((top, bottom), 0, height)
    return Region(int(top), int(bottom), int(left), int(right))


def seen_region(
    to_target: Transform, target: tuple[int, int], source: tuple[int, int], before: float = 0.0, after: float = 0.0
) -> Region:
    """The part of a source that a target made by `to_target` shows; at least one pixel of it.

    target, source: their height and width, px. before, after: px of the source that the part is larger, towards its
    left and top, and towards its right and bottom.
    """
    low, high = _extent(to_target, *target)
    end = np.array(source[::-1])
    left, top = low = np.clip(np.floor(low - before), 0, end - 1).astype(int)
    right, bottom = np.clip(np.ceil(high + after), low + 1, end).astype(int)
    return Region(int(top), int(bottom), int(left), int(right))


def _extent(to_target: Transform, height: int, width: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The least and the largest (x, y) in the source of the corners of a target of height x width px."""
    corners = np.array([[-0.5, -0.5], [width - 0.5, -0.5], [-0.5, height - 0.5], [width - 0.5, height - 0.5]])
    seen = apply(invert(to_target), corners)
    return seen.min(0), seen.max(0)
