"""How far the colour of a face's skin has moved."""

from __future__ import annotations

import numpy as np

from ..faces.face import Face
from ..finish.skin import skin_mask
from ..image.warp import Plane
from .levels import Levels, check_same_size

Shift = tuple[float, float, float]

_LEAST_SKIN = 1e-3  # share of the picture


def skin_of(true: Levels, face: Face) -> Plane | None:
    """How much each pixel of a (H, W, 3) uint8 picture is skin of the face, (H, W) in [0, 1]; None without any."""
    skin = skin_mask((true / np.float32(255.0)).astype(np.float32), face)
    return None if float(skin.mean()) < _LEAST_SKIN else skin


def skin_shift(true: Levels, picture: Levels, skin: Plane) -> Shift:
    """What a picture adds to the mean red, green and blue of the true one's skin, in levels of 255.

    Both (H, W, 3) uint8. Raises GPENError for pictures of different sizes.
    """
    check_same_size(true, picture)
    change = (picture.astype(np.float64) - true) * skin[..., None]
    red, green, blue = change.sum(axis=(0, 1)) / float(skin.sum(dtype=np.float64))
    return float(red), float(green), float(blue)
