"""From the colours of an ICC profile to sRGB."""

from __future__ import annotations

import io

from PIL import Image, ImageCms


class ProfileError(Exception):
    """A profile is damaged or not one for such pixels."""


def to_srgb(image: Image.Image, profile: bytes) -> Image.Image:
    """The picture, of 8 bits per channel, as sRGB. Raises ProfileError."""
    try:
        converted = ImageCms.profileToProfile(
            image, ImageCms.ImageCmsProfile(io.BytesIO(profile)), ImageCms.createProfile("sRGB"), outputMode="RGB"
        )
    except (ImageCms.PyCMSError, OSError) as error:
        raise ProfileError(str(error)) from error
    assert converted is not None  # only a conversion in place gives None
    return converted
