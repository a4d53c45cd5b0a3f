"""Pictures: files, resampling, colour."""

from .colour import is_grey, lab_to_rgb, linear_to_srgb, luminance, rgb_to_lab, srgb_to_linear
from .discovery import EXTENSIONS, FoundPicture, find_pictures
from .files import read_picture, read_size, write_picture
from .picture import PictureError, PictureExistsError, PictureFile
from .resample import bounded_copy, resize, to_original

__all__ = [
    "EXTENSIONS",
    "FoundPicture",
    "PictureError",
    "PictureExistsError",
    "PictureFile",
    "bounded_copy",
    "find_pictures",
    "is_grey",
    "lab_to_rgb",
    "linear_to_srgb",
    "luminance",
    "read_picture",
    "read_size",
    "resize",
    "rgb_to_lab",
    "srgb_to_linear",
    "to_original",
    "write_picture",
]
