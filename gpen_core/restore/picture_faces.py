"""The faces of one picture with their crops, independent of the picture's scale."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ..errors import GPENError
from ..faces.face import Face, FaceCrop
from ..faces.selection import Chosen
from ..image.geometry import Transform, apply, compose, invert, pixel_scaling

_SAME_RATIO = 0.02  # difference between the enlargements of width and height that rounding to pixels may explain ...
_ROUNDING = 2.0  # ... or this many px


@dataclass(frozen=True, eq=False)
class PictureFaces:
    """What is known of the faces of one picture.

    height, width: of the picture they were found in, px. found: all faces, with the reason where one was not taken.
    crops: of the faces taken, in the order of `found`.
    """

    height: int
    width: int
    found: tuple[Chosen, ...]
    crops: tuple[FaceCrop, ...]

    @property
    def faces(self) -> tuple[Face, ...]:
        """The faces taken."""
        return tuple(entry.face for entry in self.found if entry.skipped is None)

    def on(self, height: int, width: int) -> PictureFaces:
        """The same faces on the same picture at another size. Raises GPENError where it has other proportions."""
        if (height, width) == (self.height, self.width):
            return self
        across, down = width / self.width, height / self.height
        differs = abs(across - down) * min(self.width, self.height)
        if abs(across / down - 1.0) > _SAME_RATIO and differs > _ROUNDING:
            raise GPENError(
                f"The faces were found in a picture of {self.width}x{self.height} px; {width}x{height} px has other "
                "proportions.\nUse the same picture, at any scale, but not cropped or padded."
            )
        scale = pixel_scaling(across, down)
        return PictureFaces(
            height,
            width,
            tuple(replace(entry, face=_moved(entry.face, scale)) for entry in self.found),
            tuple(
                replace(crop, face=_moved(crop.face, scale), image_to_crop=compose(invert(scale), crop.image_to_crop))
                for crop in self.crops
            ),
        )


def _moved(face: Face, transform: Transform) -> Face:
    """The face where the transform takes it."""
    left, top, right, bottom = face.box
    (left, top), (right, bottom) = apply(transform, np.array([[left, top], [right, bottom]])).tolist()
    dense = None if face.landmarks_68 is None else apply(transform, face.landmarks_68)
    return replace(face, box=(left, top, right, bottom), landmarks=apply(transform, face.landmarks), landmarks_68=dense)
