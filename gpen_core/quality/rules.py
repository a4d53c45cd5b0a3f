"""The rules of thumb of people who restore faces, as functions of what is measured.

Sources: good originals are denoised at 20 to 30 and sharpened at 40 to 60, poor ones at 50 to 70 and 60 to 80; start at
strength 60; above 80 skin turns to wax; strong is for heavy blur and noise; after CLAHE contrast and brightness go down
to 45. Where each sets in was chosen on 50 held-out faces in four states each (see tools/measure/advice_report.py).
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from ..settings import Mode
from .measures import FaceMeasures, PictureMeasures

State = Literal["sharp", "soft", "degraded", "severe"]

# Degradation from which a face is soft, degraded, severe. Of 50 sharp faces of 500 px none reached the first.
STATES: tuple[tuple[float, State], ...] = ((0.0, "sharp"), (27.0, "soft"), (38.0, "degraded"), (50.0, "severe"))
_STEP = 5.0  # settings are advised in steps of this

_STRENGTH = (27.0, 33.0, 40.0, 50.0, 65.0), (45.0, 50.0, 60.0, 70.0, 80.0)
_DENOISE = (20.0, 27.0, 40.0, 60.0), (20.0, 30.0, 45.0, 60.0)
NOISY = 2.5  # levels
_DENOISE_NOISE = (NOISY, 6.0, 12.0), (20.0, 50.0, 70.0)
_SHARPEN = (27.0, 40.0, 60.0), (50.0, 55.0, 65.0)

NEUTRAL, AFTER_CLAHE = 50.0, 45.0
DARK, LIGHT, LOW_CONTRAST = 65.0, 215.0, 75.0  # levels; the darkest skin in good light reads about 98
_BRIGHTER, _DARKER, _MORE_CONTRAST = 60.0, 42.0, 57.0

DETAIL_SHORT_SIDE = 1200  # px
DETAIL_FACE = 400.0  # px of crop; a smaller face has no detail to bring out

# CLAHE multiplies noise by about 1.6 at a clip of 1, 2.1 at 1.5 and 2.6 at 2; about 3 levels can be seen. It makes the
# steps of JPEG blocks as much higher.
FULL_CLIP = 2.0
_CLIPS = ((1.2, 1.30, FULL_CLIP), (1.8, 1.60, 1.5))  # most noise, most blockiness, clip
_LEAST_CLIP = 1.0

PROFILE = 45.0  # degrees of yaw
INVENTED = 40.0  # px of real detail below which a face's identity is guessed


def state_of(face: FaceMeasures) -> State:
    """What the face is like in one word."""
    return next(state for least, state in reversed(STATES) if face.degradation >= least)


def strength_for(face: FaceMeasures) -> float:
    """0 for a sharp face, which is best left alone, else 45 to 80."""
    return 0.0 if state_of(face) == "sharp" else _stepped(_along(face.degradation, _STRENGTH))


def mode_for(face: FaceMeasures) -> Mode:
    """Strong for what is heavily degraded, else natural."""
    return "strong" if state_of(face) == "severe" else "natural"


def denoise_for(face: FaceMeasures) -> float:
    """20 to 70."""
    return _stepped(max(_along(face.degradation, _DENOISE), _along(face.noise, _DENOISE_NOISE)))


def sharpen_for(face: FaceMeasures) -> float:
    """50 to 65."""
    return _stepped(_along(face.degradation, _SHARPEN))


def contrast_for(face: FaceMeasures, after_clahe: bool) -> float:
    """Neutral; more for a flat face, less where CLAHE has raised it already."""
    if after_clahe:
        return AFTER_CLAHE
    return _MORE_CONTRAST if face.exposure.contrast < LOW_CONTRAST else NEUTRAL


def brightness_for(face: FaceMeasures, after_clahe: bool) -> float:
    """Neutral; more for a dark face, less for a washed-out one or after CLAHE."""
    if after_clahe:
        return AFTER_CLAHE
    if face.exposure.lightness < DARK:
        return _BRIGHTER
    return _DARKER if face.exposure.lightness > LIGHT else NEUTRAL


def detail_enhance_for(picture: PictureMeasures, face: FaceMeasures) -> bool:
    """Only for large pictures with large faces that are not degraded."""
    large = picture.short_side >= DETAIL_SHORT_SIDE and face.crop_side >= DETAIL_FACE
    return large and state_of(face) in ("sharp", "soft")


def clahe_clip_for(noise: float, blockiness: float) -> float:
    """2 for a clean picture; 1, which does little, for one whose noise or blocks would show."""
    fitting = (clip for most_noise, most_blocks, clip in _CLIPS if noise <= most_noise and blockiness <= most_blocks)
    return next(fitting, _LEAST_CLIP)


def _along(value: float, curve: tuple[tuple[float, ...], tuple[float, ...]]) -> float:
    return float(np.interp(value, *curve))


def _stepped(value: float) -> float:
    return _STEP * round(value / _STEP)
