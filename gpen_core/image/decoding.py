"""The bytes of a picture file -> upright RGB pixels, whatever the file's format, depth and colours."""

from __future__ import annotations

import io
import logging
import struct

import cv2
import numpy as np
import torch
from PIL import Image, ImageFile, TiffImagePlugin
from torch import Tensor

from .exif import exif_of_tiff, split_orientation
from .heif import HeicPicture, Kind, kind_of, require_reader, warn_of_lost_depth
from .icc import ProfileError, to_srgb
from .picture import FORMATS, Format, PictureError, PictureFile
from .png import Samples
from .png_chunks import split_profile
from .tiff import BITS_PER_SAMPLE, EXTRA_SAMPLES, PHOTOMETRIC, SAMPLE_FORMAT, refuse_unreadable

logger = logging.getLogger(__name__)

# A 200-megapixel phone picture passes; 16384 x 16384 pixels take 3 GB as float RGB.
MAX_PIXELS = 16384 * 16384

_REDUCE = "Reduce it in an image editor first. A small file that claims to be so large may be damaged."

# What Pillow's decoders raise on damaged files; RuntimeError is that for AVIF.
_DAMAGE = (
    *(OSError, SyntaxError, ValueError, TypeError, IndexError, KeyError, EOFError, OverflowError, struct.error),
    RuntimeError,
)
_GREY_MODES = ("1", "L", "LA")
_READABLE_MODES = (*_GREY_MODES, "P", "PA", "RGB", "RGBA", "RGBX", "YCbCr", "CMYK")


def decode_picture(data: bytes, name: str) -> PictureFile:
    """Decode a JPEG, PNG, TIFF, WebP, BMP, HEIC or AVIF file; `name` is for messages.

    Of an animation or a file with several pages the first is read, and a note logged. Raises PictureError.
    """
    kind = _readable_kind(data, name)
    if kind == "heic":
        return _decode_heic(data, name)
    if kind == "avif":
        warn_of_lost_depth(data, name)
    return _decode_by_pillow(data, name)


def _decode_heic(data: bytes, name: str) -> PictureFile:
    image = _open_heic(data, name)
    colour, alpha = image.samples()
    return PictureFile(
        pixels=_to_unit(colour),
        alpha=None if alpha is None else _to_unit(alpha),
        bits=16 if colour.dtype == np.uint16 else 8,
        grey=image.grey,
        icc_profile=image.icc_profile,
        exif=image.exif,
        format="heic",
    )


def _decode_by_pillow(data: bytes, name: str) -> PictureFile:
    data, profile = _split(data, name)
    image, format = _open(data, name)
    try:
        image.load()
        frames = 1 if format == "jpeg" else getattr(image, "n_frames", 1)  # a phone's JPEG may hold a depth map too
    except Image.DecompressionBombError as error:  # Pillow's own limit, which its reader of TIFF files asks, too
        raise _too_large(name, error) from error
    except _DAMAGE as error:
        raise _damaged(name, error) from error
    if frames > 1:
        logger.warning("%s holds %d pictures; only the first is read.", name, frames)

    orientation, exif = _exif(image)
    deep = _is_16_bit(image, data, name)
    colour, alpha = _samples_16(image, data, name) if deep else _samples_8(image, name)
    return PictureFile(
        pixels=_to_unit(_upright(colour, orientation)),
        alpha=None if alpha is None else _to_unit(_upright(alpha, orientation)),
        bits=16 if deep else 8,
        grey=_is_grey_16(image, data) if deep else image.mode in _GREY_MODES,
        icc_profile=None if image.mode == "CMYK" else profile or image.info.get("icc_profile") or None,
        exif=exif,
        format=format,
    )


def picture_size(data: bytes, name: str) -> tuple[int, int]:
    """(width, height) in pixels as the header of the file says, before its EXIF orientation; no pixel is decoded.

    Raises PictureError for a header that is damaged, of another format or of too large a picture.
    """
    if _readable_kind(data, name) == "heic":
        return _open_heic(data, name).size
    return _open(_split(data, name)[0], name)[0].size


def _readable_kind(data: bytes, name: str) -> Kind | None:
    kind = kind_of(data)
    if kind is not None:
        require_reader(kind, name)
    return kind


def _open_heic(data: bytes, name: str) -> HeicPicture:
    image = HeicPicture(data, name)
    _check_size(*image.size, name)
    return image


def _split(data: bytes, name: str) -> tuple[bytes, bytes | None]:
    """The file as Pillow takes it, and the colour profile that was taken out for that."""
    return split_profile(data, name) if data.startswith(b"\x89PNG") else (data, None)


def _open(data: bytes, name: str) -> tuple[ImageFile.ImageFile, Format]:
    """Read the header. Pillow's own size limit is global, so its format table is used without `Image.open`."""
    Image.init()
    try:
        for format in FORMATS:
            factory, accept = Image.OPEN.get(format.upper(), (None, None))
            if factory is not None and accept is not None and accept(data[:16]) is True:
                if format == "tiff":
                    refuse_unreadable(data, name)
                image = factory(io.BytesIO(data), name)
                break
        else:
            raise PictureError(
                f"{name} is not a picture of an accepted format.\n"
                "JPEG, PNG, TIFF, WebP, BMP, HEIC and AVIF can be read. Convert other pictures (GIF, raw) first."
            )
    except Image.DecompressionBombError as error:  # of its decoder for WebP, whatever the way to it
        raise _too_large(name, error) from error
    except _DAMAGE as error:
        raise _damaged(name, error) from error
    _check_size(image.width, image.height, name)
    return image, format


