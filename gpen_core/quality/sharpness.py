"""How much real detail a face holds, whatever its size in pixels."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from ..image.colour import REC709
from ..image.luma import luma
from ..image.warp import Pixels
from .region import SIDE

_FACE = (slice(112, 496), slice(64, 448))  # of the crop: a square with the face and little else
# Cycles per px between which power is averaged: coarse shapes first, the finest the crop can hold last.
_RINGS = (0.01, 0.02, 0.04, 0.06, 0.09, 0.12, 0.17, 0.25, 0.35, 0.50)
MIDDLES = (np.array(_RINGS[:-1]) + np.array(_RINGS[1:])) / 2
# What cubic interpolation (a = -0.75) leaves of power at a frequency, cycles per px of the coarser grid (Keys, 1981).
_CUBIC = (0.0, 0.25, 0.375, 0.5, 0.625, 0.75), (1.0, 0.97, 0.65, 0.24, 0.03, 0.0)
ROUNDING = 1.0 / 12.0 / 255.0**2  # power of rounding to 8 bits, without which float pictures would read softer
_CLEAN = 1.0  # levels of noise that a sharp picture without any may read
_LEFT_OVER = 0.05  # of the noise: its power is not known better than that
_IN_LUMA = sum(weight**2 for weight in REC709)  # power of noise that the channels do not share

# log2 of the finest detail's size in crop px, as a weighted sum of log10 of the rings' power. The weights add up to 0:
# contrast does not matter. Fitted by tools/measure/calibrate_sharpness.py.
_BIAS = -2.059
_WEIGHTS = (0.883, 0.967, -1.024, -0.236, -0.017, -0.218, -0.373, -0.771, 0.788)
_COARSEST = 5.0  # octaves; what is softer still all looks alike

# Of the power of grain: less in all, and it hides the detail; less still, and there is more grain than detail.
_HIDING, _DROWNING = 4.0, 2.0
_NEVER_HIDDEN = 3  # rings: shapes that no grain is as large as


def real_detail(crop: Pixels, scale: float, noise: float = 0.0, grain: NDArray[np.float64] | None = None) -> float:
    """Pixels of real detail across an aligned (SIDE, SIDE, 3) crop: the side at which a sharp crop holds as much.

    scale: crop px per picture px; a crop cannot hold more detail than the picture has pixels there.
    noise: standard deviation in a channel of the picture, levels; its power is taken off.
    grain: its power in each ring, where there is any: what it hides is guessed from what it does not.
    Good to half an octave, worse beside grain. Noise that has been through JPEG passes for detail.
    """
    power = max(noise**2 - _CLEAN**2, 0.0) / 255.0**2 * _IN_LUMA * scale**2
    noise_powers = power * after_enlarging(scale)
    powers = ring_powers(crop)
    detail = _read(_without(powers, noise_powers), scale)
    return detail if grain is None else min(detail, _beside_grain(powers, grain, scale))


def _read(powers: NDArray[np.float64], scale: float) -> float:
    octaves = min(_BIAS + float(np.dot(_WEIGHTS, np.log10(powers + ROUNDING))), _COARSEST)
    return SIDE / max(2.0**octaves, scale, 1.0)


def _without(powers: NDArray[np.float64], noise: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.maximum(powers - noise, _LEFT_OVER * noise)


def _beside_grain(powers: NDArray[np.float64], grain: NDArray[np.float64], scale: float) -> float:
    """The reading of powers that grain hides from some ring on: as if they fell off as those before do.

    Nothing is as fine as the ring from which grain is stronger than all else.
    """
    rings = np.arange(len(powers))
    hidden = rings[(powers < _HIDING * grain) & (rings >= _NEVER_HIDDEN)]
    if len(hidden) == 0:
        return SIDE
    left, first = np.log10(_without(powers, grain) + ROUNDING), hidden[0]
    before = slice(first - 2, first)
    slope, start = np.polyfit(np.log10(MIDDLES[before]), left[before], 1)
    left[first:] = np.minimum(start + slope * np.log10(MIDDLES[first:]), left[first - 1])
    drowned = rings[(powers < _DROWNING * grain) & (rings >= _NEVER_HIDDEN)]
    most = SIDE * 2.0 * _RINGS[drowned[0]] if len(drowned) else SIDE
    return min(_read(10.0**left, scale), most)


def after_enlarging(scale: float) -> NDArray[np.float64]:
    """What the crop keeps of power in each ring, (9,). scale: crop px per picture px."""
    return np.interp(MIDDLES * max(scale, 1.0), *_CUBIC)


def ring_powers(crop: Pixels) -> NDArray[np.float64]:
    """Power per px of the face in each ring of the spectrum, (9,)."""
    plane = luma(crop)[_FACE].astype(np.float64)
    window, ring = _window_and_rings(plane.shape[0])
    spectrum = np.fft.fft2((plane - plane.mean()) * window)
    power = np.bincount(ring.ravel(), (spectrum.real**2 + spectrum.imag**2).ravel(), len(_RINGS) + 1)
    mean = power / np.bincount(ring.ravel(), minlength=len(_RINGS) + 1) / (window**2).sum()
    return mean[1:-1]


@cache
def _window_and_rings(side: int) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
    """A window that fades to nothing at the border, and the number of the ring of each frequency; (side, side)."""
    fade = np.hanning(side)
    frequency = np.fft.fftfreq(side)
    return np.outer(fade, fade), np.digitize(np.hypot(frequency[:, None], frequency), _RINGS)
