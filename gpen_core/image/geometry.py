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
    corners = np.array([[-0.5, -0.5], [size - 0.5, -0.5], [-0.5, size - 0.5], [size - 0.5, size - 0.5]])
    corners = apply(invert(image_to_crop), corners)
    left, top = np.floor(corners.min(0)).astype(int)
    right, bottom = np.ceil(corners.max(0)).astype(int) + 1
    left, right = np.clip((left, right), 0, width)
    top, bottom = np.clip((top, bottom), 0, height)
    return Region(int(top), int(bottom), int(left), int(right))
