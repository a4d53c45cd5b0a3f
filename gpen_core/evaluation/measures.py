"""All that is measured on one face."""

from __future__ import annotations

from dataclasses import dataclass

from ..faces.detector import FaceDetector
from .fidelity import psnr, ssim
from .grid import grid
from .landmarks import landmark_error, largest_face
from .levels import Levels
from .niqe import LEAST_SIDE, niqe
from .skin_colour import Shift, skin_of, skin_shift
from .spectrum import comb, fine_energy


@dataclass(frozen=True)
class Measures:
    """Of a picture against its reference: the sharp face, or the degraded one where there is no other.

    psnr: dB. ssim: -1 to 1. niqe: lower is better. energy: above a quarter of Nyquist, as a share of the reference's.
    comb: energy of two pixels' period, over the reference's (1 is as natural as that). grid: % of the fine detail that
    repeats every 2, 4 or 8 px. landmarks: mean error in % of the distance of the eyes. skin: what was added to mean
    red, green and blue, levels of 255.
    None where it cannot be told: no face found or no skin, too small for NIQE, a reference without detail, and psnr,
    ssim and comb without a sharp face.
    """

    psnr: float | None
    ssim: float | None
    niqe: float | None
    energy: float | None
    comb: float | None
    grid: float
    landmarks: float | None
    skin: Shift | None


class Reference:
    """A (S, S, 3) uint8 face that others are measured against; what is needed of it is worked out once.

    sharp: it is the true face, not a degraded one.
    """

    def __init__(self, picture: Levels, detector: FaceDetector, sharp: bool) -> None:
        self._picture, self._detector, self._sharp = picture, detector, sharp
        self._energy, self._comb = fine_energy(picture), comb(picture)
        self._face = largest_face(picture, detector)
        self._skin = None if self._face is None else skin_of(picture, self._face)

    def measure(self, picture: Levels) -> Measures:
        """Of a picture of the reference's size. Raises GPENError for another size, or a picture without texture."""
        return Measures(
            psnr=psnr(self._picture, picture) if self._sharp else None,
            ssim=ssim(self._picture, picture) if self._sharp else None,
            niqe=niqe(picture) if len(picture) >= LEAST_SIDE else None,
            energy=_ratio(fine_energy(picture), self._energy),
            comb=_ratio(comb(picture), self._comb) if self._sharp else None,
            grid=grid(picture),
            landmarks=self._landmarks(picture),
            skin=None if self._skin is None else skin_shift(self._picture, picture, self._skin),
        )

    def _landmarks(self, picture: Levels) -> float | None:
        if self._face is None or (face := largest_face(picture, self._detector)) is None:
            return None
        return landmark_error(self._face.landmarks, face.landmarks)


def _ratio(value: float, of: float) -> float | None:
    return value / of if of > 0.0 else None
