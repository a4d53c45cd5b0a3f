"""Faces: finding, choosing and cutting them out."""

from .auto import make_detector
from .detector import FaceDetector
from .face import Face, FaceCrop

__all__ = ["Face", "FaceCrop", "FaceDetector", "make_detector"]
