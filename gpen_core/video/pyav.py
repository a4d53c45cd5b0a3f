"""PyAV, which brings FFmpeg: an optional dependency, imported where a clip is read or written."""

from __future__ import annotations

from typing import Any

from .errors import ClipError


def import_av() -> Any:
    """The package `av`. Raises ClipError where it is missing."""
    try:
        import av
    except ImportError as error:
        raise ClipError(
            f"Clips are read and written with PyAV, which cannot be imported: {error}.\n"
            'Install it with: pip install "av>=14.2"'
        ) from error
    return av
