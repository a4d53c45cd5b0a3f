"""Colour spaces in float32. Pictures are (..., 3, H, W) sRGB in [0, 1].

Sources: sRGB curve: IEC 61966-2-1. XYZ and LAB: CIE 15:2004, with its exact fractions instead of rounded constants.
Matrix: derived from the primaries of ITU-R BT.709 and the white D65 = (0.95047, 1, 1.08883).
"""

from __future__ import annotations

import torch
from torch import Tensor

_WHITE = (0.95047, 1.0, 1.08883)
_RGB_TO_XYZ = torch.tensor(
    [
        [0.4124564, 0.3575761, 0.1804375],
        [0.2126729, 0.7151522, 0.0721750],
        [0.0193339, 0.1191920, 0.9503041],
    ],
    dtype=torch.float64,
) / torch.tensor(_WHITE, dtype=torch.float64).unsqueeze(1)  # XYZ relative to the white, so that grey has no chroma
_XYZ_TO_RGB = torch.linalg.inv(_RGB_TO_XYZ)
_EPSILON, _KAPPA = 216 / 24389, 24389 / 27
REC709 = (0.2126, 0.7152, 0.0722)  # weights of red, green and blue in the luminance (ITU-R BT.709)


def srgb_to_linear(rgb: Tensor) -> Tensor:
    """sRGB values -> linear light."""
    rgb = rgb.float()
    return torch.where(rgb <= 0.04045, rgb / 12.92, ((rgb.clamp(min=0) + 0.055) / 1.055) ** 2.4)


def linear_to_srgb(linear: Tensor) -> Tensor:
    """Linear light -> sRGB values."""
    linear = linear.float()
    return torch.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear.clamp(min=0.0031308) ** (1 / 2.4) - 0.055)


def rgb_to_lab(rgb: Tensor) -> Tensor:
    """sRGB -> CIE LAB (D65): L in [0, 100], a and b about -128 to 127; (..., 3, H, W)."""
    xyz = _apply(_RGB_TO_XYZ, srgb_to_linear(rgb))
    f = torch.where(xyz > _EPSILON, xyz.clamp(min=_EPSILON) ** (1 / 3), (_KAPPA * xyz + 16) / 116)
    x, y, z = f.unbind(-3)
    return torch.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], dim=-3)


def lab_to_rgb(lab: Tensor) -> Tensor:
    """CIE LAB (D65) -> sRGB, (..., 3, H, W). Colours outside sRGB give values outside [0, 1]: clamp to show them."""
    lightness, a, b = lab.float().unbind(-3)
    y = (lightness + 16) / 116
    f = torch.stack([y + a / 500, y, y - b / 200], dim=-3)
    cubed = f**3
    xyz = torch.where(cubed > _EPSILON, cubed, (116 * f - 16) / _KAPPA)
    return linear_to_srgb(_apply(_XYZ_TO_RGB, xyz))


def fit_gamut(linear: Tensor) -> Tensor:
    """Linear light (..., 3, H, W) inside [0, 1]: where it is not, mixed with the grey of its luminance until it is.

    That keeps luminance and hue, where clamping each channel would shift both.
    """
    grey = luminance(linear).clamp(0, 1)
    above = (1 - grey) / (linear.amax(dim=-3, keepdim=True) - grey).clamp(min=1e-9)
    below = grey / (grey - linear.amin(dim=-3, keepdim=True)).clamp(min=1e-9)
    share = torch.minimum(above, below).clamp(max=1)
    return torch.where(share < 1, grey + share * (linear - grey), linear).clamp(0, 1)


def luminance(rgb: Tensor) -> Tensor:
    """Rec. 709 weighted sum of (..., 3, H, W), as (..., 1, H, W): luminance of linear light, luma of sRGB values."""
    red, green, blue = rgb.float().split(1, dim=-3)
    return REC709[0] * red + REC709[1] * green + REC709[2] * blue


def is_grey(rgb: Tensor, tolerance: float) -> bool:
    """Whether the channels of (..., 3, H, W) differ by at most `tolerance` (of a range of 1) in every pixel."""
    return bool((rgb.amax(dim=-3) - rgb.amin(dim=-3) <= tolerance).all())


def _apply(matrix: Tensor, x: Tensor) -> Tensor:
    """Sums instead of a matrix product, which a GPU may round to 10 bits (TF32)."""
    first, second, third = x.unbind(-3)
    return torch.stack([row[0] * first + row[1] * second + row[2] * third for row in matrix.tolist()], dim=-3)
