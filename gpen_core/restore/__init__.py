"""Restoring the faces of whole pictures."""

from ..settings import RestoreSettings
from .batch_summary import count_faces
from .cut_out import CropResult, crop_faces
from .detection import find_faces
from .pasting import PasteResult, paste
from .picture_faces import PictureFaces
from .picture_report import FaceReport, PictureReport
from .pipeline import RestoreResult, restore
from .report import CropReport, RestoreReport, joined

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
    "count_faces",
    "crop_faces",
    "find_faces",
    "joined",
    "paste",
    "restore",
]
