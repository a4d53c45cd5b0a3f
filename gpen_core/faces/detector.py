"""The protocol every face detector follows."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ..progress import Progress, silent
from .face import Face

Picture = NDArray[np.uint8]


class FaceDetector(Protocol):
    """Finds the faces of one picture.

    name: short name for reports and settings ("yunet").
    """

    @property
    def name(self) -> str: ...

    def detect(self, picture: Picture) -> list[Face]:
        """Faces of a (H, W, 3) uint8 RGB picture of any size, in the picture's own pixels, best score first.

        Boxes may reach over the border. No face gives an empty list, never an error.
        """
        ...


class PatientDetector(FaceDetector, Protocol):
    """A detector that lets its caller stop it in the middle of a picture."""

    def detect(self, picture: Picture, progress: Progress = silent) -> list[Face]:
        """As of `FaceDetector`.

        progress: called between the steps, with None for their number, which is not known before; an exception it
        raises stops the work.
        """
        ...
