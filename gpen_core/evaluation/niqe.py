"""NIQE: how natural a picture looks, without the true one; lower is better.

Mittal, Soundararajan, Bovik, "Making a 'Completely Blind' Image Quality Analyzer", IEEE Signal Processing Letters 2013.
The statistics of pristine pictures are the authors' (niqe_pristine.md says where the file is from). As in the authors'
program every block of the judged picture counts, and the scale below is made by an antialiased bicubic reduction; as in
tables of face restoration the luminance is that of ITU-R BT.601 in 16 .. 235.
"""

from __future__ import annotations

import functools
import math
from pathlib import Path

import cv2
import numpy as np

from ..errors import GPENError
from .levels import Levels, Samples

_PRISTINE = Path(__file__).with_name("niqe_pristine.npz")
_BLOCK = 96  # px, at full scale
_LEAST_BLOCKS = 2  # a covariance needs two
LEAST_SIDE = 2 * _BLOCK
"""px, of the smallest square that can be judged."""

_WINDOW, _SIGMA = 7, 7 / 6  # px, of the local mean and deviation
_ROUNDING = 1e-9
_NEIGHBOURS = ((0, 1), (1, 0), (1, 1), (1, -1))  # rows, columns
_LUMINANCE = np.array([[65.481, 128.553, 24.966]]) / 255.0  # of RGB levels; 16 is added


def niqe(picture: Levels) -> float:
    """NIQE of a (H, W, 3) uint8 RGB picture; about 3 for good photos, more for worse ones.

    The right and lower rest beyond a multiple of 96 px is left out. Numbers of pictures of different sizes do not
    compare: take all at one size.
    Raises GPENError for a picture with fewer than two blocks of 96x96 px, or without any texture.
    """
    height, width = (side // _BLOCK for side in picture.shape[:2])
    if height * width < _LEAST_BLOCKS:
        raise GPENError(
            f"A picture of {picture.shape[1]} x {picture.shape[0]} px is too small for NIQE.\n"
            f"It needs {_LEAST_BLOCKS} blocks of {_BLOCK} x {_BLOCK} px, such as 192 x 96 px."
        )
    light = _luminance(picture[: height * _BLOCK, : width * _BLOCK])
    features = np.concatenate([_block_features(light, _BLOCK), _block_features(_halved(light), _BLOCK // 2)], axis=1)
    features = features[np.isfinite(features).all(axis=1)]  # a block of one value has no statistics
    if len(features) < _LEAST_BLOCKS:
        raise GPENError("The picture is too even for NIQE: hardly any block of 96 x 96 px has texture.")
    mean, covariance = _pristine()
    apart = features.mean(axis=0) - mean
    spread = (np.cov(features, rowvar=False) + covariance) / 2.0
    return float(np.sqrt(apart @ np.linalg.pinv(spread) @ apart))


@functools.cache
def _pristine() -> tuple[Samples, Samples]:
    """Mean (36,) and covariance (36, 36) of the features of pristine pictures."""
    with np.load(_PRISTINE) as file:
        return file["mu_pris_param"].ravel(), file["cov_pris_param"]


def _luminance(picture: Levels) -> Samples:
    light = cv2.transform(picture.astype(np.float64), _LUMINANCE).reshape(picture.shape[:2])
    return np.rint(light + 16.0)


def _halved(light: Samples) -> Samples:
    """Half the size, by the cubic kernel (a = -0.5) stretched twofold, the picture mirrored at its borders."""
    distance = np.abs(np.arange(-3.5, 4.0)) / 2.0
    near = 1.5 * distance**3 - 2.5 * distance**2 + 1.0
    far = -0.5 * distance**3 + 2.5 * distance**2 - 4.0 * distance + 2.0
    kernel = np.where(distance <= 1.0, near, far)
    kernel /= kernel.sum()
    # Of the eight taps the fourth is the anchor: a result lies between it and the fifth.
    halved = cv2.sepFilter2D(light, cv2.CV_64F, kernel, kernel, anchor=(3, 3), borderType=cv2.BORDER_REFLECT)
    return np.asarray(halved[::2, ::2], np.float64)


def _block_features(light: Samples, side: int) -> Samples:
    """(blocks, 18): the statistics of each block of side x side px."""
    normal = _contrast_normalised(light)
    rows, columns = (length // side for length in normal.shape)
    blocks = normal.reshape(rows, side, columns, side).swapaxes(1, 2).reshape(-1, side, side)
    return np.array([_features(block) for block in blocks])


def _contrast_normalised(light: Samples) -> Samples:
    """Each pixel less the mean around it, over the deviation around it (eq. 1 to 3)."""
    tap = cv2.getGaussianKernel(_WINDOW, _SIGMA, cv2.CV_64F)

    def around(values: Samples) -> Samples:
        return cv2.sepFilter2D(values, cv2.CV_64F, tap, tap, borderType=cv2.BORDER_REPLICATE).astype(np.float64)

    mean = around(light)
    deviation = np.sqrt(np.abs(around(light * light) - mean * mean))
    normal = (light - mean) / (deviation + 1.0)
    # The sign of a rounding error, which even areas consist of, would count as much as texture.
    return np.where(np.abs(normal) < _ROUNDING, 0.0, normal)


def _features(block: Samples) -> list[float]:
    """Shape and width of the values' distribution, and shape, mean and widths of the products of neighbours'."""
    shape, left, right = _asymmetric_gaussian(block)
    features = [shape, (left + right) / 2.0]
    for shift in _NEIGHBOURS:
        shape, left, right = _asymmetric_gaussian(block * np.roll(block, shift, axis=(0, 1)))
        mean = (right - left) * math.gamma(2.0 / shape) / math.gamma(1.0 / shape)
        features += [shape, mean, left, right]
    return features


def _asymmetric_gaussian(values: Samples) -> tuple[float, float, float]:
    """Shape, left and right width of an asymmetric generalised Gaussian, fitted by its moments (eq. 6 to 11).

    Lasmar et al., "Multiscale skewed heavy-tailed model for texture analysis", ICIP 2009. NaN where there is no spread.
    """
    below, above = values[values < 0], values[values > 0]
    if not len(below) or not len(above):
        return 1.0, math.nan, math.nan
    left, right = math.sqrt(np.mean(below * below)), math.sqrt(np.mean(above * above))
    skew = left / right
    ratio = float(np.mean(np.abs(values)) ** 2 / np.mean(values * values))
    ratio *= (skew**3 + 1.0) * (skew + 1.0) / (skew**2 + 1.0) ** 2
    shapes, ratios = _ratios()
    shape = float(shapes[np.argmin(np.square(ratios - ratio))])
    width = math.sqrt(math.gamma(1.0 / shape) / math.gamma(3.0 / shape))
    return shape, left * width, right * width


@functools.cache
def _ratios() -> tuple[Samples, Samples]:
    """Shapes, and the squared mean deviation over the variance that belongs to each."""
    shapes = np.arange(0.2, 10.001, 0.001)
    gamma = np.vectorize(math.gamma)
    return shapes, gamma(2.0 / shapes) ** 2 / (gamma(1.0 / shapes) * gamma(3.0 / shapes))
