"""Blind degradation of a sharp face: what happens to faces in old, small, noisy or badly stored pictures.

    y = enlarge( JPEG( shrink( blur(x) ) + noise ) ), now and then on a grey or faded picture

after the degradation model of the GPEN paper (Yang et al., CVPR 2021, eq. 4), with motion blur, grey and faded pictures
added. Severity is one number drawn per picture, from nearly clean to beyond recognition, so that the network also
learns to leave good pictures alone.
"""

from __future__ import annotations

import cv2
import numpy as np
from cv2.typing import MatLike
from numpy.typing import NDArray

Picture = NDArray[np.uint8]

SIDE = 512  # px, of the sharp pictures the ranges below are meant for


def degrade(picture: Picture, size: int, rng: np.random.Generator) -> tuple[Picture, Picture]:
    """A pair for training from one sharp (512, 512, 3) uint8 RGB face.

    Returns (degraded, target), both (size, size, 3) uint8 RGB. The target of a faded picture is the unfaded one; the
    target of a grey picture is grey.
    """
    if rng.random() < 0.05:
        picture = _eight_bit(cv2.cvtColor(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB))
    target = _eight_bit(cv2.resize(picture, (size, size), interpolation=cv2.INTER_AREA))
    if rng.random() < 0.04:
        picture = _fade(picture, rng)
    severity = rng.uniform(0.0, 1.0)
    small = _shrink(_blur(picture, severity, rng), severity, rng)
    small = _compress(_add_noise(small, severity, rng), severity, rng)
    return _eight_bit(cv2.resize(small, (size, size), interpolation=cv2.INTER_CUBIC)), target


def _blur(picture: Picture, severity: float, rng: np.random.Generator) -> Picture:
    """Gaussian blur of sigma 0 to 5 px, or motion blur along a line of up to 25 px."""
    if rng.random() < 0.08:
        return _eight_bit(cv2.filter2D(picture, -1, _motion_kernel(int(3 + 22 * severity * rng.random()), rng)))
    sigma = rng.uniform(0.0, 0.5 + 4.5 * severity)
    return _eight_bit(cv2.GaussianBlur(picture, (0, 0), sigma)) if sigma > 0.2 else picture


def _motion_kernel(length: int, rng: np.random.Generator) -> NDArray[np.float32]:
    kernel = np.zeros((length, length), np.float32)
    kernel[length // 2] = 1.0
    centre = ((length - 1) / 2.0, (length - 1) / 2.0)
    turned = cv2.warpAffine(kernel, cv2.getRotationMatrix2D(centre, rng.uniform(0, 180), 1.0), (length, length))
    return (turned / max(float(turned.sum()), 1e-6)).astype(np.float32)


def _shrink(picture: Picture, severity: float, rng: np.random.Generator) -> Picture:
    """To 1/1.3 of the side at severity 0, 1/10 at severity 1, with a factor of 1.35 of chance either way."""
    factor = 1.3 * (10.0 / 1.3) ** severity * 1.35 ** rng.uniform(-1.0, 1.0)
    side = max(round(SIDE / max(factor, 1.0)), 40)
    methods = (cv2.INTER_AREA, cv2.INTER_AREA, cv2.INTER_LINEAR, cv2.INTER_CUBIC)
    return _eight_bit(cv2.resize(picture, (side, side), interpolation=methods[rng.integers(len(methods))]))


def _add_noise(picture: Picture, severity: float, rng: np.random.Generator) -> Picture:
    """Gaussian noise of sigma 0 to 25 levels, in each channel or the same in all, sometimes like photon noise."""
    sigma = rng.uniform(0.0, 5.0 + 20.0 * severity)
    shape = picture.shape if rng.random() < 0.8 else (*picture.shape[:2], 1)
    noise = rng.standard_normal(shape, np.float32) * np.float32(sigma)
    values = picture.astype(np.float32)
    if rng.random() < 0.2:
        noise = noise * np.sqrt(values / 128.0)
    return np.clip(values + noise + 0.5, 0, 255).astype(np.uint8)


def _compress(picture: Picture, severity: float, rng: np.random.Generator) -> Picture:
    """JPEG of quality 20 to 95; one picture in eight is not compressed."""
    if rng.random() < 0.125:
        return picture
    quality = int(rng.uniform(85.0 - 65.0 * severity, 96.0))
    _, data = cv2.imencode(".jpg", picture[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
    decoded = cv2.imdecode(data, cv2.IMREAD_COLOR)
    assert decoded is not None  # what was just encoded
    return _eight_bit(np.ascontiguousarray(decoded[:, :, ::-1]))


def _fade(picture: Picture, rng: np.random.Generator) -> Picture:
    """Less contrast, lifted shadows, and a cast towards yellow or magenta, as old prints have."""
    contrast = rng.uniform(0.5, 0.9)
    cast = np.array([rng.uniform(0, 20), rng.uniform(-10, 10), rng.uniform(-20, 0)])
    return np.clip((picture.astype(np.float32) - 128.0) * contrast + 128.0 + cast, 0, 255).astype(np.uint8)


def _eight_bit(result: MatLike) -> Picture:
    """OpenCV returns the type it was given, but does not say so."""
    return result.astype(np.uint8, copy=False)
