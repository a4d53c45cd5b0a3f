"""Made-up pictures of known sharpness, noise and compression."""

from __future__ import annotations

import cv2
import numpy as np

from gpen_core.image.warp import Pixels


def leaves(side: int, seed: int = 0, colour: bool = True) -> Pixels:
    """(side, side, 3): ellipses of all sizes over each other, whose spectrum falls as that of photos does."""
    rng = np.random.default_rng(seed)
    canvas = np.full((2 * side, 2 * side, 3), 128, np.uint8)
    for radius in sorted(rng.pareto(1.6, 1500) * 3.0 + 3.0, reverse=True):
        x, y = (int(value) for value in rng.integers(0, 2 * side, 2))
        width, height = (int(min(radius * factor, side)) for factor in rng.uniform(0.6, 1.6, 2))
        shade = rng.integers(40, 216, 3) if colour else np.repeat(rng.integers(40, 216), 3)
        cv2.ellipse(canvas, (x, y), (width, height), float(rng.uniform(0, 180)), 0, 360, shade.tolist(), cv2.FILLED)
    reduced = cv2.resize(canvas, (side, side), interpolation=cv2.INTER_AREA)
    return (reduced / np.float32(255)).astype(np.float32)


def softened(picture: Pixels, factor: float) -> Pixels:
    """Without detail finer than `factor` px."""
    height, width = picture.shape[:2]
    small = cv2.resize(picture, (round(width / factor), round(height / factor)), interpolation=cv2.INTER_AREA)
    return np.clip(cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC), 0, 1).astype(np.float32)


def noisy(picture: Pixels, sigma: float, seed: int = 0) -> Pixels:
    """With noise of `sigma` levels in each channel, rounded to 8 bits."""
    noise = np.random.default_rng(seed).normal(0, sigma, picture.shape)
    return (np.clip(np.rint(picture * 255 + noise), 0, 255) / 255).astype(np.float32)


def grainy(picture: Pixels, sigma: float, clump: float, seed: int = 0) -> Pixels:
    """With film grain of `sigma` levels, the same in all channels, in clumps of a Gaussian of `clump` px."""
    noise = np.random.default_rng(seed).normal(size=picture.shape[:2]).astype(np.float32)
    grain = cv2.GaussianBlur(noise, (0, 0), clump)
    grain *= sigma / float(grain.std())
    return (np.clip(np.rint(picture * 255 + grain[..., None]), 0, 255) / 255).astype(np.float32)


def as_jpeg(picture: Pixels, quality: int) -> Pixels:
    """Stored as JPEG and read again."""
    levels = (np.clip(picture, 0, 1) * 255 + 0.5).astype(np.uint8)
    data = cv2.imencode(".jpg", levels[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    decoded = np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR))[..., ::-1]
    return (decoded / np.float32(255)).astype(np.float32)
