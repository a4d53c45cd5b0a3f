"""A picture read from a file, and what can be wrong with such a file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from torch import Tensor

from ..errors import GPENError

Format = Literal["jpeg", "png", "tiff", "webp", "bmp", "avif", "heic"]
FORMATS: tuple[Format, ...] = get_args(Format)


class PictureError(GPENError):
    """A picture file cannot be found, read or written."""

    __module__ = "gpen_core.image"


class PictureExistsError(PictureError):
    """The file to be written is already there."""

    __module__ = "gpen_core.image"


@dataclass(frozen=True, eq=False)
class PictureFile:
    """Pixels of a file, and what is needed to write others that look the same in every viewer.

    pixels: (H, W, 3) float32 RGB in [0, 1], upright: the EXIF orientation is applied. The values are the file's own;
        `icc_profile` says which colours they stand for. CMYK is converted to sRGB.
    alpha: (H, W) float32 in [0, 1], 1 opaque, not premultiplied; None where the file has no transparency.
    bits: per channel of the file; fewer than 8 count as 8.
    grey: the file stores grey values, not colours that happen to be grey.
    icc_profile: as it was in the file, None for sRGB.
    exif: a TIFF structure without the "Exif" prefix that JPEG asks for. Its orientation is 1, its thumbnail is left out
        (it would show the picture before any change), every other tag is as it was.
    format: of the file.
    """

    pixels: Tensor
    alpha: Tensor | None
    bits: Literal[8, 16]
    grey: bool
    icc_profile: bytes | None
    exif: bytes | None
    format: Format
