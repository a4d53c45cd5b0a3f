"""Reading and writing picture files."""

from __future__ import annotations

import contextlib
import os
import stat
import uuid
from pathlib import Path
from typing import Literal

import torch
from torch import Tensor

from .decoding import decode_picture, picture_size
from .encoding import encode_jpeg, encode_png
from .picture import PictureError, PictureExistsError, PictureFile

_LARGEST = 2 << 30  # bytes; the largest picture that is decoded has 1.6 GB without compression, in 16 bits
SUFFIXES = {"png": (".png",), "jpeg": (".jpg", ".jpeg")}


def read_picture(path: str | Path) -> PictureFile:
    """Read a JPEG, PNG, TIFF, WebP, BMP, HEIC or AVIF file; its content decides, not its name.

    HEIC asks for pillow-heif, AVIF for Pillow 11.3. Raises PictureError for a file that is missing, empty, damaged, too
    large, not a picture of these formats, or one whose package is missing.
    """
    path = Path(path)
    return decode_picture(_content_of(path), path.name)


def read_size(path: str | Path) -> tuple[int, int]:
    """(width, height) in pixels of a picture file, as its header says; its EXIF orientation may swap them.

    Raises PictureError as `read_picture` does for what the header shows.
    """
    path = Path(path)
    return picture_size(_content_of(path), path.name)


def _content_of(path: Path) -> bytes:
    """All bytes of a file. Raises PictureError."""
    try:
        data = _bytes_of_regular(path)
    except FileNotFoundError as error:
        raise PictureError(
            f"There is no file {path}.\nCheck the spelling; relative paths start at {Path.cwd()}."
        ) from error
    except OSError as error:
        raise PictureError(
            f"{path} cannot be read: {error.strerror or error}.\nCheck its permissions and the disk."
        ) from error
    if not data:
        raise PictureError(f"{path.name} is empty (0 bytes).\nCopy or download it again.")
    return data


def _bytes_of_regular(path: Path) -> bytes:
    """All bytes of a regular file: a pipe or device could keep a reader waiting, or never end. Raises OSError."""
    state = path.stat()
    if stat.S_ISDIR(state.st_mode):
        raise PictureError(f"{path} is a folder; a picture file was expected.")
    if not stat.S_ISREG(state.st_mode):
        raise PictureError(f"{path} is a pipe or a device; a picture file was expected.\nSave what it gives as a file.")
    if state.st_size > _LARGEST:
        raise PictureError(
            f"{path.name} has {state.st_size / 1e9:.1f} GB; pictures of up to {_LARGEST / 1e9:.1f} GB are read.\n"
            "Save it smaller, or with compression."
        )
    return path.read_bytes()


def write_picture(
    path: str | Path,
    pixels: Tensor,
    like: PictureFile | None,
    format: Literal["png", "jpeg"],
    quality: int = 95,
    overwrite: bool = False,
) -> None:
    """Write a picture whole or not at all.

    pixels: (H, W, 3) RGB in [0, 1], upright; rounded to the nearest level, values outside are clamped.
    like: the picture the pixels were made from. The file gets its ICC profile and its EXIF; PNG also its 16 bits and
        its alpha, whose size must be that of the pixels. A grey source gives a grey file as long as every pixel is
        grey. None gives 8-bit RGB and nothing else. Of a profile too large for such a file (PNG 1 MiB, JPEG 16 MB) the
        colours are converted to sRGB, of 8 bits, with a warning: many programs could not open the file otherwise.
    format: "png" is lossless: pixels that nobody touched come back bit for bit. "jpeg" has 8 bits, transparent parts on
        white.
    quality: of JPEG, 1 to 100; from 90 on colours keep the full resolution (4:4:4), below they are halved (4:2:0).
    overwrite: replace a file of that name; without it PictureExistsError is raised.

    The file is written under another name beside its place and then renamed. Raises PictureError, ValueError.
    """
    path = Path(path)
    _check_request(path, pixels, like, format, quality)
    _check_place(path, overwrite)
    pixels = pixels.detach().to("cpu", torch.float32)
    data = encode_png(pixels, like) if format == "png" else encode_jpeg(pixels, like, quality)
    part = path.with_name(f".{uuid.uuid4().hex}.part")
    try:
        with part.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        _check_place(path, overwrite)  # another program may have written it in the meantime
        part.replace(path)
    except OSError as error:
        raise _cannot_be_written(path, error) from error
    finally:
        with contextlib.suppress(OSError):  # gone after the rename; else a second failure must not hide the first
            part.unlink()


def _cannot_be_written(path: Path, error: OSError) -> PictureError:
    return PictureError(
        f"{path} cannot be written: {error.strerror or error}.\n"
        "Check the name, the folder's permissions and the free space."
    )


def _check_request(path: Path, pixels: Tensor, like: PictureFile | None, format: str, quality: int) -> None:
    if format not in SUFFIXES:
        raise ValueError(f"format must be 'png' or 'jpeg', not {format!r}.")
    if path.suffix.lower() not in SUFFIXES[format]:
        raise PictureError(
            f"{path.name} is no name for a {format.upper()} file.\nIt should end in {' or '.join(SUFFIXES[format])}."
        )
    if not 1 <= quality <= 100:
        raise ValueError(f"quality must be from 1 to 100, not {quality}.")
    if pixels.ndim != 3 or pixels.shape[2] != 3 or pixels.numel() == 0:
        raise ValueError(f"pixels must be (H, W, 3), not {tuple(pixels.shape)}.")
    if like is not None and like.alpha is not None and like.alpha.shape != pixels.shape[:2]:
        raise ValueError(
            f"alpha is {tuple(like.alpha.shape)}, the pixels are {tuple(pixels.shape[:2])}: resize one to the other."
        )


def _check_place(path: Path, overwrite: bool) -> None:
    try:
        path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        pass  # nothing in the way
    except OSError as error:  # too long a name, a folder that may not be looked into
        raise _cannot_be_written(path, error) from error
    if not path.parent.is_dir():
        raise PictureError(f"There is no folder {path.parent} to write {path.name} into.\nCreate it first.")
    if path.is_dir():
        raise PictureError(f"{path} is a folder; the name of a picture file was expected.")
    if path.exists() and not overwrite:
        raise PictureExistsError(f"{path} already exists.\nChoose another name or folder, or allow overwriting.")
