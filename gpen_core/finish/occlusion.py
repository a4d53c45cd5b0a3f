"""What is in front of a face: hands, hair, glasses, masks, over which a network paints the face it knows.

Found without another network, where restoration and picture differ in structure rather than in sharpness: both are
smoothed until blur, noise and grain are gone from the picture; what still differs then is another thing. How much is
usual for the face at hand, from a change of tone all over or from heavy degradation, is measured on the face itself.
"""

from __future__ import annotations

import cv2
import numpy as np

from ..image.warp import Pixels, Plane

# As shares of the crop's side: 7 and 13 px at 512 px.
_STRUCTURE = 0.014  # sigma below which a difference is sharpness, noise or grain
_REGION = 0.026  # sigma over which differences make one region
_USUAL = 0.04  # difference, RMS of the channels in [0, 1], that a restoration makes of nearly every face
_TYPICAL = 30.0  # percentile of the differences on the face that counts as usual for it; an occluder may fill half
_LEAST, _MOST = 1.0, 3.0  # times the usual difference from which the picture is kept, at 100 and just above 0
_FADE = 0.5  # of that, until it is kept in full


def occlusion(original: Pixels, restored: Pixels, face: Plane, amount: float) -> Plane:
    """Where the original is to be kept, (S, S) in [0, 1], by its crop and what the network made of it, (S, S, 3).

    face: (S, S) in [0, 1], where the face is. amount: 0 to 100; 0 keeps nothing, and more never less.
    """
    if amount == 0.0:
        return np.zeros(original.shape[:2], np.float32)
    side = original.shape[0]
    change = cv2.GaussianBlur(restored - original, (0, 0), _STRUCTURE * side)
    inside = face > 0.5
    if not inside.any():
        return np.zeros(original.shape[:2], np.float32)
    change -= np.median(change[inside], axis=0)  # of tone, all over
    size = np.sqrt(cv2.GaussianBlur(np.square(change).mean(axis=2), (0, 0), _REGION * side))
    usual = max(float(np.percentile(size[inside], _TYPICAL)), _USUAL)
    threshold = usual * (_MOST - (_MOST - _LEAST) * amount / 100.0)
    share = np.clip((size - threshold) / (_FADE * threshold), 0.0, 1.0)
    return (share * share * (3.0 - 2.0 * share)).astype(np.float32)
