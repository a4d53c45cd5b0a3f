"""Fine detail in the spectrum of a picture's luminance: how much there is, and whether it is a comb.

Spatial frequencies are radial, in cycles per pixel; Nyquist's is 0.5. The mean is taken off and a Hann window laid
over the picture, so that its borders do not count as detail.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..image.luma import luma
from .levels import Levels, Samples

_FINE = 0.125  # a quarter of Nyquist: eyelashes, hair and pores of a face of 256 px lie above it
# A pixel shuffle or a transposed convolution can leave a pattern of two pixels' period.
_COMB, _BESIDE_COMB = (0.4, np.inf), (0.2, 0.3)


def fine_energy(picture: Levels) -> float:
    """Energy above a quarter of Nyquist, squared levels of 255, of a (H, W, 3) uint8 picture."""
    return _energy(picture, (_FINE, np.inf))


def comb(picture: Levels) -> float:
    """Energy above 0.4 cycles per pixel over that from 0.2 to 0.3; of a natural picture well below 1."""
    return _energy(picture, _COMB) / max(_energy(picture, _BESIDE_COMB), np.finfo(np.float64).tiny)


def _energy(picture: Levels, band: tuple[float, float]) -> float:
    frequency, power = _power(picture)
    return float(power[(frequency > band[0]) & (frequency <= band[1])].sum() / power.size)


def _power(picture: Levels) -> tuple[Samples, NDArray[np.float64]]:
    """Radial frequency and power of each coefficient."""
    light = luma(picture.astype(np.float32)).astype(np.float64)
    height, width = light.shape
    window = np.hanning(height)[:, None] * np.hanning(width)
    spectrum = np.fft.fft2((light - light.mean()) * window)
    frequency = np.hypot(np.fft.fftfreq(height)[:, None], np.fft.fftfreq(width))
    return frequency, np.square(np.abs(spectrum))
