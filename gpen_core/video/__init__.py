"""Clips: faces restored frame by frame, and steady in time."""

from .batches import BatchResult, looks_like_clip, restore_batch
from .clips import restore_clip
from .encoders import CODECS, CONTAINERS, Encoding
from .errors import ClipError, ClipExistsError
from .frame import ArrayFrame, Frame
from .pipeline import DoneFrame, FrameRestoration
from .reading import Clip
from .report import ClipReport, TrackReport
from .settings import VideoSettings, require_for_clips

__all__ = [
    "CODECS",
    "CONTAINERS",
    "ArrayFrame",
    "BatchResult",
    "Clip",
    "ClipError",
    "ClipExistsError",
    "ClipReport",
    "DoneFrame",
    "Encoding",
    "Frame",
    "FrameRestoration",
    "TrackReport",
    "VideoSettings",
    "looks_like_clip",
    "require_for_clips",
    "restore_batch",
    "restore_clip",
]
