"""PNG files of 8 or 16 bits. Pillow writes no 16-bit colours, OpenCV neither grey with alpha nor profiles and EXIF.

Source: PNG Specification, third edition (W3C).
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.uint8 | np.uint16]

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_COLOUR_TYPES = {1: 0, 2: 4, 3: 2, 4: 6}  # channels -> colour type: grey, grey + alpha, RGB, RGBA
_ROWS_AT_ONCE = 64  # keeps the arrays of the filter small


def png_bytes(samples: Samples, icc_profile: bytes | None = None, exif: bytes | None = None) -> bytes:
    """A PNG file of (H, W, C) samples, uint8 or uint16; C is 1 grey, 2 grey and alpha, 3 RGB or 4 RGBA.

    exif: a TIFF structure, without the prefix that JPEG asks for.
    """
    height, width, channels = samples.shape
    header = struct.pack(">IIBBBBB", width, height, 8 * samples.itemsize, _COLOUR_TYPES[channels], 0, 0, 0)
    chunks = [_SIGNATURE, _chunk(b"IHDR", header)]
    if icc_profile:
        chunks.append(_chunk(b"iCCP", b"ICC Profile\x00\x00" + zlib.compress(icc_profile)))
    if exif:
        chunks.append(_chunk(b"eXIf", exif))
    chunks += (_chunk(b"IDAT", part) for part in _compressed(samples))
    chunks.append(_chunk(b"IEND", b""))
    return b"".join(chunks)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _compressed(samples: Samples) -> Iterator[bytes]:
    height, _, channels = samples.shape
    stream = zlib.compressobj()
    above = None
    for top in range(0, height, _ROWS_AT_ONCE):
        block = samples[top : top + _ROWS_AT_ONCE]
        rows = block.astype(block.dtype.newbyteorder(">")).reshape(len(block), -1).view(np.uint8)
        above = np.zeros_like(rows[:1]) if above is None else above
        yield stream.compress(_filtered(rows, above, channels * samples.itemsize).tobytes())
        above = rows[-1:]
    yield stream.flush()


def _filtered(rows: NDArray[np.uint8], above: NDArray[np.uint8], pixel: int) -> NDArray[np.uint8]:
    """(N, 1 + bytes) rows, each with the filter that makes the sum of absolute differences smallest (section 12.7).

    above: (1, bytes), the row before the first.  pixel: bytes per pixel.
    """
    left = np.zeros_like(rows)
    left[:, pixel:] = rows[:, :-pixel]
    up = np.concatenate([above, rows[:-1]])
    up_left = np.zeros_like(rows)
    up_left[:, pixel:] = up[:, :-pixel]
    predictions = {0: np.zeros_like(rows), 1: left, 2: up, 4: _paeth(left, up, up_left)}
    filtered = np.stack([rows - prediction for prediction in predictions.values()])
    costs = np.abs(filtered.view(np.int8).astype(np.int16)).sum(axis=2, dtype=np.int64)
    best = costs.argmin(axis=0)
    kinds = np.array(list(predictions), np.uint8)[best]
    return np.concatenate([kinds[:, None], filtered[best, np.arange(len(rows))]], axis=1)


def _paeth(left: NDArray[np.uint8], up: NDArray[np.uint8], up_left: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The neighbour nearest to left + up - up_left, ties in that order (section 9.4)."""
    a, b, c = (x.astype(np.int16) for x in (left, up, up_left))
    to_a, to_b = np.abs(b - c), np.abs(a - c)
    to_c = np.abs(a + b - 2 * c)
    return np.where((to_a <= to_b) & (to_a <= to_c), left, np.where(to_b <= to_c, up, up_left))
