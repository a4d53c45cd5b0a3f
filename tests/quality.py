"""Made-up measures."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from gpen_core.quality import FaceMeasures, PictureMeasures
from gpen_core.quality.light import Exposure

EXPOSURE = Exposure(lightness=130.0, contrast=150.0, black=0.0, white=0.0)


def face_measures(index: int = 0, **changes: Any) -> FaceMeasures:
    """A sharp, clean face of 500 px."""
    sharp = FaceMeasures(index, (0.2, 0.2, 0.5, 0.5), 250.0, 500.0, 480.0, 0.7, 1.02, EXPOSURE, 0.0, 0.0, 0.0)
    return replace(sharp, **changes)


SHARP: dict[str, Any] = {}
SOFT: dict[str, Any] = {"sharpness": 190.0}
DEGRADED: dict[str, Any] = {"sharpness": 120.0, "noise": 1.5}
SEVERE: dict[str, Any] = {"sharpness": 55.0, "noise": 6.0}


def picture_measures(*faces: FaceMeasures, **changes: Any) -> PictureMeasures:
    """A clean picture of 900 x 700 px."""
    return replace(PictureMeasures(900, 700, 0.7, 1.02, EXPOSURE, "colour", faces), **changes)
