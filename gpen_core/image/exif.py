"""EXIF of a picture whose pixels have been turned upright."""

from __future__ import annotations

import logging
import struct

from PIL import Image, TiffImagePlugin

logger = logging.getLogger(__name__)

JPEG_PREFIX = b"Exif\x00\x00"
_ORIENTATION, _SHORT = 0x0112, 3
_SUB_IFDS = (0x8769, 0x8825)  # Exif, GPS
# Tags that describe a TIFF file rather than its layout (TIFF 6.0, Exif 2.32, and the XP* tags of Windows).
_DESCRIPTIVE = (
    *(0x010E, 0x010F, 0x0110, 0x0131, 0x0132, 0x013B, 0x013C, 0x8298),  # title, camera, software, date, author
    *(0x011A, 0x011B, 0x0128),  # resolution
    *range(0x9C9B, 0x9CA0),
)


def split_orientation(exif: bytes) -> tuple[int, bytes | None]:
    """Orientation, 1 to 8, and the same EXIF with orientation 1 and without a thumbnail.

    Only those bytes change: maker notes point into the block by offset and would break if it were written anew.
    Damaged EXIF gives (1, None) and a warning. Layout: TIFF 6.0, section 2.
    """
    exif = exif.removeprefix(JPEG_PREFIX)
    try:
        return _split_orientation(bytearray(exif))
    except (struct.error, KeyError):
        logger.warning("The EXIF data is damaged and is left out.")
        return 1, None


def _split_orientation(exif: bytearray) -> tuple[int, bytes]:
    order = {b"II*\x00": "<", b"MM\x00*": ">"}[bytes(exif[:4])]
    (start,) = struct.unpack_from(f"{order}I", exif, 4)
    (count,) = struct.unpack_from(f"{order}H", exif, start)
    orientation = 1
    for entry in range(start + 2, start + 2 + 12 * count, 12):
        tag, kind, _, value = struct.unpack_from(f"{order}HHIH", exif, entry)
        if tag == _ORIENTATION and kind == _SHORT:
            orientation = value if 1 <= value <= 8 else 1
            struct.pack_into(f"{order}H", exif, entry + 8, 1)
    end = start + 2 + 12 * count
    exif[end : end + 4] = bytes(len(exif[end : end + 4]))  # no next directory, which is the thumbnail's
    return orientation, bytes(exif)


def exif_of_tiff(image: TiffImagePlugin.TiffImageFile) -> bytes | None:
    """EXIF of a TIFF file, whose own tags are mixed with those that say where its pixels are."""
    source, kept = image.getexif(), Image.Exif()
    kept.update({tag: source[tag] for tag in _DESCRIPTIVE if tag in source})
    for tag in _SUB_IFDS:
        if tag in source:
            kept[tag] = dict(source.get_ifd(tag))
    if not kept:
        return None
    try:
        return kept.tobytes().removeprefix(JPEG_PREFIX)
    except (struct.error, TypeError, ValueError, AttributeError) as error:
        logger.warning("The EXIF data of the TIFF file is damaged and is left out (%s).", error)
        return None
