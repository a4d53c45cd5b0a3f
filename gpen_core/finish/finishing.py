"""From the network's crop to the one that is pasted: what the settings make of it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..faces.face import Face
from ..image.geometry import Transform, scale_of
from ..image.luma import luma
from ..image.warp import Pixels, Plane
from ..settings import Mode, RestoreSettings
from .anchors import anchor, opacity
from .denoise import denoise, noise_levels
from .details import emphasise, enhance_details
from .features import feature_mask
from .protection import ALIGNED_SIZE, SkinProtection, desaturated, is_exactly_grey, protect_skin
from .sharpen import add_within_range, unsharp
from .skin import skin_mask
from .tone import adjust_tone

_DENOISED_BEFORE = 0.6  # in mode strong: all of it would take the eyes of a face that is blurred as well
_KEPT = 0.8  # of the noise on eyes and mouth: what looks like noise there is lashes and lines
_PROTECTIONS: dict[Mode, SkinProtection] = {
    "natural": SkinProtection(),
    "strong": SkinProtection(light=0.0, texture=0.2),  # of a heavily blurred face neither is worth keeping
    "detail": SkinProtection(),
}
_MOST_PORES = 2.5 / 255.0  # standard deviation of fine texture; more is noise (clean faces 0.3 to 2.4, noisy from 2)
_WANTED_QUIET = 0.3  # denoise from which noise is not taken for texture at all
_SHARPEST = 1.4  # gain of the detail at 100
_LESS_ON_SKIN = 0.5  # of the sharpening, where skin is protected
_SHARPNESS = 1.2 / 512.0  # sigma of that detail, as a share of the crop's side


def prepare_face(original: Pixels, image_to_crop: Transform, settings: RestoreSettings) -> Pixels:
    """The crop (S, S, 3) as the network is to see it. Nothing but the mode may change it: see `finished_crops`."""
    if settings.mode != "strong":
        return original
    return _clipped(denoise(original, _DENOISED_BEFORE, noise_levels(scale_of(image_to_crop))))


def finish_face(
    original: Pixels, restored: Pixels, face: Face, image_to_crop: Transform, settings: RestoreSettings
) -> Pixels:
    """The face to paste at `opacity`, from its crop and what the network made of it, all (S, S, 3) RGB in [0, 1].

    face: in px of the picture. image_to_crop: the transform both crops were cut out by.
    A setting at its neutral value leaves its stage out. A grey crop stays exactly grey.
    """
    # Light and colour come first: what follows works on the face as it will be seen. Noise goes before the skin's own
    # texture returns, and both before detail is brought out. Contrast and brightness come after all that anchors them
    # to the picture, and sharpening comes last, because they would scale the limits it keeps.
    grey = is_exactly_grey(original)
    features = feature_mask(face, image_to_crop, restored.shape[0])
    skin = skin_mask(original, face, image_to_crop)
    levels, amount = noise_levels(scale_of(image_to_crop)), settings.denoise / 100.0
    quiet = denoise(original, amount, levels) if amount > 0.0 else original
    result = anchor(original, desaturated(restored, 1.0) if grey else restored, settings.mode)
    if amount > 0.0:
        result = denoise(result, amount * (1.0 - _KEPT * features), levels)
    if settings.skin_protect:
        scale = restored.shape[0] / ALIGNED_SIZE
        result = protect_skin(quiet, result, skin, _protection(original, quiet, settings), scale=scale)
    result = _bring_out(result, np.maximum(features, 1.0 - skin), settings)
    if settings.contrast != 50.0 or settings.brightness != 50.0:
        result = adjust_tone(result, settings.contrast, settings.brightness, float(luma(original).mean()))
    # The original's noise that will show through the face is taken off as well; what takes it off is not sharpened.
    hidden = np.float32(1.0 - opacity(settings, face.yaw)) * (quiet - original)
    result = _clipped(_sharpen(result, hidden, skin, settings))
    return desaturated(result, 1.0) if grey else result


def _protection(original: Pixels, quiet: Pixels, settings: RestoreSettings) -> SkinProtection:
    """The protection of the mode, with less texture where most of that would be noise."""
    protection, amount = _PROTECTIONS[settings.mode], settings.denoise / 100.0
    if amount == 0.0:
        return protection
    noise = float((quiet - original).std()) / amount
    trust = min(_MOST_PORES / max(noise, 1e-6), 1.0) ** 2
    return replace(protection, texture=protection.texture * (1.0 - min(amount / _WANTED_QUIET, 1.0) * (1.0 - trust)))


def _bring_out(pixels: Pixels, where: Plane, settings: RestoreSettings) -> Pixels:
    if settings.mode == "detail":
        pixels = emphasise(pixels, where)
    return enhance_details(pixels, where) if settings.detail_enhance else pixels


def _sharpen(pixels: Pixels, unsharpened: Pixels, skin: Plane, settings: RestoreSettings) -> Pixels:
    """Pixels, sharpened, plus what is not to be sharpened but counts for the limits of sharpening."""
    together = pixels + unsharpened
    if settings.sharpen == 0.0:
        return together
    gain = np.full_like(skin, _SHARPEST * settings.sharpen / 100.0)
    if settings.skin_protect:
        gain *= 1.0 - _LESS_ON_SKIN * skin
    return add_within_range(together, unsharp(pixels, gain, _SHARPNESS * pixels.shape[0]))


def _clipped(pixels: Pixels) -> Pixels:
    return np.clip(pixels, 0.0, 1.0).astype(np.float32, copy=False)
