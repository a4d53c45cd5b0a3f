"""Pixels -> the bytes of a PNG or JPEG file that goes with the picture they came from."""

from __future__ import annotations

import io
import logging
from dataclasses import replace

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from .exif import JPEG_PREFIX
from .icc import ProfileError, to_srgb
from .picture import PictureError, PictureFile
from .png import Samples, png_bytes

logger = logging.getLogger(__name__)

_JPEG_MAX_SIDE = 65500  # px, of libjpeg
_JPEG_MAX_PROFILE = 255 * 65519  # bytes, in as many marker segments (ICC.1, section B.4)
# Bytes. Programs built on Pillow, ComfyUI among them, refuse to open a PNG file whose profile has 1 MiB or more.
_PNG_MAX_PROFILE = (1 << 20) - 1
_JPEG_MAX_EXIF = 65533 - len(JPEG_PREFIX)  # bytes in one marker segment


def encode_png(pixels: Tensor, like: PictureFile | None) -> bytes:
    """Lossless; 16 bits, grey, alpha, profile and EXIF as in `like`. See `write_picture`."""
    pixels, like = _with_profile_that_fits(pixels, like, _PNG_MAX_PROFILE)
    bits = 8 if like is None else like.bits
    samples = _as_stored(_quantised(pixels, bits), like)
    grey = samples.shape[2] == 1
    if like is not None and like.alpha is not None:
        samples = np.concatenate([samples, _quantised(like.alpha, bits)[..., None]], axis=2)
    return png_bytes(samples, _profile(like, grey), None if like is None else like.exif)


def encode_jpeg(pixels: Tensor, like: PictureFile | None, quality: int) -> bytes:
    """8 bits on white; grey, profile and EXIF as in `like`. See `write_picture`."""
    if max(pixels.shape[:2]) > _JPEG_MAX_SIDE:
        raise PictureError(
            f"A JPEG file holds at most {_JPEG_MAX_SIDE} pixels a side; this picture has {pixels.shape[1]} x "
            f"{pixels.shape[0]}.\nSave it as PNG."
        )
    if like is not None and like.alpha is not None:
        alpha = like.alpha[..., None]
        pixels = pixels * alpha + (1 - alpha)
    pixels, like = _with_profile_that_fits(pixels, like, _JPEG_MAX_PROFILE)
    samples = _as_stored(_quantised(pixels, 8), like)
    grey = samples.shape[2] == 1
    buffer = io.BytesIO()
    Image.fromarray(samples[..., 0] if grey else samples).save(
        buffer,
        "JPEG",
        quality=quality,
        subsampling="4:4:4" if quality >= 90 else "4:2:0",
        icc_profile=_profile(like, grey),
        exif=_jpeg_exif(like),
    )
    return buffer.getvalue()


def _with_profile_that_fits(pixels: Tensor, like: PictureFile | None, most: int) -> tuple[Tensor, PictureFile | None]:
    """As given if the profile has at most `most` bytes; else as sRGB, of 8 bits, without a profile, and a warning."""
    if like is None or like.icc_profile is None or len(like.icc_profile) <= most:
        return pixels, like
    size = len(like.icc_profile) / 1e6
    plain = replace(like, bits=8, icc_profile=None)
    samples = _as_stored(_quantised(pixels, 8), like)
    try:
        image = Image.fromarray(samples[..., 0] if samples.shape[2] == 1 else samples)
        converted = np.asarray(to_srgb(image, like.icc_profile), np.float32) / 255
    except ProfileError as error:
        logger.warning("The ICC profile (%.1f MB) cannot be used (%s) and is left out.", size, error)
        return pixels, replace(like, icc_profile=None)
    logger.warning(
        "The ICC profile (%.1f MB) is too large for such a file: colours are converted to sRGB, 8 bits.", size
    )
    return torch.from_numpy(converted), plain


def _quantised(values: Tensor, bits: int) -> Samples:
    lowest, highest = values.aminmax()  # takes no memory and passes NaN on
    if not torch.isfinite(lowest + highest):
        raise PictureError(
            "The picture holds values that are not numbers (NaN or infinite), so nothing was written.\n"
            "This happens when half precision overflows: run again with precision fp32."
        )
    top = 2**bits - 1
    levels = values.clamp(0, 1).mul_(top).round_()  # in place, after one copy: pictures can be large
    return levels.numpy().astype(np.uint8 if bits == 8 else np.uint16)


def _as_stored(samples: Samples, like: PictureFile | None) -> Samples:
    """(H, W, 3), or (H, W, 1) where the source was grey and nothing has added colour."""
    grey = like is not None and like.grey and bool((samples == samples[..., :1]).all())
    return samples[..., :1] if grey else samples


def _profile(like: PictureFile | None, grey: bool) -> bytes | None:
    """The profile of the source, unless it is one for grey values and the result has colours."""
    if like is None or like.icc_profile is None:
        return None
    colour_space = like.icc_profile[16:20]  # ICC.1, section 7.2
    if colour_space == b"GRAY" and not grey:
        logger.warning("The grey picture now has colours: its ICC profile, which is for grey values only, is left out.")
        return None
    return like.icc_profile


def _jpeg_exif(like: PictureFile | None) -> bytes:
    exif = b"" if like is None else like.exif or b""
    if len(exif) > _JPEG_MAX_EXIF:
        logger.warning("The EXIF data (%d bytes) is too long for a JPEG file and is left out.", len(exif))
        return b""
    return JPEG_PREFIX + exif if exif else b""
