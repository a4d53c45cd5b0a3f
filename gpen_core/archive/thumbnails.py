"""Small copies of pictures, as text that pages can hold."""

from __future__ import annotations

import base64
import io
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from ..image import PictureError, read_picture

_QUALITY = 60  # of WebP: about 2 kB at 128 px, 8 kB at 320


def thumbnail(path: Path, side: int) -> str | None:
    """A WebP picture of at most `side` px in base64, upright; None for a file that is not there or no picture."""
    try:
        pixels = read_picture(path).pixels.numpy()
    except (PictureError, OSError):
        return None
    height, width = pixels.shape[:2]
    scale = min(1.0, side / max(height, width))
    size = (max(round(width * scale), 1), max(round(height * scale), 1))
    small = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
    file = io.BytesIO()
    Image.fromarray((small * 255).round().clip(0, 255).astype(np.uint8)).save(file, "WEBP", quality=_QUALITY)
    return base64.b64encode(file.getvalue()).decode("ascii")
