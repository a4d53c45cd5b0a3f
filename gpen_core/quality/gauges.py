"""The scales of the chart: for each measure its range, and from where it is good, fair, poor or bad."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from ..message import Message
from . import rules
from .measures import FaceMeasures, PictureMeasures

Grade = Literal["good", "fair", "poor", "bad"]


@dataclass(frozen=True)
class Gauge:
    """One scale.

    label, unit: what is shown beside it.  of_face: reads its value; of_picture the same, None where only faces have it.
    low: its left end.  zones: (right end, grade) from left to right.  logarithmic: equal ratios are equally long.
    digits: behind the point.
    """

    label: str
    unit: str
    of_face: Callable[[FaceMeasures], float]
    low: float
    zones: tuple[tuple[float, Grade], ...]
    logarithmic: bool = False
    digits: int = 0
    of_picture: Callable[[PictureMeasures], float] | None = None

    @property
    def high(self) -> float:
        """Its right end."""
        return self.zones[-1][0]

    def position(self, value: float) -> float:
        """Where on the scale a value lies, 0 to 1; values beyond an end lie at it."""
        value = min(max(value, self.low), self.high)
        if self.logarithmic:
            return math.log(value / self.low) / math.log(self.high / self.low)
        return (value - self.low) / (self.high - self.low)

    def grade(self, value: float) -> Grade:
        """How good a value is."""
        for end, grade in self.zones:
            if value < end:
                return grade
        return self.zones[-1][1]


_SOFT, _DEGRADED, _SEVERE = (least for least, _ in rules.STATES[1:])

# Sharpness: detail of 2.5, 5.5 and 10 px in a crop of 512 is where clean, soft, degraded and severe faces part.

GAUGES = (
    Gauge(
        Message("Degradation"),
        Message("0 sharp, 100 lost"),
        lambda face: face.degradation,
        0.0,
        ((_SOFT, "good"), (_DEGRADED, "fair"), (_SEVERE, "poor"), (100.0, "bad")),
    ),
    Gauge(
        Message("Sharpness"),
        Message("px of detail in 512"),
        lambda face: face.sharpness,
        16.0,
        ((51.0, "bad"), (93.0, "poor"), (205.0, "fair"), (512.0, "good")),
        logarithmic=True,
    ),
    Gauge(
        Message("Size of the face"),
        Message("px across the crop"),
        lambda face: face.crop_side,
        32.0,
        ((64.0, "bad"), (128.0, "poor"), (256.0, "fair"), (2048.0, "good")),
        logarithmic=True,
    ),
    Gauge(
        Message("Noise"),
        Message("levels of 255"),
        lambda face: face.noise,
        0.0,
        ((rules.NOISY, "good"), (6.0, "fair"), (12.0, "poor"), (20.0, "bad")),
        digits=1,
        of_picture=lambda picture: picture.noise,
    ),
    Gauge(
        Message("JPEG blocks"),
        Message("1 is none"),
        lambda face: face.blockiness,
        1.0,
        ((1.15, "good"), (1.3, "fair"), (1.6, "poor"), (2.0, "bad")),
        digits=2,
        of_picture=lambda picture: picture.blockiness,
    ),
    Gauge(
        Message("Lightness"),
        Message("level of 255"),
        lambda face: face.exposure.lightness,
        0.0,
        ((40.0, "bad"), (rules.DARK, "poor"), (rules.LIGHT, "good"), (235.0, "poor"), (255.0, "bad")),
        of_picture=lambda picture: picture.exposure.lightness,
    ),
    Gauge(
        Message("Contrast"),
        Message("levels of 255"),
        lambda face: face.exposure.contrast,
        0.0,
        ((40.0, "bad"), (rules.LOW_CONTRAST, "poor"), (110.0, "fair"), (255.0, "good")),
        of_picture=lambda picture: picture.exposure.contrast,
    ),
    Gauge(
        Message("Turned sideways"),
        Message("degrees"),
        lambda face: face.yaw,
        -90.0,
        ((-rules.PROFILE, "bad"), (-25.0, "fair"), (25.0, "good"), (rules.PROFILE, "fair"), (90.0, "bad")),
    ),
)
