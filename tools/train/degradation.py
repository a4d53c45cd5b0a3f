"""Blind degradation of a sharp face: what happens to faces in old, small, noisy or badly stored pictures.

    y = enlarge( JPEG( shrink( blur(x) ) + noise ) )

after the degradation model of the GPEN paper (Yang et al., CVPR 2021, eq. 4). Severity is one number drawn per
picture, from nearly clean to beyond recognition, so that a network also learns to leave good pictures alone. Most of
the pictures follow the equation as it stands; the others have what people's pictures have besides: small and soft
without noise, phone noise with sharpening halos, double compression, film grain, low light, faded prints, scratches
and dust, halftone, and the smear that the autoencoders of diffusion models make of small faces.

Sizes and widths are in px of a face of 512 px, whatever the size of the faces given.
"""

from __future__ import annotations

import math

import cv2
import numpy as np
from cv2.typing import MatLike
from numpy.typing import NDArray

Picture = NDArray[np.uint8]

_REFERENCE = 512.0  # px, of the face the sizes below are meant for
_SMALLEST = 40.0  # px, of a whole face


def degrade(
    picture: Picture, scale: float, size: int, rng: np.random.Generator, severest: float = 1.0
) -> tuple[Picture, Picture]:
    """A pair for training from a sharp square part (N, N, 3) uint8 RGB of a face.

    scale: side of the whole face in px of `picture`, over 512. size: px, of the pair. severest: of the severities
    drawn, from 0 to 1.
    Returns (degraded, target), both (size, size, 3) uint8 RGB. The target of a faded or scratched picture is the
    sound one; the target of a grey or sepia picture is grey or sepia.
    """
    if rng.random() < 0.08:
        picture = _without_colour(picture, rng)
    target = _resized(picture, size, cv2.INTER_AREA)
    way = _WAYS[rng.choice(len(_WAYS), p=_SHARES)]
    severity = severest * rng.beta(_MIDDLING, _MIDDLING)
    degraded = way(picture, scale, severity, rng)
    return _resized(degraded, size, _ENLARGING[rng.integers(len(_ENLARGING))]), target


def degrade_middling(picture: Picture, scale: float, size: int, rng: np.random.Generator) -> tuple[Picture, Picture]:
    """A pair as of `degrade`, after the equation alone and neither light nor beyond recognition."""
    target = _resized(picture, size, cv2.INTER_AREA)
    degraded = _as_published(picture, scale, rng.uniform(*_MIDDLE), rng)
    return _resized(degraded, size, cv2.INTER_CUBIC), target


def _as_published(picture: Picture, scale: float, severity: float, rng: np.random.Generator) -> Picture:
    if rng.random() < 0.04:
        picture = _fade(picture, rng)
    small = _shrink(_blur(picture, scale, severity, rng), scale, _factor(severity, rng), rng)
    return _compress(_add_noise(small, severity, rng), 85.0 - 65.0 * severity, rng)


def _small_and_soft(picture: Picture, scale: float, severity: float, rng: np.random.Generator) -> Picture:
    """A small face of a larger picture, or an upscaled thumbnail: strong blur, hardly any noise."""
    if rng.random() < 0.1:
        picture = _fade(picture, rng)
    sigma = rng.uniform(0.5, 1.5 + 6.5 * severity) * scale
    small = _shrink(_eight_bit(cv2.GaussianBlur(picture, (0, 0), sigma)), scale, _factor(severity, rng), rng)
    small = _add_noise(small, 0.15 * severity, rng) if rng.random() < 0.5 else small
    return _compress(small, 92.0 - 40.0 * severity, rng)


def _from_a_phone(picture: Picture, scale: float, severity: float, rng: np.random.Generator) -> Picture:
    """Low light, the camera's own smoothing and sharpening, then compressed once or twice (sent on, stored again)."""
    small = _shrink(_blur(picture, scale, 0.6 * severity, rng), scale, _factor(0.8 * severity, rng), rng)
    small = _add_colour_noise(small, severity, rng)
    if rng.random() < 0.5:
        small = _eight_bit(cv2.bilateralFilter(small, 5, 10 + 40 * severity, 2.0))
    if rng.random() < 0.6:
        small = _sharpen(small, rng.uniform(0.3, 2.0), rng.uniform(0.6, 1.6))
    small = _compress(small, 90.0 - 60.0 * severity, rng)
    if rng.random() < 0.5:
        smaller = rng.uniform(0.7, 1.0)
        small = _compress(_resized(small, max(round(smaller * len(small)), 8), cv2.INTER_AREA), 70.0, rng)
    return small


def _old_print(picture: Picture, scale: float, severity: float, rng: np.random.Generator) -> Picture:
    """Film grain or halftone, fading, scratches and dust."""
    if rng.random() < 0.5:
        picture = _fade(picture, rng)
    small = _shrink(_blur(picture, scale, 0.8 * severity, rng), scale, _factor(0.8 * severity, rng), rng)
    small = _halftone(small, rng) if rng.random() < 0.15 else _add_grain(small, severity, rng)
    if rng.random() < 0.4:
        small = _scratch(small, rng)
    return _compress(small, 92.0 - 40.0 * severity, rng)


