"""What is known about a face in a picture, and the crop cut out for it.

Convention: points are (x, y) in pixels, pixel centres at integers; a transform is a (2, 3) float64 matrix named after
both frames (`image_to_crop` takes image pixels to crop pixels).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..image.geometry import Transform
from ..image.warp import Pixels

Points = NDArray[np.float64]

# Of the 68 points of the iBUG 300-W scheme: the outline of each eye, the tip of the nose, the corners of the mouth.
_EYES_68 = (slice(36, 42), slice(42, 48))
_NOSE_68, _MOUTH_68 = 30, (48, 54)


@dataclass(frozen=True, eq=False)
class Face:
    """One detected face.

    box: (x1, y1, x2, y2), px.
    landmarks: (5, 2), px: left eye, right eye, tip of the nose, left and right corner of the mouth, as seen in the
        picture.
    score: the detector's confidence, 0 to 1.
    landmarks_68: (68, 2), px, iBUG 300-W order, where the detector gives them.
    yaw, pitch, roll: degrees; yaw > 0 turned towards the right of the picture, pitch > 0 looking down, roll > 0
        clockwise.
    sharpness: px of real detail across an aligned 512 px crop, None where it was not measured.
    index: number of the face in its picture, from 0, left to right, then top to bottom.
    """

    box: tuple[float, float, float, float]
    landmarks: Points
    score: float
    landmarks_68: Points | None = None
    yaw: float = 0.0
    pitch: float = 0.0
    roll: float = 0.0
    sharpness: float | None = None
    index: int = 0

    @property
    def width(self) -> float:
        """Width of the box, px."""
        return self.box[2] - self.box[0]

    @property
    def height(self) -> float:
        """Height of the box, px."""
        return self.box[3] - self.box[1]

    @property
    def size(self) -> float:
        """Shorter side of the box, px."""
        return min(self.width, self.height)

    @property
    def centre(self) -> tuple[float, float]:
        """Centre of the box, px."""
        return (self.box[0] + self.box[2]) / 2, (self.box[1] + self.box[3]) / 2


@dataclass(frozen=True, eq=False)
class FaceCrop:
    """One aligned face: pixels (S, S, 3) float32 RGB in [0, 1] and the transform that cut it out."""

    face: Face
    pixels: Pixels
    image_to_crop: Transform

    @property
    def size(self) -> int:
        """Side of the crop, px."""
        return int(self.pixels.shape[0])


def five_points(landmarks_68: Points) -> Points:
    """The five landmarks of `Face` from 68: mean of each eye's outline, tip of the nose, corners of the mouth."""
    eyes = [landmarks_68[outline].mean(axis=0) for outline in _EYES_68]
    return np.stack([*eyes, landmarks_68[_NOSE_68], *(landmarks_68[i] for i in _MOUTH_68)])
