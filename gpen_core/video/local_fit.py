"""Smoothing of samples in time that leads and lags nowhere: a polynomial fitted around each moment.

With equal steps this is the filter of Savitzky and Golay (1964) with a Gaussian window; the fit (locally weighted
regression; Cleveland, 1979) also serves gaps, uneven steps and both ends.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float64]

_FOR_LINE, _FOR_PARABOLA = 3, 4  # samples; through fewer it would pass exactly, and take nothing off the noise
_REACH = 3.0  # widths of the Gaussian
_NO_WEIGHT = 1e-6


def fit_at(moment: float, times: Samples, values: Samples, width: float) -> tuple[Samples, float]:
    """The smoothed value at `moment`, and the variance that white noise of variance 1 leaves in it.

    times: (N,), N > 0, any unit. values: (N, D). width: standard deviation of the Gaussian window.
    """
    offset = times - moment
    weights = np.maximum(np.exp(-0.5 * np.square(offset / width)), _NO_WEIGHT)
    near = int(np.count_nonzero(np.abs(offset) <= _REACH * width))
    degree = 2 if near >= _FOR_PARABOLA else 1 if near >= _FOR_LINE else 0
    powers = np.vander(offset / width, degree + 1, increasing=True)
    weighted = powers * weights[:, None]
    share = np.linalg.lstsq(powers.T @ weighted, weighted.T, rcond=None)[0][0]
    return share @ values, float(np.square(share).sum())


def noise_of(values: Samples) -> Samples:
    """Standard deviation (D,) of the noise of (N, D) samples in equal steps, from third differences.

    Those of any parabola are 0, of white noise their variance is 20 times its own.
    """
    if len(values) < 4:
        return np.zeros(values.shape[1])
    differences = np.abs(np.diff(values, 3, axis=0))
    return np.median(differences, axis=0) * (1.4826 / np.sqrt(20.0))
