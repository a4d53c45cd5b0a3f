"""HEIC and AVIF, in which phones write: told apart, and HEIC decoded.

Both are containers of ISO/IEC 23008-12 (HEIF). AVIF is read by Pillow, HEIC by pillow-heif, where they can; neither is
required. pillow-heif's opener is not registered, because that would change Pillow for the whole program.
"""

from __future__ import annotations

import importlib.util
import logging
import struct
from typing import Any, Literal

import numpy as np
from PIL import features

from .exif import split_orientation
from .picture import PictureError
from .png import Samples

logger = logging.getLogger(__name__)

Kind = Literal["heic", "avif"]

_AVIF_BRANDS = {b"avif", b"avis"}
_HEIC_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"mif1", b"msf1"}
_SRGB_PRIMARIES = (1, 2)  # of ITU-T H.273: those of BT.709 and sRGB, and "unspecified"
_HIGH_DYNAMIC_RANGE = (16, 18)  # transfer characteristics of ITU-T H.273: PQ and HLG

# What libheif raises through pillow-heif on damaged files.
_DAMAGE = (OSError, SyntaxError, ValueError, RuntimeError, LookupError, EOFError, TypeError)

_ADVICE: dict[Kind, str] = {
    "heic": "HEIC pictures are read with pillow-heif: python -m pip install pillow-heif",
    "avif": "AVIF pictures are read by Pillow from 11.3 on: python -m pip install --upgrade pillow",
}


def kind_of(data: bytes) -> Kind | None:
    """By the brands in its first box, or None for what is neither."""
    if data[4:8] != b"ftyp":
        return None
    (size,) = struct.unpack_from(">I", data)
    brands = {data[start : start + 4] for start in (8, *range(16, min(size, len(data), 512), 4))}
    if brands & _AVIF_BRANDS:
        return "avif"
    return "heic" if brands & _HEIC_BRANDS else None


def missing(kind: Kind) -> str | None:
    """What to install before such pictures can be read; None if they can."""
    if kind == "avif":
        there = "avif" in features.modules and bool(features.check("avif"))
    else:
        there = importlib.util.find_spec("pillow_heif") is not None
    return None if there else _ADVICE[kind]


def require_reader(kind: Kind, name: str) -> None:
    """Raises PictureError, which says what to install, when such pictures cannot be read."""
    advice = missing(kind)
    if advice is not None:
        raise PictureError(f"{name} is of the kind {kind.upper()}, for which a package is missing.\n{advice}")


def warn_of_lost_depth(avif: bytes, name: str) -> None:
    """Pillow reduces AVIF pictures of 10 and 12 bits to 8."""
    configuration = avif.find(b"av1C") + 4  # AV1 in ISOBMFF, section 2.3.3: in its third byte seq_tier, high_bitdepth
    if configuration >= 4 and avif[configuration + 2 : configuration + 3] and avif[configuration + 2] & 0x40:
        logger.warning("%s has more than 8 bits per channel; it is read with 8.", name)


class HeicPicture:
    """The main picture of a HEIC file: `size` (width, height) px from the header, and more once it is decoded.

    Upright: turns and mirrorings are in the container, and the EXIF orientation is only informative.
    """

    def __init__(self, data: bytes, name: str) -> None:
        """Raises PictureError for a damaged file."""
        import pillow_heif  # optional

        self._name = name
        try:
            # Through Any: the package has no types that name what an image is. 10 and 12 bits come as 16.
            self._image: Any = pillow_heif.open_heif(data, convert_hdr_to_8bit=False)
            self.size: tuple[int, int] = self._image.size
        except _DAMAGE as error:
            raise self._damaged(error) from error

    def samples(self) -> tuple[Samples, Samples | None]:
        """(H, W, 3) RGB and (H, W) alpha or None, uint8 or uint16. Raises PictureError for a damaged file."""
        try:
            decoded = np.asarray(self._image)
        except _DAMAGE as error:
            raise self._damaged(error) from error
        self._warn_of_colours()
        decoded = np.atleast_3d(decoded)
        colour, alpha = (decoded[..., :-1], decoded[..., -1]) if decoded.shape[2] in (2, 4) else (decoded, None)
        return np.broadcast_to(colour, (*colour.shape[:2], 3)), alpha

    @property
    def grey(self) -> bool:
        """Whether grey values are stored."""
        return self._image.mode.startswith(("L", "I"))

    @property
    def icc_profile(self) -> bytes | None:
        """As it was in the file."""
        return self._image.info.get("icc_profile") or None

    @property
    def exif(self) -> bytes | None:
        """With orientation 1."""
        exif = self._image.info.get("exif")
        return split_orientation(exif)[1] if exif else None

    def _warn_of_colours(self) -> None:
        colours = self._image.info.get("nclx_profile") or {}
        if colours.get("transfer_characteristics") in _HIGH_DYNAMIC_RANGE:
            logger.warning("%s has a high dynamic range (PQ or HLG); its values are taken as they are.", self._name)
        elif self.icc_profile is None and colours.get("color_primaries", 1) not in _SRGB_PRIMARIES:
            logger.warning("%s has the colours of a wide gamut without a profile; they are taken for sRGB.", self._name)

    def _damaged(self, error: Exception) -> PictureError:
        return PictureError(
            f"{self._name} is damaged or incomplete and cannot be read ({error}).\n"
            "Copy or download it again, or open and save it in an image editor."
        )
