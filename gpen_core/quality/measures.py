"""What can be measured of a picture and its faces, and how degraded that makes them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from ..faces.aligned_crop import image_to_crop
from ..faces.face import Face
from ..faces.selection import RelativeBox, box_in_shares
from ..image.geometry import scale_of
from ..image.warp import Pixels
from .blockiness import blockiness
from .grain import grain_powers
from .light import Exposure, Tint, exposure_of, tint_of
from .noise import noise_sigma
from .region import SIDE, face_oval, measured_crop, native_face, picture_to_crop
from .sharpness import real_detail

_BLOCKS_SIDE = 128  # px: a smaller window holds too few blocks
_LARGEST = 2048  # px: noise and blocks of a larger picture are those of its middle

# Degradation: points for each octave of detail lost, for noise (levels) and for blocks (ratio).
_PER_OCTAVE = 20.0
_NOISE, _NOISE_POINTS = (1.5, 6.0, 12.0, 25.0), (0.0, 10.0, 20.0, 40.0)
_BLOCKS, _BLOCKS_POINTS = (1.15, 1.5, 2.5), (0.0, 6.0, 20.0)


@dataclass(frozen=True)
class FaceMeasures:
    """One face.

    index: its number in the picture.  box: x1, y1, x2, y2, as shares of the picture's width and height.
    size: shorter side of its box, px.
    crop_side: px of the picture that the side of the network's aligned crop covers.
    sharpness: px of real detail across an aligned 512 px crop: 512 for a face as sharp as that crop can be.
    noise: standard deviation in one channel, levels of 255; below 2 is clean.
    blockiness: of JPEG, 1 is none.
    exposure: of the oval of the face.
    yaw, pitch, roll: degrees, as for `Face`.
    """

    index: int
    box: RelativeBox
    size: float
    crop_side: float
    sharpness: float
    noise: float
    blockiness: float
    exposure: Exposure
    yaw: float
    pitch: float
    roll: float

    @property
    def degradation(self) -> float:
        """0 for a sharp clean face to 100 for one beyond recognition."""
        parts = (
            _PER_OCTAVE * math.log2(SIDE / self.sharpness),
            float(np.interp(self.noise, _NOISE, _NOISE_POINTS)),
            float(np.interp(self.blockiness, _BLOCKS, _BLOCKS_POINTS)),
        )
        intact = math.prod(1.0 - min(max(part, 0.0), 100.0) / 100.0 for part in parts)
        return 100.0 * (1.0 - intact)

    def as_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        return asdict(self) | {"degradation": self.degradation}

    def summary(self) -> str:
        """One line."""
        return (
            f"face {self.index}: degradation {self.degradation:.0f} of 100, size {self.size:.0f} px, "
            f"sharpness {self.sharpness:.0f} of 512 px, noise {self.noise:.1f}, JPEG blocks {self.blockiness:.2f}, "
            f"lightness {self.exposure.lightness:.0f}, contrast {self.exposure.contrast:.0f}, "
            f"yaw {self.yaw:.0f}, pitch {self.pitch:.0f}, roll {self.roll:.0f}"
        )


@dataclass(frozen=True)
class PictureMeasures:
    """One picture.

    width, height: px.  noise, blockiness, exposure: as for a face, of the whole picture.  tint: "grey", "toned" (one
    hue throughout, as sepia) or "colour".  faces: from left to right.
    """

    width: int
    height: int
    noise: float
    blockiness: float
    exposure: Exposure
    tint: Tint
    faces: tuple[FaceMeasures, ...]

    @property
    def short_side(self) -> int:
        """Shorter side, px."""
        return min(self.width, self.height)

    def as_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        return asdict(self) | {"faces": [face.as_dict() for face in self.faces]}

    def summary(self) -> str:
        """A line for the picture and one for each face."""
        facts = (
            f"{self.width} x {self.height} px, {self.tint}, noise {self.noise:.1f}, JPEG blocks {self.blockiness:.2f}"
        )
        return "\n".join([facts, *(f"  {face.summary()}" for face in self.faces)])


def measure_face(picture: Pixels, face: Face) -> FaceMeasures:
    """Measure one face of a (H, W, 3) picture."""
    crop, native, scale = measured_crop(picture, face), native_face(picture, face), scale_of(picture_to_crop(face))
    noise = noise_sigma(native)
    return FaceMeasures(
        index=face.index,
        box=box_in_shares(face, *picture.shape[:2]),
        size=face.size,
        crop_side=1.0 / scale_of(image_to_crop(face.landmarks, 1)),
        sharpness=real_detail(crop, scale, noise, grain_powers(native, scale)),
        noise=noise,
        blockiness=blockiness(native_face(picture, face, _BLOCKS_SIDE)),
        exposure=exposure_of(crop[face_oval()]),
        yaw=face.yaw,
        pitch=face.pitch,
        roll=face.roll,
    )


def face_sharpness(picture: Pixels, face: Face) -> float:
    """As of `measure_face`, of a (H, W, 3) picture, without the rest."""
    native, scale = native_face(picture, face), scale_of(picture_to_crop(face))
    return real_detail(measured_crop(picture, face), scale, noise_sigma(native), grain_powers(native, scale))


def measure_picture(picture: Pixels, faces: Sequence[Face]) -> PictureMeasures:
    """Measure a (H, W, 3) picture and its faces, as `find_faces` gives them; there may be none."""
    height, width = picture.shape[:2]
    middle = _middle(picture)
    return PictureMeasures(
        width=width,
        height=height,
        noise=noise_sigma(middle),
        blockiness=blockiness(middle),
        exposure=exposure_of(picture),
        tint=tint_of(picture),
        faces=tuple(measure_face(picture, face) for face in faces),
    )


def _middle(picture: Pixels) -> Pixels:
    height, width = picture.shape[:2]
    top, left = max(height - _LARGEST, 0) // 2, max(width - _LARGEST, 0) // 2
    return picture[top : top + _LARGEST, left : left + _LARGEST]
