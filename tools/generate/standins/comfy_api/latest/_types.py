"""Stand-in for `comfy_api.latest.Types`."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from torch import Tensor


@dataclass
class VideoComponents:
    images: Tensor
    frame_rate: Fraction
    audio: Any = None
