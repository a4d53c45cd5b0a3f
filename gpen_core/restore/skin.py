"""Where the skin of a face is: the landmarks say where to expect it, the picture's own colours where it is.

No colour is skin by itself here. What is skin in a picture is learnt from that picture: two colour models, of the skin
and of what is around it, are fitted in turn with the division between them (localised region competition, Lankton and
Tannenbaum, 2008, here with prior odds from the landmarks). That holds for dark and light skin, for side light and, by
lightness alone, for grey and toned pictures.

All of it happens in a small upright frame, so that the cost hardly depends on the size of the picture.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from ..faces.alignment import image_to_crop as to_template
from ..faces.face import Face, Transform
from ..faces.face_window import cut_window
from ..image.warp import Pixels, Plane, apply, compose, invert
from .masks import Region, crop_region
from .skin_prior import FRAME, prior_odds

_MODEL = 32  # px, side of the reduced frame in which the colour models are fitted
_ITERATIONS = 5
_REACH = 7.0  # px of the reduced frame: sigma of the window of a local mean, about a third of the face
_PULL = 0.02  # weight of the overall mean, for where the window sees nothing
_LEAST_SPREAD = (6.0, 0.8, 2.7)  # LAB: an even region must not make its model infinitely sure
# What a colour may say at most for and against skin, log-odds. Necks, ears and hands have the same colour.
_FOR, _AGAINST = 2.9, 6.0
# Thin dark things on the face are brows, lashes, strands of hair, frames: their width, px, from what share darker than
# around them, log-odds per share.
_THIN, _THIN_LEAST, _THIN_ODDS = 17, 0.065, 14.6
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
    seen = _cut_out(pixels[region.slices], compose(_shift(region.left, region.top), to_frame))
    skin = _skin_in_frame(seen, prior_odds(apply(to_frame, points), points_68))
    to_region = compose(invert(to_frame), _shift(-region.left, -region.top))
    placed = cv2.warpAffine(skin, to_region, (region.width, region.height), flags=cv2.INTER_LINEAR)
    return region, placed.astype(np.float32, copy=False)


def _cut_out(pixels: Pixels, to_frame: Transform) -> Pixels:
    """The upright frame, in steps of 8-bit values, which are fine enough to tell skin from hair."""
    eight_bit = cv2.convertScaleAbs(np.maximum(pixels, 0.0), alpha=255.0).astype(np.uint8, copy=False)
    return cut_window(eight_bit, to_frame, FRAME) * np.float32(1.0 / 255.0)


def _shift(x: float, y: float) -> Transform:
    return np.array([[1.0, 0.0, x], [0.0, 1.0, y]])


def _moved(points: NDArray[np.float64], transform: Transform | None) -> NDArray[np.float64]:
    return points if transform is None else apply(transform, points)


def _skin_in_frame(seen: Pixels, prior: Plane) -> Plane:
    lab = cv2.cvtColor(seen, cv2.COLOR_RGB2LAB).astype(np.float32, copy=False)
    odds = prior + _colour_odds(lab, prior) - _thin_dark_odds(np.ascontiguousarray(lab[..., 0]))
    skin = cv2.GaussianBlur(_probability(odds), (0, 0), _EDGE).astype(np.float32, copy=False)
    return np.clip((skin - _FAINT) / (1.0 - 2.0 * _FAINT), 0.0, 1.0)


@dataclass(frozen=True)
class _ColourModel:
    """Of some of the pixels: local means (h, w, 3) and the variance around them (3,), LAB."""

    mean: Pixels
    variance: NDArray[np.float32]

    @classmethod
    def fit(cls, lab: Pixels, weight: Plane) -> _ColourModel:
        total = max(float(weight.sum()), 1e-6)
        weighted = lab * weight[..., None]
        overall = weighted.sum(axis=(0, 1)) / total
        mean = (_window(weighted) + _PULL * overall) / (_window(weight) + _PULL)[..., None]
        variance = (np.square(lab - mean) * weight[..., None]).sum(axis=(0, 1)) / total
        return cls(mean, (variance + np.square(_LEAST_SPREAD)).astype(np.float32))

    def enlarged(self, side: int) -> _ColourModel:
        return _ColourModel(cv2.resize(self.mean, (side, side)).astype(np.float32, copy=False), self.variance)

    def log_likelihood(self, lab: Pixels) -> Plane:
        deviation = cv2.transform(np.square(lab - self.mean), (1.0 / self.variance)[None])
        return -0.5 * (deviation.reshape(lab.shape[:2]) + float(np.log(self.variance).sum()))


_Models = tuple[_ColourModel, _ColourModel]


def _colour_odds(lab: Pixels, prior: Plane) -> Plane:
    """Log-odds by which the colour of each pixel speaks for skin."""
    small = cv2.resize(lab, (_MODEL, _MODEL), interpolation=cv2.INTER_AREA).astype(np.float32, copy=False)
    small_prior = cv2.resize(prior, (_MODEL, _MODEL), interpolation=cv2.INTER_AREA).astype(np.float32, copy=False)
    models = _fit_both(small, small_prior)
    for _ in range(_ITERATIONS):
        models = _fit_both(small, small_prior + _odds(small, models))
    skin, rest = (model.enlarged(FRAME) for model in models)
    return _odds(lab, (skin, rest))


def _fit_both(lab: Pixels, odds: Plane) -> _Models:
    skin = _probability(odds)
    return _ColourModel.fit(lab, skin), _ColourModel.fit(lab, 1.0 - skin)


def _odds(lab: Pixels, models: _Models) -> Plane:
    skin, rest = models
    return np.clip(skin.log_likelihood(lab) - rest.log_likelihood(lab), -_AGAINST, _FOR)


def _thin_dark_odds(lightness: Plane) -> Plane:
    """Log-odds by which thin dark things speak against skin (black top-hat, relative to what is around them)."""
    shape = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (_THIN, _THIN))
    around = cv2.morphologyEx(lightness, cv2.MORPH_CLOSE, shape)
    return _THIN_ODDS * np.maximum(1.0 - _THIN_LEAST - lightness / np.maximum(around, 1.0), 0.0)


def _window(values: NDArray[np.float32]) -> NDArray[np.float32]:
    return cv2.GaussianBlur(values, (0, 0), _REACH).astype(np.float32, copy=False)


def _probability(odds: Plane) -> Plane:
    return 1.0 / (1.0 + np.exp(-odds))