def _check_size(width: int, height: int, name: str) -> None:
    if width * height > MAX_PIXELS:
        raise PictureError(
            f"{name} is too large: {width} x {height} pixels, at most {MAX_PIXELS // 10**6} megapixels are read.\n"
            f"{_REDUCE}"
        )


def _too_large(name: str, error: Exception) -> PictureError:
    return PictureError(f"{name} is too large: {error}\n{_REDUCE}")


def _damaged(name: str, error: Exception) -> PictureError:
    return PictureError(
        f"{name} is damaged or incomplete and cannot be read ({error}).\n"
        "Copy or download it again, or open and save it in an image editor."
    )


def _exif(image: ImageFile.ImageFile) -> tuple[int, bytes | None]:
    """Orientation still to be applied, and EXIF without it. Pillow and OpenCV apply that of TIFF files themselves."""
    if isinstance(image, TiffImagePlugin.TiffImageFile):
        return 1, exif_of_tiff(image)
    exif = image.info.get("exif")
    return split_orientation(exif) if exif else (1, None)


def _is_16_bit(image: ImageFile.ImageFile, data: bytes, name: str) -> bool:
    if image.format == "PNG":
        return data[24] == 16  # bit depth in the IHDR chunk, which comes first
    if not isinstance(image, TiffImagePlugin.TiffImageFile) or set(image.tag_v2.get(BITS_PER_SAMPLE, ())) != {16}:
        return False
    plain = (
        image.tag_v2.get(PHOTOMETRIC) in (1, 2)  # grey with black 0, RGB
        and set(image.tag_v2.get(SAMPLE_FORMAT, (1,))) == {1}  # unsigned integers
        and set(image.tag_v2.get(EXTRA_SAMPLES, (2,))) == {2}  # alpha, not premultiplied
    )
    if not plain and image.mode in _READABLE_MODES:
        logger.warning("%s is a 16-bit TIFF of a rare kind; it is read with 8 bits per channel.", name)
    return plain


def _is_grey_16(image: ImageFile.ImageFile, data: bytes) -> bool:
    """From the header: Pillow gives 16-bit grey with alpha as RGBA."""
    if isinstance(image, TiffImagePlugin.TiffImageFile):
        return image.tag_v2.get(PHOTOMETRIC) == 1
    return data[25] in (0, 4)  # colour type in the IHDR chunk: grey, grey with alpha


def _samples_16(image: ImageFile.ImageFile, data: bytes, name: str) -> tuple[Samples, Samples | None]:
    """(H, W, 3) RGB and (H, W) alpha by OpenCV: Pillow reduces 16-bit colours to 8 bits."""
    decoded = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    if decoded is None or decoded.dtype != np.uint16:
        raise PictureError(
            f"{name} stores its 16-bit pixels in a way that is not supported.\nSave it as PNG in an image editor."
        )
    decoded = np.atleast_3d(decoded).astype(np.uint16, copy=False)
    if decoded.shape[2] >= 3:
        return decoded[..., 2::-1], decoded[..., 3] if decoded.shape[2] == 4 else None
    key = image.info.get("transparency")  # OpenCV applies the transparent colour of RGB, not that of grey
    alpha = None if key is None else np.where(decoded[..., 0] == key, 0, 65535).astype(np.uint16)
    return decoded.repeat(3, axis=2), alpha


def _samples_8(image: ImageFile.ImageFile, name: str) -> tuple[Samples, Samples | None]:
    """(H, W, 3) RGB and (H, W) alpha by Pillow."""
    if image.mode not in _READABLE_MODES:
        raise PictureError(
            f"{name} stores its pixels in a way that is not supported (Pillow mode {image.mode}).\n"
            "Expected 8 or 16 bits per channel, grey, RGB or CMYK. Save it so, as PNG for example, in an image editor."
        )
    if image.mode == "CMYK":
        return np.asarray(_cmyk_to_srgb(image, name)), None
    if image.mode in ("LA", "PA", "RGBA") or "transparency" in image.info:
        rgba = np.asarray(image.convert("RGBA"))
        return rgba[..., :3], rgba[..., 3]
    return np.asarray(image.convert("RGB")), None


def _cmyk_to_srgb(image: ImageFile.ImageFile, name: str) -> Image.Image:
    profile = image.info.get("icc_profile")
    if profile:
        try:
            return to_srgb(image, profile)
        except ProfileError as error:
            logger.warning("The CMYK profile of %s cannot be used (%s); its colours are approximate.", name, error)
    return image.convert("RGB")


def _upright(samples: Samples, orientation: int) -> Samples:
    """Apply an EXIF orientation, 1 to 8 (Exif 2.32, tag 274), to (H, W) or (H, W, C)."""
    if orientation >= 5:
        samples = samples.swapaxes(0, 1)
    if orientation in (3, 4, 7, 8):
        samples = samples[::-1]
    if orientation in (2, 3, 6, 7):
        samples = samples[:, ::-1]
    return samples


def _to_unit(samples: Samples) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(samples, np.float32) / np.iinfo(samples.dtype).max)
