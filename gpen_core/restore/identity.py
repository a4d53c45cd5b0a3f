"""Whether a restored face is still the same person, and a blend that backs off until it is.

Gates of this kind, a least cosine of 0.3 to 0.6 between the features of input and output, are those of the NTIRE
challenges on face restoration (2025, 2026).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..faces.face import FaceCrop
from ..faces.recognition import FaceRecogniser, similarity
from ..image.geometry import apply
from ..image.warp import Pixels, warp

_STEPS = 6  # of bisection: the strength is found to within 2 %


@dataclass(frozen=True)
class Likeness:
    """similarity: -1 to 1, of the face as pasted to the face as it was. kept: share of the strength that is used."""

    similarity: float
    kept: float = 1.0


def keep_likeness(
    picture: Pixels, crops: Sequence[FaceCrop], strengths: Sequence[float], recogniser: FaceRecogniser, least: float
) -> list[Likeness]:
    """How alike each restored face is to the (H, W, 3) picture it came from, and how much of its strength keeps it so.

    crops: restored. strengths: 0 to 1, how opaque each is pasted. least: similarity, 0 for any.
    """
    return [_likeness(picture, *each, recogniser, least) for each in zip(crops, strengths, strict=True)]


def _likeness(picture: Pixels, crop: FaceCrop, strength: float, recogniser: FaceRecogniser, least: float) -> Likeness:
    before = warp(picture, crop.image_to_crop, crop.size, crop.size)
    landmarks = apply(crop.image_to_crop, crop.face.landmarks)
    reference = recogniser.features(before, landmarks)

    def alike(kept: float) -> float:
        blended = before + np.float32(kept * strength) * (crop.pixels - before)
        return similarity(reference, recogniser.features(blended, landmarks))

    whole = alike(1.0)
    if whole >= least:
        return Likeness(whole)
    low, high = Likeness(1.0, 0.0), 1.0  # none of the restoration is the face as it was
    for _ in range(_STEPS):
        middle = (low.kept + high) / 2.0
        found = alike(middle)
        if found >= least:
            low = Likeness(found, middle)
        else:
            high = middle
    return low
