"""Restoring the faces of whole pictures."""

from ..settings import RestoreSettings
from .cut_out import CropResult, crop_faces
from .detection import find_faces
from .pasting import PasteResult, paste
from .picture_faces import PictureFaces
from .pipeline import RestoreResult, restore
from .report import CropReport, FaceReport, PictureReport, RestoreReport

__all__ = [
    "CropReport",
    "CropResult",
    "FaceReport",
    "PasteResult",
    "PictureFaces",
    "PictureReport",
    "RestoreReport",
    "RestoreResult",
    "RestoreSettings",
    "crop_faces",
    "find_faces",
    "paste",
    "restore",
]
