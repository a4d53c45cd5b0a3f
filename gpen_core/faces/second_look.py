"""Two detectors: the second looks at pictures of which the first is not sure."""

from __future__ import annotations

from ..progress import Progress, silent
from .detector import PatientDetector, Picture
from .face import Face
from .search import is_same_face

_SURE = 0.9  # score; below it a face is blurred, dark or turned, and others of the picture may have been missed
_ADDED = 0.8  # least score of a face that only the second finds beside others


class SecondLook:
    """The faces that `first` finds; where it finds none, or is not sure of one, those that `second` finds besides."""

    def __init__(self, first: PatientDetector, second: PatientDetector) -> None:
        self._first, self._second = first, second
        self.name = f"{first.name} and {second.name}"

    def detect(self, picture: Picture, progress: Progress = silent) -> list[Face]:
        """Faces of a (H, W, 3) uint8 RGB picture of any size, in the picture's own pixels, best score first.

        progress: as of `PatientDetector`.
        """
        found = self._first.detect(picture, progress)
        if not found:
            return self._second.detect(picture, progress)
        if all(face.score >= _SURE for face in found):
            return found
        added = [
            face
            for face in self._second.detect(picture, progress)
            if face.score >= _ADDED and not any(is_same_face(face.box, other.box) for other in found)
        ]
        return sorted([*found, *added], key=lambda face: -face.score)
