"""Where the skin of a face is: the landmarks say where to expect it, the picture's own colours where it is.

No colour is skin by itself here. What is skin in a picture is learnt from that picture: a colour model of the pixels
that are surely skin by the landmarks, and one of those that are surely not, divide the rest. That holds for dark and
light skin, for side light and, by lightness alone, for grey and toned pictures.

All of it happens in a small upright frame, so that the cost hardly depends on the size of the picture.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from ..faces.aligned_crop import image_to_crop as to_template
from ..faces.face import Face
from ..faces.face_window import cut_window
from ..image.geometry import Region, Transform, apply, compose, crop_region, invert, shift
from ..image.warp import Pixels, Plane
from .skin_prior import FRAME, prior_odds

_MODEL = 64  # px, side of the reduced frame in which the colour models are learnt
_DOUBT = 7.0  # log-odds off the prior for the model of skin: only where skin is sure it is learnt
_LEAST_SPREAD = (4.7, 1.3, 3.2)  # LAB: an even region must not make its model infinitely sure
# What a colour may say at most for and against skin, log-odds. Necks, ears and hands have the same colour.
_FOR, _AGAINST = 3.0, 5.4
# Thin dark things on a face are brows, lashes, strands of hair, frames: their width, px; from what share darker than
# what is around them; log-odds per share.
_THIN, _THIN_LEAST, _THIN_ODDS = 17, 0.03, 9.4
_EDGE = 1.0  # px of the frame: sigma of the softness
_FAINT = 0.01  # probabilities so close to 0 or 1 are taken for it


def skin_mask(pixels: Pixels, face: Face, image_to_crop: Transform | None = None) -> Plane:
    """How much each pixel is skin of this face, (H, W) in [0, 1], without eyes, brows, lips, nostrils and hair.

    pixels: (H, W, 3) float32 RGB in [0, 1], a crop of any size or a whole picture. face: landmarks in the picture's
    pixels; all 68 are used when there. image_to_crop: takes the picture's pixels to those of `pixels`; None: `pixels`
    is the picture. Outside the aligned square around the face the mask is 0.
    """
    mask = np.zeros(pixels.shape[:2], np.float32)
    region, skin = skin_in_region(pixels, face, image_to_crop)
    mask[region.slices] = skin
    return mask


def skin_in_region(pixels: Pixels, face: Face, image_to_crop: Transform | None = None) -> tuple[Region, Plane]:
    """The part of `pixels` around the face, and `skin_mask` over that part only; both empty where it lies outside."""
    points = _moved(face.landmarks, image_to_crop)
    to_frame = to_template(points, FRAME)
    region = crop_region(to_frame, FRAME, *pixels.shape[:2])
    if region.height <= 0 or region.width <= 0:
        return Region(0, 0, 0, 0), np.zeros((0, 0), np.float32)
    points_68 = None if face.landmarks_68 is None else apply(to_frame, _moved(face.landmarks_68, image_to_crop))
    seen = _cut_out(pixels[region.slices], compose(shift(region.left, region.top), to_frame))
    skin = _skin_in_frame(seen, prior_odds(apply(to_frame, points), points_68))
    to_region = compose(invert(to_frame), shift(-region.left, -region.top))
    placed = cv2.warpAffine(skin, to_region, (region.width, region.height), flags=cv2.INTER_LINEAR)
    return region, placed.astype(np.float32, copy=False)


def _cut_out(pixels: Pixels, to_frame: Transform) -> Pixels:
    """The upright frame, in steps of 8-bit values, which are fine enough to tell skin from hair."""
    eight_bit = cv2.convertScaleAbs(np.maximum(pixels, 0.0), alpha=255.0).astype(np.uint8, copy=False)
    return np.divide(cut_window(eight_bit, to_frame, FRAME), 255.0, dtype=np.float32)


def _moved(points: NDArray[np.float64], transform: Transform | None) -> NDArray[np.float64]:
    return points if transform is None else apply(transform, points)


def _skin_in_frame(seen: Pixels, prior: Plane) -> Plane:
    lab = cv2.cvtColor(seen, cv2.COLOR_RGB2LAB).astype(np.float32, copy=False)
    odds = prior + _colour_odds(lab, prior) - _thin_dark_odds(np.ascontiguousarray(lab[..., 0]))
    skin = cv2.GaussianBlur(_probability(odds), (0, 0), _EDGE).astype(np.float32, copy=False)
    return np.clip((skin - _FAINT) / (1.0 - 2.0 * _FAINT), 0.0, 1.0)


@dataclass(frozen=True)
class _ColourModel:
    """A normal distribution of LAB colours with independent channels; mean and variance (3,)."""

    mean: NDArray[np.float32]
    variance: NDArray[np.float32]

    @classmethod
    def fit(cls, lab: Pixels, weight: Plane) -> _ColourModel:
        share = (weight / max(float(weight.sum()), 1e-6))[..., None]
        mean = (lab * share).sum(axis=(0, 1))
        variance = (np.square(lab - mean) * share).sum(axis=(0, 1)) + np.square(_LEAST_SPREAD)
        return cls(mean.astype(np.float32), variance.astype(np.float32))

    def log_likelihood(self, lab: Pixels) -> Plane:
        distance = (np.square(lab - self.mean) / self.variance).sum(axis=2)
        return np.float32(-0.5) * (distance + np.log(self.variance).sum())


def _colour_odds(lab: Pixels, prior: Plane) -> Plane:
    """Log-odds by which the colour of each pixel speaks for skin."""
    small = cv2.resize(lab, (_MODEL, _MODEL), interpolation=cv2.INTER_AREA).astype(np.float32, copy=False)
    odds = cv2.resize(prior, (_MODEL, _MODEL), interpolation=cv2.INTER_AREA).astype(np.float32, copy=False)
    skin = _ColourModel.fit(small, _probability(odds - _DOUBT))
    rest = _ColourModel.fit(small, _probability(-odds))
    return np.clip(skin.log_likelihood(lab) - rest.log_likelihood(lab), -_AGAINST, _FOR)


def _thin_dark_odds(lightness: Plane) -> Plane:
    """Log-odds by which thin dark things speak against skin (black top-hat, relative to what is around them)."""
    shape = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (_THIN, _THIN))
    around = cv2.morphologyEx(lightness, cv2.MORPH_CLOSE, shape).astype(np.float32, copy=False)
    darker = np.float32(1.0 - _THIN_LEAST) - lightness / np.maximum(around, np.float32(1.0))
    return np.float32(_THIN_ODDS) * np.maximum(darker, np.float32(0.0))


def _probability(odds: Plane) -> Plane:
    return np.reciprocal(np.float32(1.0) + np.exp(-odds))
