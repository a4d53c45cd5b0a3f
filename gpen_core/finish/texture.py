"""Sharpness and grain of a restored face as in the picture around it, so that it does not look pasted.

A restored face is sharp to the last pixel and free of grain; a photo is neither. Both are measured on the picture's own
pixels, at the size at which the face is seen. The grain given back is the picture's own, never made up.
"""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from ..image.luma import luma
from ..image.warp import Pixels, Plane

# Sharpness: how much steeper the strongest edges are after a narrow blur than after a wide one says how wide they were.
_NARROW, _WIDE = 0.7, 1.4  # px
_STRONGEST = 0.04  # of the pixels: those where the edges are looked for
_FAINTEST = 0.01  # steepness per px of an edge that says anything
_SOFTENING = 0.7  # of the difference in sharpness: a restored face may stay a little crisper than its picture
_MOST_SOFTENING = 1.0  # px; more would undo the restoration

# Grain: what a narrow blur takes away where the picture is flat.
_GRAIN = 1.2  # px
_FLATNESS = 2.0  # px: of the blur whose steepness says where it is flat
_FLATTEST = 0.4  # of the pixels
_FEWEST = 64  # pixels a median can be trusted on
_TO_SIGMA = 1.4826  # median of absolute values -> standard deviation, of a normal distribution
_STRONGEST_GRAIN = 3.0  # standard deviations: what is stronger is no grain but an edge
_NO_GRAIN = 0.5 / 255.0  # less is rounding


def match_texture(restored: Pixels, surrounding: Pixels, inside: Plane) -> Pixels:
    """The restored face no sharper than its picture and with the same grain; all (H, W, 3) RGB in [0, 1].

    restored: the face at the pixels of its picture. surrounding: the picture before, face included. inside: (H, W),
    above 0.5 where the restored face is shown. Where the face is sharp and grainy enough it comes back bit-identical;
    a grey face in a grey picture stays exactly grey.
    """
    return match_grain(match_sharpness(restored, surrounding, inside), surrounding, inside)


def match_sharpness(restored: Pixels, surrounding: Pixels, inside: Plane) -> Pixels:
    """The restored face, blurred by 1 px at most if its edges are sharper than any of the surrounding picture."""
    own = edge_width(luma(restored), inside > 0.5)
    others = edge_width(luma(surrounding), np.ones(inside.shape, bool))
    if own is None or others is None or others <= own:
        return restored
    sigma = min(_SOFTENING * math.sqrt(others**2 - own**2), _MOST_SOFTENING)
    return _blur(restored, sigma)


def match_grain(restored: Pixels, surrounding: Pixels, inside: Plane) -> Pixels:
    """The restored face with as much of the picture's own grain as it lacks.

    The level is that of the picture around the face; where there is none, that of the face as it was.
    """
    light = luma(surrounding)
    shown = inside > 0.5
    around = shown if np.count_nonzero(~shown) * _FLATTEST < _FEWEST else ~shown
    wanted = grain_level(light, around)
    own = grain_level(luma(restored), shown)
    if wanted <= max(own, _NO_GRAIN):
        return restored
    residual = light - _blur(light, _GRAIN)
    limit = _STRONGEST_GRAIN * wanted
    grain = limit * np.tanh(residual / limit)
    available = grain_level(light, shown)
    share = min(math.sqrt(wanted**2 - own**2) / max(available, _NO_GRAIN), 1.0)
    return (restored + share * grain[..., None]).astype(np.float32, copy=False)


def edge_width(light: Plane, where: NDArray[np.bool_]) -> float | None:
    """Sigma, px, of the blur in the strongest edges of a luma plane (H, W); None where there are none.

    A step blurred by sigma is 1 / sqrt(sigma^2 + s^2) steep at its middle after a further blur of s, so the ratio of
    two such blurs gives sigma.
    """
    narrow, wide = _steepness(_blur(light, _NARROW)), _steepness(_blur(light, _WIDE))
    where = where & (wide > _FAINTEST)
    if np.count_nonzero(where) < _FEWEST:
        return None
    edges = where & (wide >= np.quantile(wide[where], 1.0 - _STRONGEST))
    ratio = float(np.square(narrow[edges]).sum() / np.square(wide[edges]).sum())
    return math.sqrt(max(_WIDE**2 - ratio * _NARROW**2, 0.0) / max(ratio - 1.0, 1e-3))


def grain_level(light: Plane, where: NDArray[np.bool_]) -> float:
    """Standard deviation of the grain of a luma plane (H, W), from the flattest of the pixels `where`."""
    if np.count_nonzero(where) < _FEWEST:
        return 0.0
    steepness = _steepness(_blur(light, _FLATNESS))
    flat = where & (steepness <= np.quantile(steepness[where], _FLATTEST))
    return float(np.median(np.abs(light - _blur(light, _GRAIN))[flat])) * _TO_SIGMA


def _steepness(plane: Plane) -> Plane:
    across, down = (cv2.Sobel(plane, cv2.CV_32F, dx, dy, scale=1 / 8) for dx, dy in ((1, 0), (0, 1)))
    return cv2.magnitude(across, down).astype(np.float32, copy=False)


def _blur(values: NDArray[np.float32], sigma: float) -> NDArray[np.float32]:
    return cv2.GaussianBlur(values, (0, 0), sigma).astype(np.float32, copy=False)
