"""Restoring the faces of whole pictures."""

from .pipeline import RestoreResult, find_faces, restore
from .report import FaceReport, PictureReport, RestoreReport
from .settings import RestoreSettings

__all__ = [
    "FaceReport",
    "PictureReport",
    "RestoreReport",
    "RestoreResult",
    "RestoreSettings",
    "find_faces",
    "restore",
]
