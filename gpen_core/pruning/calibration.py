"""Pictures to measure a network with: made-up, degraded faces, drawn by rule, so that none has to be shipped.

They need not look like anybody. What counts is that they hold what a degraded portrait holds where the network expects
it: a face with its features at GPEN's template, skin, hair and cloth with the spectra of natural pictures, soft and
sharp edges, and blur, low resolution, noise, fading and greyness of all strengths.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from ..progress import Progress, silent

_Map = NDArray[np.float32]
_Colour = NDArray[np.float64]

_DARKEST_SKIN, _LIGHTEST_SKIN = 0.35, 1.1  # factors on the colour below
_SKIN = np.array([0.85, 0.65, 0.53])
_HAIR = np.array([0.25, 0.17, 0.10])
_SPOTS = 6  # coloured ellipses behind the head


def calibration_faces(count: int, size: int, seed: int = 0, progress: Progress = silent) -> Tensor:
    """(count, 3, size, size) float32 RGB in [-1, 1]: made-up faces, from hardly to heavily degraded.

    The same arguments give the same pictures. progress: called before each with (faces done, faces in all).
    """
    rng = np.random.default_rng(seed)
    faces = []
    for number in range(count):
        progress(number, count)
        faces.append(_degrade(_draw_face(size, rng), (number + 0.5) / count, rng))
    return torch.cat(faces) * 2.0 - 1.0


@dataclass
class _Canvas:
    """A picture being painted. x, y: where each pixel is, 0 to 1 across the picture, a little warped."""

    x: _Map
    y: _Map
    pixels: _Map
    rng: np.random.Generator

    @property
    def size(self) -> int:
        return len(self.pixels)

    def ellipse(self, centre: tuple[float, float], radii: tuple[float, float], soft: float, angle: float = 0.0) -> _Map:
        """1 inside, 0 outside, over an edge of about `soft` px at 256 px. Lengths are in units of the picture."""
        dx, dy = self.x - centre[0], self.y - centre[1]
        cos, sin = math.cos(angle), math.sin(angle)
        u, v = (cos * dx + sin * dy) / radii[0], (cos * dy - sin * dx) / radii[1]
        radius = np.maximum(np.hypot(u, v), 1e-6)
        distance = (radius - 1.0) * radius / np.maximum(np.hypot(u / radii[0], v / radii[1]), 1e-6)
        return (1.0 / (1.0 + np.exp(np.clip(distance * 256.0 / soft, -30.0, 30.0)))).astype(np.float32)

    def paint(self, mask: _Map, colour: _Colour, texture: float = 0.0, roughness: float = 1.2) -> None:
        """Lay a colour over the masked part, with a texture of that standard deviation."""
        grain = texture * _texture(self.size, roughness, self.rng)[..., None] if texture else 0.0
        self.pixels += mask[..., None] * (colour.astype(np.float32) + grain - self.pixels)


def _texture(size: int, power: float, rng: np.random.Generator) -> _Map:
    """Noise whose amplitude falls with frequency to `power`, of unit variance; 1 to 1.2 is usual in photographs."""
    across, down = np.fft.rfftfreq(size)[None], np.fft.fftfreq(size)[:, None]
    frequency = np.maximum(np.hypot(across, down), 1.0 / size)
    real, imaginary = rng.standard_normal((2, size, size // 2 + 1))
    noise = np.fft.irfft2((real + 1j * imaginary) * frequency**-power, (size, size))
    return ((noise - noise.mean()) / noise.std()).astype(np.float32)


def _draw_face(size: int, rng: np.random.Generator) -> _Map:
    """A face, (size, size, 3) in [0, 1]."""
    steps = (np.arange(size, dtype=np.float32) + 0.5) / size
    x, y = (axis.astype(np.float32) for axis in np.meshgrid(steps, steps))
    warp = 0.015  # no edge is straight, no two faces are alike
    x, y = (axis + np.float32(warp) * _texture(size, 2.0, rng) for axis in (x, y))
    colours = np.stack([_texture(size, 1.6, rng) for _ in range(3)], -1)
    pixels = (rng.uniform(0.1, 0.9, 3) + rng.uniform(0.02, 0.12) * colours).astype(np.float32)
    canvas = _Canvas(x, y, pixels, rng)
    skin = _SKIN * rng.uniform(_DARKEST_SKIN, _LIGHTEST_SKIN) * rng.uniform(0.93, 1.07, 3)
    hair = _HAIR * rng.uniform(0.2, 3.0)
    centre = 0.5 + rng.uniform(-0.02, 0.02), 0.52 + rng.uniform(-0.02, 0.02)
    _draw_surroundings(canvas)
    _draw_head(canvas, centre, skin, hair)
    for side in (-1, 1):
        _draw_eye(canvas, (centre[0] + side * 0.105, centre[1] - 0.045), side, skin, hair)
    _draw_nose_and_mouth(canvas, centre, skin)
    grain = 0.012 * _texture(size, 0.6, rng)[..., None]
    return np.clip(canvas.pixels + grain, 0.0, 1.0).astype(np.float32)


def _draw_surroundings(canvas: _Canvas) -> None:
    uniform = canvas.rng.uniform
    for _ in range(_SPOTS):
        spot = canvas.ellipse(tuple(uniform(0, 1, 2)), tuple(uniform(0.03, 0.2, 2)), uniform(0.5, 3), uniform(0, 3))
        canvas.paint(spot, uniform(0, 1, 3), uniform(0.0, 0.15))


def _draw_head(canvas: _Canvas, centre: tuple[float, float], skin: _Colour, hair: _Colour) -> None:
    uniform = canvas.rng.uniform
    x, y = centre
    width, height = uniform(0.24, 0.31), uniform(0.33, 0.40)
    hair_radii = width * uniform(1.1, 1.45), height * uniform(1.1, 1.3)
    canvas.paint(canvas.ellipse((x, y - 0.06), hair_radii, 2.0), hair, uniform(0.05, 0.15), 0.9)
    canvas.paint(canvas.ellipse((x, 1.0), (uniform(0.2, 0.3), 0.28), 1.5), skin * 0.85, 0.03)  # neck
    canvas.paint(canvas.ellipse((x, 1.12), (0.5, 0.22), 1.0), uniform(0, 1, 3), uniform(0.02, 0.15), 1.0)  # clothes
    canvas.paint(canvas.ellipse(centre, (width, height), uniform(0.7, 3.0)), skin, uniform(0.01, 0.03), 1.0)
    canvas.pixels *= (1.0 + uniform(-0.75, 0.75) * (canvas.x - x))[..., None]  # light from one side


def _draw_eye(canvas: _Canvas, centre: tuple[float, float], side: int, skin: _Colour, hair: _Colour) -> None:
    uniform = canvas.rng.uniform
    x, y = centre
    brow = canvas.ellipse((x, y - 0.065), (0.065, uniform(0.008, 0.016)), 1.0, side * uniform(-0.1, 0.2))
    canvas.paint(brow, hair * 0.8, 0.05)
    canvas.paint(canvas.ellipse(centre, (0.05, uniform(0.018, 0.028)), 0.7), np.full(3, uniform(0.65, 0.95)))
    iris = x + uniform(-0.01, 0.01)
    canvas.paint(canvas.ellipse((iris, y), (0.022, 0.022), 0.5), uniform(0.05, 0.5, 3))
    canvas.paint(canvas.ellipse((iris, y), (0.010, 0.010), 0.5), np.full(3, 0.02))
    canvas.paint(canvas.ellipse((iris + 0.006, y - 0.007), (0.004, 0.004), 0.5), np.ones(3))  # glint
    canvas.paint(canvas.ellipse((x, y - 0.02), (0.055, 0.006), 1.0), skin * 0.35)  # lashes


def _draw_nose_and_mouth(canvas: _Canvas, centre: tuple[float, float], skin: _Colour) -> None:
    uniform = canvas.rng.uniform
    x, y = centre
    canvas.paint(0.5 * canvas.ellipse((x, y + 0.03), (0.025, 0.1), 6.0), np.minimum(skin * 1.2, 1.0))
    for side in (-1, 1):
        canvas.paint(canvas.ellipse((x + side * 0.03, y + 0.1), (0.012, 0.008), 1.5), skin * 0.4)
    lips = skin * np.array([0.85, 0.5, 0.5]) * uniform(0.8, 1.1)
    canvas.paint(canvas.ellipse((x, y + 0.185), (uniform(0.07, 0.1), uniform(0.015, 0.035)), 1.0), lips, 0.02)
    if uniform() < 0.5:
        canvas.paint(canvas.ellipse((x, y + 0.185), (0.06, 0.01), 0.7), np.array([0.95, 0.93, 0.9]))  # teeth
    canvas.paint(canvas.ellipse((x, y + 0.183), (0.085, 0.004), 0.7), skin * 0.3)


def _degrade(face: _Map, severity: float, rng: np.random.Generator) -> Tensor:
    """(1, 3, S, S) in [0, 1]: reduced, noisy, now and then faded or grey, and enlarged again.

    The ranges are those of the training of the embedded network at 256 px (tools/train/degradation.py); larger
    networks are given the same picture, larger.
    """
    size = len(face)
    factor = max(8.0**severity * 1.3 ** rng.uniform(-1.0, 1.0) * size / 256.0, 1.0)
    side = max(round(size / factor), 16)
    picture = torch.from_numpy(face).permute(2, 0, 1)[None]
    if rng.random() < 0.5:  # out of focus, not only small
        soft = max(round(side * rng.uniform(0.4, 1.0)), 16)
        picture = F.interpolate(picture, size=(soft, soft), mode="area")
    picture = F.interpolate(picture, size=(side, side), mode="bilinear", antialias=True)
    noise = rng.standard_normal((1, 3 if rng.random() < 0.8 else 1, side, side))
    noise *= rng.uniform(0.0, 0.02 + 0.08 * severity)
    picture = picture + torch.from_numpy(noise.astype(np.float32))
    if rng.random() < 0.15:  # faded: less contrast and a cast
        cast = torch.from_numpy(rng.uniform((0.0, -0.04, -0.08), (0.08, 0.04, 0.0)).astype(np.float32))
        picture = (picture - 0.5) * rng.uniform(0.5, 0.9) + 0.5 + cast[:, None, None]
    if rng.random() < 0.1:
        picture = picture.mean(1, keepdim=True).expand(-1, 3, -1, -1)
    picture = (picture.clamp(0.0, 1.0) * 255.0).round() / 255.0
    return F.interpolate(picture, size=(size, size), mode="bicubic").clamp(0.0, 1.0)
