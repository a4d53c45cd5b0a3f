"""What a user can set for a restoration."""

from __future__ import annotations

from dataclasses import dataclass, field

from ..errors import GPENError
from ..faces.alignment import TEMPLATES, Template
from ..faces.selection import FaceChoice


@dataclass(frozen=True)
class RestoreSettings:
    """Settings of `restore`.

    strength: 0 gives the picture back bit for bit, 100 the network's face.
    choice: which faces.
    template: how faces lie in the network's crop: "gpen" as the original does it, "ffhq" 12 % larger.
    feather: width of the soft edge around a face, as a share of the distance from its centre to its edge, 0 to 1.
    batch_size: faces through the network at once; 0 for automatic.
    """

    strength: float = 60.0
    choice: FaceChoice = field(default_factory=FaceChoice)
    template: Template = "gpen"
    feather: float = 0.45
    batch_size: int = 0

    def __post_init__(self) -> None:
        if not 0.0 <= self.strength <= 100.0:
            raise GPENError(f"strength must be 0 to 100, got {self.strength}.")
        if not 0.0 <= self.feather <= 1.0:
            raise GPENError(f"feather must be 0 to 1, got {self.feather}.")
        if self.batch_size < 0:
            raise GPENError(f"batch_size must be 0 (automatic) or more, got {self.batch_size}.")
        if self.template not in TEMPLATES:
            raise GPENError(f"Unknown template '{self.template}'.\nUse one of: {', '.join(TEMPLATES)}.")
