"""Upright squares around the eyes: crops for other tools and for looking at. The network gets aligned crops instead."""

from __future__ import annotations

import numpy as np

from ..image.geometry import compose, pixel_scaling, shift
from ..image.resample import resize
from ..image.warp import Pixels
from ..template import template_points
from .face import Face, FaceCrop

SQUARE = 896  # px


def eye_centred_square(face: Face | None, height: int, width: int, size: int = SQUARE) -> tuple[int, int, int, int]:
    """(x1, y1, x2, y2), px, x2 and y2 exclusive: a square of `size` px centred on the midpoint of the two eyes.

    It is shifted inside a picture of height x width px rather than padded; where the picture is smaller than the
    square, the square is the largest that fits. No face: the largest centred square.
    """
    fitting = min(height, width)
    if face is None:
        x1, y1 = (width - fitting) // 2, (height - fitting) // 2
        return x1, y1, x1 + fitting, y1 + fitting
    size = min(size, fitting)
    x, y = _between_the_eyes(face)
    x1, y1 = _start(x, size, width), _start(y, size, height)
    return x1, y1, x1 + size, y1 + size


def crop_square(picture: Pixels, face: Face | None, size: int = SQUARE, out_size: int | None = None) -> FaceCrop:
    """Cut `eye_centred_square` out of a (H, W, 3) float32 RGB picture in [0, 1] and resize it to `out_size` px.

    out_size: None leaves the pixels as they are. Without a face the crop holds one of score 0 whose landmarks are where
    a face that fills the square would have them.
    """
    x1, y1, x2, y2 = eye_centred_square(face, picture.shape[0], picture.shape[1], size)
    side = x2 - x1
    target = side if out_size is None else out_size
    pixels = resize(np.ascontiguousarray(picture[y1:y2, x1:x2]), target, target)
    scale = target / side
    transform = compose(shift(-x1, -y1), pixel_scaling(scale, scale))
    if face is None:
        landmarks = template_points(side) + (x1, y1)
        face = Face(box=(float(x1), float(y1), float(x2), float(y2)), landmarks=landmarks, score=0.0)
    return FaceCrop(face=face, pixels=pixels, image_to_crop=transform)


def _between_the_eyes(face: Face) -> tuple[int, int]:
    """Of the landmarks 36 to 47 of 68 where there are any: both eyes have six."""
    eyes = face.landmarks[:2] if face.landmarks_68 is None else face.landmarks_68[36:48]
    x, y = eyes.mean(axis=0)
    return round(float(x)), round(float(y))


def _start(centre: int, size: int, limit: int) -> int:
    return min(max(centre - size // 2, 0), limit - size)
