"""Where a face lies, judged by its five landmarks: its upright window for a network, its size, its box.

Convention: points are (x, y) in pixels, pixel centres at integers.
"""

from __future__ import annotations

import cv2
import numpy as np

from ..image.geometry import Transform, apply, compose, invert, pixel_scaling, scale_of, seen_region, shift
from ..template import template_points
from .aligned_crop import image_to_crop
from .detector import Picture
from .face import Points

# In the FFHQ template of 512 px: the square window shown to the landmark network, from brow to chin with some context.
_FRAME = 512
WINDOW_CENTRE = (256.0, 300.0)
WINDOW_SIDE = 400.0
# In the same frame: mean centre, width and height of YuNet's boxes of 984 aligned faces.
_BOX_CENTRE = (256.0, 274.0)
_BOX_SIZE = (276.0, 366.0)
# The left eye is the right eye of the mirrored face, and so on.
_MIRRORED = (1, 0, 2, 4, 3)
# A window much smaller than its place in the picture is cut from a copy of that place reduced by area.
_REDUCE_BELOW = 0.8


def image_to_window(points: Points, size: int) -> Transform:
    """The similarity that brings the face of (5, 2) landmarks upright into a window of `size` px."""
    left, top = ((WINDOW_SIDE - 1) / 2 - centre for centre in WINDOW_CENTRE)
    upright = compose(image_to_crop(points, _FRAME, "ffhq"), shift(left, top))
    return compose(upright, pixel_scaling(size / WINDOW_SIDE, size / WINDOW_SIDE))


def cut_window(picture: Picture, image_to_window: Transform, size: int) -> Picture:
    """The (size, size, 3) window of a (H, W, 3) uint8 picture, without aliasing; beyond its border the edge repeats."""
    scale = scale_of(image_to_window)
    margin = 2 / scale + 2  # of the window's pixels, for the interpolation
    region = seen_region(image_to_window, (size, size), picture.shape[:2], margin, margin)
    part, window = picture[region.slices], compose(shift(region.left, region.top), image_to_window)
    if scale < _REDUCE_BELOW:
        copy_scale = scale / _REDUCE_BELOW
        copy_size = max(1, round(part.shape[1] * copy_scale)), max(1, round(part.shape[0] * copy_scale))
        across, down = part.shape[1] / copy_size[0], part.shape[0] / copy_size[1]
        part = cv2.resize(part, copy_size, interpolation=cv2.INTER_AREA)
        window = compose(pixel_scaling(across, down), window)
    cut = cv2.warpAffine(part, window, (size, size), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return cut.astype(np.uint8, copy=False)


def face_size(points: Points) -> float:
    """Side of the square as large as the face's box, px."""
    return float(np.sqrt(_BOX_SIZE[0] * _BOX_SIZE[1]) / scale_of(image_to_crop(points, _FRAME, "ffhq")))


def face_box(points: Points) -> tuple[float, float, float, float]:
    """The box (x1, y1, x2, y2) of the face of (5, 2) landmarks, px; its sides do not turn with the face."""
    matrix = image_to_crop(points, _FRAME, "ffhq")
    x, y = apply(invert(matrix), np.array(_BOX_CENTRE))
    half_width, half_height = np.array(_BOX_SIZE) / (2 * scale_of(matrix))
    return float(x - half_width), float(y - half_height), float(x + half_width), float(y + half_height)


def box_landmarks(box: tuple[float, float, float, float]) -> Points:
    """(5, 2) landmarks, px, of an upright average face with the box (x1, y1, x2, y2), whatever its proportions."""
    points = template_points(_FRAME, "ffhq")
    scale = np.sqrt((box[2] - box[0]) * (box[3] - box[1]) / (_BOX_SIZE[0] * _BOX_SIZE[1]))
    centre = np.array([box[0] + box[2], box[1] + box[3]]) / 2
    return (points - _BOX_CENTRE) * scale + centre


def mirror_points(points: Points, width: int) -> Points:
    """Five landmarks (..., 5, 2) of a picture mirrored left to right, in order as seen in the mirrored one."""
    return (points * (-1.0, 1.0) + (width - 1.0, 0.0))[..., _MIRRORED, :]
