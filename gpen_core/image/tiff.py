"""TIFF files whose pixels are of kinds that cannot be restored, told before they are decoded.

Sources: TIFF 6.0, section 19 (sample format); the LogLuv encoding of G. Ward Larson, 1998.
"""

from __future__ import annotations

import io
import struct

from PIL import TiffImagePlugin

from .picture import PictureError

BITS_PER_SAMPLE, PHOTOMETRIC, EXTRA_SAMPLES, SAMPLE_FORMAT = 258, 262, 338, 339
_BIG_TIFF = 43
_FLOATING_POINT = 3
_LOGARITHMIC = (32844, 32845)  # LogL and LogLuv of libtiff: 32-bit floats, stored as logarithms


def refuse_unreadable(data: bytes, name: str) -> None:
    """Raises PictureError for floating-point pixels and those of more than 16 bits; a damaged file passes."""
    try:
        directory = _directory(data)
        bits = max(directory.get(BITS_PER_SAMPLE, (1,)))
        floating = _FLOATING_POINT in directory.get(SAMPLE_FORMAT, (1,))
        if directory.get(PHOTOMETRIC) in _LOGARITHMIC:
            floating, bits = True, 32
    except (OSError, SyntaxError, ValueError, TypeError, LookupError, struct.error):
        return
    if floating:
        raise PictureError(
            f"{name} stores floating-point values of {bits} bits, and does not say which of them is white.\n"
            "Expected 8 or 16 bits per channel. Open it in an image editor, set the exposure and save it so."
        )
    if bits > 16:
        raise PictureError(f"{name} stores {bits} bits per channel.\nExpected 8 or 16. Save it so in an image editor.")


def _directory(data: bytes) -> TiffImagePlugin.ImageFileDirectory_v2:
    """The first picture's."""
    big = len(data) > 2 and _BIG_TIFF in (data[2], data[3])
    directory = TiffImagePlugin.ImageFileDirectory_v2(data[: 16 if big else 8])
    file = io.BytesIO(data)
    file.seek(directory.next)
    directory.load(file)
    return directory
