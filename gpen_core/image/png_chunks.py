"""What a PNG file holds beside its pixels, taken out before a decoder sees it.

Pillow gives up a whole picture over a profile or a text of more than 1 MiB (PngImagePlugin.MAX_TEXT_CHUNK), which is
set for the whole program and so not ours to change. Source: PNG Specification, third edition (W3C), section 5.3.
"""

from __future__ import annotations

import logging
import struct
import zlib

logger = logging.getLogger(__name__)

_FIRST_CHUNK = 8  # after the signature
_HEAD, _CRC = 8, 4  # bytes before and after a chunk's data
_TEXTS = (b"tEXt", b"zTXt", b"iTXt")
_LARGEST_PROFILE = 64 << 20  # bytes; the largest of printers and scanners have a few MB


def split_profile(data: bytes, name: str) -> tuple[bytes, bytes | None]:
    """A PNG file without its ICC profile and texts, and the profile; `name` is for messages.

    A damaged profile gives None and a warning. What follows a damaged chunk is left as it is, for the decoder to judge.
    """
    kept: list[memoryview] = []
    whole, profile = memoryview(data), None
    start = position = _FIRST_CHUNK
    kept.append(whole[:start])
    while position + _HEAD <= len(data):
        length, kind = struct.unpack_from(">I4s", data, position)
        end = position + _HEAD + length + _CRC
        if end > len(data):
            break
        if kind == b"iCCP" or kind in _TEXTS:
            kept.append(whole[start:position])
            start = end
        if kind == b"iCCP" and profile is None:
            profile = _profile(data[position + _HEAD : end - _CRC], name)
        position = end
    if start == _FIRST_CHUNK:
        return data, None
    return b"".join([*kept, whole[start:]]), profile


def _profile(chunk: bytes, name: str) -> bytes | None:
    """Of the data of an iCCP chunk: a name, a zero, the method of compression, which is 0, and the profile."""
    stream = zlib.decompressobj()
    try:
        profile = stream.decompress(chunk[chunk.index(0) + 2 :], _LARGEST_PROFILE)
    except (ValueError, zlib.error):
        profile = b""
    if not stream.eof:
        logger.warning("The ICC profile of %s is damaged or too large and is left out.", name)
        return None
    return profile or None
