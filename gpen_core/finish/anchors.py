"""How much of the restoration each mode takes, and what it leaves to the picture."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from ..image.luma import luma
from ..image.warp import Pixels
from ..settings import Mode, RestoreSettings

# Poses beyond 25 degrees are rare in what the network was trained on, and beyond 45 its faces turn towards the viewer.
_YAWS, _YAW_WEIGHTS = (25.0, 45.0, 90.0), (1.0, 0.5, 0.25)


@dataclass(frozen=True)
class _Anchors:
    """Below which size light and colour are the picture's own: sigma of a Gaussian, as a share of the crop's side.

    Blur of the picture lies below: a size near it would bring the blur back as a haze around what is sharp.
    """

    light: float
    colour: float


_ANCHORS: dict[Mode, _Anchors] = {
    "natural": _Anchors(light=0.05, colour=0.05),
    "strong": _Anchors(light=0.25, colour=0.05),
    "detail": _Anchors(light=0.05, colour=0.05),
}
_REDUCED_SIGMA = 4.0  # px: low frequencies are computed on a copy reduced until the Gaussian is about this wide


def opacity(settings: RestoreSettings, yaw: float) -> float:
    """How opaque a restored face turned by `yaw` degrees is pasted, 0 to 1; 0 for strength 0 in every mode."""
    strength = settings.strength / 100.0
    if settings.mode == "strong":  # a blurred face showing through a sharp one is a haze: 60 takes 84 %
        strength = 1.0 - (1.0 - strength) ** 2
    return strength * profile_weight(yaw)


def profile_weight(yaw: float) -> float:
    """What is left of the strength for a face turned by `yaw` degrees: 1 up to 25 degrees, less beyond."""
    return float(np.interp(abs(yaw), _YAWS, _YAW_WEIGHTS))


def anchor(original: Pixels, restored: Pixels, mode: Mode) -> Pixels:
    """The restored crop with light and colour of the original where they vary slowly; both (S, S, 3)."""
    anchors, side = _ANCHORS[mode], restored.shape[0]
    change = original - restored
    if anchors.light == anchors.colour:
        return restored + _low_pass(change, anchors.light * side)
    light = np.repeat(luma(change)[..., None], 3, axis=2)
    return restored + _low_pass(light, anchors.light * side) + _low_pass(change - light, anchors.colour * side)


def _low_pass(pixels: Pixels, sigma: float) -> Pixels:
    """Gaussian of (S, S, 3) with a large sigma, px."""
    height, width = pixels.shape[:2]
    factor = max(int(sigma / _REDUCED_SIGMA), 1)
    size = max(width // factor, 1), max(height // factor, 1)
    small = cv2.GaussianBlur(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), (0, 0), sigma / factor)
    return cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC).astype(np.float32, copy=False)