def _generated(picture: Picture, scale: float, severity: float, rng: np.random.Generator) -> Picture:
    """A small face out of a diffusion model: its autoencoder keeps 1/8 of the side and smears what is finer."""
    small = _shrink(picture, scale, _factor(0.9 * severity, rng), rng)
    if rng.random() < 0.7:
        small = _eight_bit(cv2.medianBlur(small, 3))
    small = _eight_bit(cv2.bilateralFilter(small, 5, 20 + 60 * severity, 1.0 + 2.0 * severity))
    if rng.random() < 0.5:
        small = _warp(small, 0.8 * severity, rng)
    return _sharpen(small, rng.uniform(0.0, 1.0), 0.8)


def _untouched(picture: Picture, scale: float, severity: float, rng: np.random.Generator) -> Picture:
    return picture


_WAYS = (_as_published, _small_and_soft, _from_a_phone, _old_print, _generated, _untouched)
_SHARES = (0.62, 0.16, 0.08, 0.06, 0.04, 0.04)
_MIDDLE = 0.3, 0.7  # severities
_MIDDLING = 1.6  # both parameters of the beta distribution of severities: 1 is uniform, more favours the middle
_ENLARGING = (cv2.INTER_CUBIC,) * 6 + (cv2.INTER_LINEAR, cv2.INTER_LANCZOS4)


def _blur(picture: Picture, scale: float, severity: float, rng: np.random.Generator) -> Picture:
    """Gaussian blur of sigma 0 to 5 px, or motion blur along a line of up to 25 px."""
    if rng.random() < 0.08:
        length = max(round((3 + 22 * severity * rng.random()) * scale), 2)
        return _eight_bit(cv2.filter2D(picture, -1, _motion_kernel(length, rng), borderType=cv2.BORDER_REFLECT))
    sigma = rng.uniform(0.0, 0.5 + 4.5 * severity) * scale
    return _eight_bit(cv2.GaussianBlur(picture, (0, 0), sigma)) if sigma > 0.2 else picture


