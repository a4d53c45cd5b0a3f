"""Bringing out what a face is recognised by: eyes, brows, lashes, lips, hair and beard, but not the skin."""

from __future__ import annotations

from ..image.warp import Pixels, Plane
from .sharpen import sharpen

SMALLEST_FOR_DETAILS = 800  # px, short side of a picture; below there is no fine detail to enhance

# Strength and sigma (as a share of the crop's side) of the sharpening: lashes and single hairs, and the shapes of eyes
# and lips.
_FINE = (0.7, 1.0 / 512.0)
_SHAPES = (0.35, 4.0 / 512.0)
_ON_SKIN = 0.35  # of the fine sharpening, where all detail is wanted


def emphasise(pixels: Pixels, features: Plane) -> Pixels:
    """Shapes and fine detail of (S, S, 3) pixels brought out where `features`, (S, S) from 0 to 1, says."""
    for amount, sigma in (_SHAPES, _FINE):
        pixels = sharpen(pixels, amount * features, sigma * pixels.shape[0])
    return pixels


def enhance_details(pixels: Pixels, features: Plane) -> Pixels:
    """Fine detail brought out everywhere, on skin less than on `features`."""
    amount, sigma = _FINE
    return sharpen(pixels, amount * (_ON_SKIN + (1.0 - _ON_SKIN) * features), sigma * pixels.shape[0])
