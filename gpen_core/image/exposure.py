"""Exposure: one smooth curve on luminance that helps dark, backlit and faded pictures and leaves all others alone.

Brightness here is luminance encoded as sRGB, 0 to 1. All limits were chosen on 1,100 well-exposed faces and the same
faces 1 to 3 stops darker and with 0.7 and 0.5 of their contrast.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..progress import Progress, part_of, silent
from .bands import bands
from .colour import fit_gamut, linear_to_srgb, luminance, srgb_to_linear
from .warp import Pixels, Plane

# Judged by the brightest parts of a face (teeth, eyes, shine), not by its skin: skin may be of any tone, and a dark
# face in good light must stay as dark as it is. 98th percentile of the face: 0.50 or more in good light, in the middle
# 0.43 two and 0.30 three stops darker.
_FACE_PERCENTILE = 98.0
_GOAL = 0.56  # raised towards this
_GOAL_IN_THE_DARK = 0.70  # and to this where nothing else in the picture is bright either
# 99th percentile of the whole picture: 0.60 or more in good light, 0.54 at most two stops darker. Not dark at all,
# surely dark; wide, so that the correction sets in gradually.
_DARK_PICTURE = (0.60, 0.42)
_KEPT_DARKNESS = 0.2  # of the distance to the goal: the darker picture stays the darker one
_MOST_LIFT = 3.0  # slope in black less 1: two stops, more would show mainly noise

# A faded picture has neither black nor white: 0.5th and 99.5th percentile of the whole picture.
_FADED_BLACK = (0.12, 0.24)
_FADED_RANGE = (0.74, 0.50)
_SOFTNESS = 0.05  # of the ends of the stretched range

_FACE_CORE = 0.3  # of the way from the border of the face's region to its middle: the background must not count
_MEASURED, _DONE = 30, 100  # how far the work is after its stages, about, in hundredths


@dataclass(frozen=True)
class _Curve:
    """Brightness 0 to 1 -> brightness 0 to 1, smooth and rising, 0 and 1 kept.

    stretch: share, 0 to 1, of the stretch of (black, white) to the whole range. lift: slope in black less 1, of what
    follows.
    """

    stretch: float
    black: float
    white: float
    lift: float = 0.0

    def __call__(self, brightness: Tensor) -> Tensor:
        wide = self._integral(brightness)
        first, last = self._integral(torch.tensor([0.0, 1.0], dtype=brightness.dtype))
        stretched = brightness + self.stretch * ((wide - first) / (last - first) - brightness)
        return (1.0 + self.lift) * stretched / (1.0 + self.lift * stretched)

    def _integral(self, x: Tensor) -> Tensor:
        """Of a box from black to white with soft edges: flat, then rising, then flat."""
        softplus = torch.nn.functional.softplus
        return softplus((x - self.black) / _SOFTNESS) - softplus((x - self.white) / _SOFTNESS)

    @property
    def changes(self) -> bool:
        return self.stretch > 0.0 or self.lift > 0.0


def correct_exposure(picture: Pixels, face_region: Plane | None = None, progress: Progress = silent) -> Pixels:
    """Brighten a dark or backlit picture and give a faded one its black and white back, as far as it needs it.

    picture: (H, W, 3) float32 RGB in [0, 1]. face_region: (H, W), 0.5 or more on the faces, which are then what is
    exposed for; None or empty: the whole picture is. progress: called with hundredths of the work, for every megapixel;
    an exception it raises stops the work.
    Only luminance changes: hue stays, grey stays grey. The correction sets in gradually; a well-exposed picture comes
    back with the same values.
    """
    rgb = torch.from_numpy(np.ascontiguousarray(picture)).permute(2, 0, 1)
    height, width = picture.shape[:2]
    measuring, applying = part_of(progress, 0, _MEASURED, _DONE), part_of(progress, _MEASURED, _DONE, _DONE)
    brightness = torch.cat([_brightness(srgb_to_linear(rgb[:, band])) for band in bands(height, width, measuring)], 1)
    curve = _curve(brightness[0].numpy(), face_region)
    if not curve.changes:
        return picture.copy()
    result = np.empty(picture.shape, np.float32)
    for band in bands(height, width, applying):
        result[band] = _apply(curve, rgb[:, band]).permute(1, 2, 0).numpy()
    return result


def _apply(curve: _Curve, rgb: Tensor) -> Tensor:
    linear = srgb_to_linear(rgb.clamp(0.0, 1.0))
    before = luminance(linear)
    after = srgb_to_linear(curve(linear_to_srgb(before)))
    return linear_to_srgb(fit_gamut(linear * (after / before.clamp(min=1e-6)))).clamp(0.0, 1.0)


def _brightness(linear: Tensor) -> Tensor:
    return linear_to_srgb(luminance(linear))


def _curve(brightness: NDArray[np.float32], face_region: Plane | None) -> _Curve:
    black, bright, white = (float(value) for value in np.percentile(brightness, (0.5, 99.0, 99.5)))
    faded = _ramp(black, *_FADED_BLACK) * _ramp(white - black, *_FADED_RANGE)
    stretch = _Curve(faded, black, white)
    face = _face_pixels(brightness, face_region)
    judged = bright if face is None else float(np.percentile(face, _FACE_PERCENTILE))
    judged, bright = stretch(torch.tensor([judged, bright], dtype=torch.float64)).tolist()
    return _Curve(faded, black, white, _lift(judged, bright))


def _lift(judged: float, bright: float) -> float:
    """How much the curve must lift for what is `judged` in a picture with highlights as `bright`."""
    goal = _GOAL + _ramp(bright, *_DARK_PICTURE) * (_GOAL_IN_THE_DARK - _GOAL)
    wanted = goal - _KEPT_DARKNESS * (goal - judged)
    if wanted <= judged or judged <= 0.0:
        return 0.0
    return min((wanted - judged) / (judged * (1.0 - wanted)), _MOST_LIFT)


def _face_pixels(brightness: NDArray[np.float32], face_region: Plane | None) -> NDArray[np.float32] | None:
    """Brightness of the inner part of the faces, None without any."""
    if face_region is None or not (face_region >= 0.5).any():
        return None
    inside = np.pad((face_region >= 0.5).astype(np.uint8), 1)
    depth = cv2.distanceTransform(inside, cv2.DIST_L2, 5)[1:-1, 1:-1]
    return brightness[depth >= _FACE_CORE * depth.max()]


def _ramp(value: float, none: float, full: float) -> float:
    return float(np.clip((value - none) / (full - none), 0.0, 1.0))