def _motion_kernel(length: int, rng: np.random.Generator) -> NDArray[np.float32]:
    kernel = np.zeros((length, length), np.float32)
    kernel[length // 2] = 1.0
    centre = ((length - 1) / 2.0, (length - 1) / 2.0)
    turned = cv2.warpAffine(kernel, cv2.getRotationMatrix2D(centre, rng.uniform(0, 180), 1.0), (length, length))
    return (turned / max(float(turned.sum()), 1e-6)).astype(np.float32)


def _factor(severity: float, rng: np.random.Generator) -> float:
    """1.3 at severity 0, 10 at severity 1, with a factor of 1.35 of chance either way."""
    return 1.3 * (10.0 / 1.3) ** severity * 1.35 ** rng.uniform(-1.0, 1.0)


def _shrink(picture: Picture, scale: float, factor: float, rng: np.random.Generator) -> Picture:
    """To 1/factor of a face of 512 px, by one of the ways programs have."""
    face = max(_REFERENCE / max(factor, 1.0), _SMALLEST)
    side = max(round(len(picture) * face / (_REFERENCE * scale)), 8)
    methods = (cv2.INTER_AREA, cv2.INTER_AREA, cv2.INTER_LINEAR, cv2.INTER_CUBIC)
    return _resized(picture, side, methods[rng.integers(len(methods))])


def _add_noise(picture: Picture, severity: float, rng: np.random.Generator) -> Picture:
    """Gaussian noise of sigma 0 to 25 levels, in each channel or the same in all, sometimes like photon noise."""
    sigma = rng.uniform(0.0, 5.0 + 20.0 * severity)
    shape = picture.shape if rng.random() < 0.8 else (*picture.shape[:2], 1)
    noise = rng.standard_normal(shape, np.float32) * np.float32(sigma)
    if rng.random() < 0.2:
        noise = noise * np.sqrt(picture / np.float32(128.0))
    return _added(picture, noise)


def _add_colour_noise(picture: Picture, severity: float, rng: np.random.Generator) -> Picture:
    """The blotches of small sensors in low light: coarse in colour, fine in luminance."""
    shape = picture.shape
    colour = cv2.GaussianBlur(rng.standard_normal(shape, np.float32), (0, 0), rng.uniform(0.7, 2.0))
    colour *= rng.uniform(0.0, 4.0 + 12.0 * severity) / max(float(colour.std()), 1e-6)
    fine = rng.standard_normal((*shape[:2], 1), np.float32) * np.float32(rng.uniform(0.0, 3.0 + 12.0 * severity))
    return _added(picture, colour + fine)


def _add_grain(picture: Picture, severity: float, rng: np.random.Generator) -> Picture:
    """Film grain: luminance only, coarser than a pixel, strongest in the middle tones."""
    grain = cv2.GaussianBlur(rng.standard_normal(picture.shape[:2], np.float32), (0, 0), rng.uniform(0.4, 1.3))
    grain *= rng.uniform(2.0, 6.0 + 18.0 * severity) / max(float(grain.std()), 1e-6)
    tone = picture.mean(axis=2, dtype=np.float32) / 255.0
    return _added(picture, (grain * (0.5 + 2.0 * tone * (1.0 - tone)))[:, :, None])


def _compress(picture: Picture, worst: float, rng: np.random.Generator) -> Picture:
    """JPEG or WebP of a quality from `worst` (at least 20) to 95; one picture in eight is not compressed."""
    if rng.random() < 0.125:
        return picture
    quality = int(rng.uniform(max(worst, 20.0), 96.0))
    webp = rng.random() < 0.1
    flag = cv2.IMWRITE_WEBP_QUALITY if webp else cv2.IMWRITE_JPEG_QUALITY
    _, data = cv2.imencode(".webp" if webp else ".jpg", picture[:, :, ::-1], [flag, quality])
    decoded = cv2.imdecode(data, cv2.IMREAD_COLOR)
    assert decoded is not None  # what was just encoded
    return _eight_bit(np.ascontiguousarray(decoded[:, :, ::-1]))


def _sharpen(picture: Picture, amount: float, sigma: float) -> Picture:
    """Unsharp masking with its halos."""
    return _eight_bit(cv2.addWeighted(picture, 1.0 + amount, cv2.GaussianBlur(picture, (0, 0), sigma), -amount, 0.0))


def _halftone(picture: Picture, rng: np.random.Generator) -> Picture:
    """The dots of a printed page, at 45 degrees, two to four pixels apart, softened by the scanner."""
    period, turn = rng.uniform(2.0, 4.0), math.radians(45.0 + rng.uniform(-10, 10))
    rows, columns = np.indices(picture.shape[:2], dtype=np.float32)
    u = math.cos(turn) * columns + math.sin(turn) * rows
    v = math.cos(turn) * rows - math.sin(turn) * columns
    dots = np.cos(2 * math.pi * u / period) * np.cos(2 * math.pi * v / period)
    return _added(picture, (dots * rng.uniform(10.0, 40.0)).astype(np.float32)[:, :, None])


def _scratch(picture: Picture, rng: np.random.Generator) -> Picture:
    """Thin light or dark lines, and specks of dust."""
    layer = picture.copy()
    side = len(picture)
    for _ in range(rng.integers(1, 4)):
        start, end = rng.integers(0, side, 2), rng.integers(0, side, 2)
        tone = float(rng.choice((rng.uniform(0, 60), rng.uniform(190, 255))))
        cv2.line(layer, start.tolist(), end.tolist(), (tone,) * 3, 1, cv2.LINE_AA)
    for _ in range(rng.integers(0, 12)):
        tone = float(rng.choice((rng.uniform(0, 60), rng.uniform(190, 255))))
        cv2.circle(layer, rng.integers(0, side, 2).tolist(), int(rng.integers(0, 2)), (tone,) * 3, -1, cv2.LINE_AA)
    opacity = rng.uniform(0.4, 1.0)
    return _eight_bit(cv2.addWeighted(layer, opacity, picture, 1.0 - opacity, 0.0))


def _warp(picture: Picture, amount: float, rng: np.random.Generator) -> Picture:
    """Moves neighbouring pixels about by up to about `amount` px: lines that a model has drawn unsteadily."""
    shift = cv2.GaussianBlur(rng.standard_normal((*picture.shape[:2], 2), np.float32), (0, 0), 2.5)
    shift *= amount / max(float(shift.std()), 1e-6)
    rows, columns = np.indices(picture.shape[:2], dtype=np.float32)
    columns, rows = columns + shift[..., 0], rows + shift[..., 1]
    return _eight_bit(cv2.remap(picture, columns, rows, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT))


def _fade(picture: Picture, rng: np.random.Generator) -> Picture:
    """Less contrast, lifted shadows, and a cast towards yellow or magenta, as old prints have."""
    contrast = rng.uniform(0.5, 0.9)
    cast = np.array([rng.uniform(0, 20), rng.uniform(-10, 10), rng.uniform(-20, 0)])
    return np.clip((picture.astype(np.float32) - 128.0) * contrast + 128.0 + cast, 0, 255).astype(np.uint8)


def _without_colour(picture: Picture, rng: np.random.Generator) -> Picture:
    """Grey, or toned in sepia."""
    grey = cv2.cvtColor(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB).astype(np.float32)
    if rng.random() < 0.3:
        grey = grey * np.array([rng.uniform(1.0, 1.1), 1.0, rng.uniform(0.7, 0.95)], np.float32)
    return np.clip(grey, 0, 255).astype(np.uint8)


def _added(picture: Picture, change: NDArray[np.float32]) -> Picture:
    return np.clip(picture + change + np.float32(0.5), 0, 255).astype(np.uint8)


def _resized(picture: Picture, side: int, interpolation: int) -> Picture:
    if len(picture) == side:
        return picture
    return _eight_bit(cv2.resize(picture, (side, side), interpolation=interpolation))


def _eight_bit(result: MatLike) -> Picture:
    """OpenCV returns the type it was given, but does not say so."""
    return result.astype(np.uint8, copy=False)
