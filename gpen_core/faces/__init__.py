"""Faces: finding, choosing and cutting them out."""

from .aligned_crop import crop_face
from .auto import make_detector
from .detector import FaceDetector
from .face import Face, FaceCrop
from .selection import FaceChoice

__all__ = ["Face", "FaceChoice", "FaceCrop", "FaceDetector", "crop_face", "make_detector"]
