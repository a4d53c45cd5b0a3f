"""Advice in words: why each setting has its value, and what else to know."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..settings import RestoreSettings
from . import rules
from .measures import FaceMeasures, PictureMeasures
from .resources import AUTOMATIC, MemoryBudget, Resources
from .rules import State

_DIFFERS = 15.0  # strength by which a face must differ from the typical one to be named
_NAMED = 4  # faces; more are counted

_WORDS: dict[State, str] = {
    "sharp": "sharp and clean",
    "soft": "a little soft or grainy",
    "degraded": "blurred or noisy",
    "severe": "heavily degraded",
}


@dataclass(frozen=True)
class Recommended:
    """One setting, its value in words, and why, in one sentence."""

    setting: str
    value: str
    reason: str


@dataclass(frozen=True)
class FaceAdvice:
    """What one face by itself asks for. strength: 0 to 100, 0 is best left alone."""

    index: int
    state: State
    strength: float


def explain_settings(
    picture: PictureMeasures, face: FaceMeasures, settings: RestoreSettings, after_clahe: bool
) -> tuple[Recommended, ...]:
    """Why the settings are what they are, by the typical face."""
    return (
        Recommended("strength", f"{settings.strength:g}", _why_strength(face)),
        Recommended("mode", settings.mode, _why_mode(face)),
        Recommended("denoise", f"{settings.denoise:g}", _why_denoise(face)),
        Recommended("sharpen", f"{settings.sharpen:g}", _why_sharpen(face)),
        Recommended("contrast", f"{settings.contrast:g}", _why_contrast(settings.contrast, face, after_clahe)),
        Recommended("brightness", f"{settings.brightness:g}", _why_brightness(settings.brightness, face, after_clahe)),
        Recommended("skin protect", _on(settings.skin_protect), "Always on: skin keeps its own tone and texture."),
        Recommended("detail enhance", _on(settings.detail_enhance), _why_detail(picture, settings.detail_enhance)),
    )


def explain_clip(clip: float) -> Recommended:
    """Why CLAHE should not go further."""
    if clip == rules.FULL_CLIP:
        reason = "If you use CLAHE: there is little noise or JPEG blocking that it could lift."
    else:
        reason = "If you use CLAHE: more would make the noise or the JPEG blocks of this picture visible."
    return Recommended("CLAHE clip", f"{clip:g}", reason)


def explain_resources(resources: Resources, crop_side: float, budget: MemoryBudget | None) -> tuple[Recommended, ...]:
    """Why this network, tiles and batch. crop_side: px, of the largest face, 0 without one."""
    if resources.wanted_size is not None:
        why = f"{resources.wanted_size} px would suit the face better, but the free memory does not hold that network."
    elif crop_side:
        why = f"The crop of the largest face has {crop_side:.0f} px: a larger network adds nothing that could be seen."
    else:
        why = "Without a face the smallest network will do."
    batch = "automatic" if resources.batch_size == AUTOMATIC else str(resources.batch_size)
    if resources.batch_size == AUTOMATIC or budget is None:
        memory = "Chosen from the free memory when the network runs."
    elif budget.at_once == 1:
        memory = "One face keeps the whole processor busy."
    else:
        memory = "What the free memory holds."
    return (
        Recommended("model", resources.model, why),
        Recommended("tile size", str(resources.tile_size), "The network's own size, as far as the picture reaches."),
        Recommended("batch size", batch, memory),
    )


def notes_on(measures: PictureMeasures, faces: Sequence[FaceAdvice], strength: float) -> tuple[str, ...]:
    """What else a user should know. strength: advised for the typical face."""
    if not faces:
        return ("No face was found: there is nothing to restore.",)
    notes = []
    alone = [face.index for face in faces if face.strength == 0.0]
    if len(alone) == len(faces):
        notes.append(f"{_are(alone, faces)} sharp already: best left alone.")
    elif alone:
        notes.append(f"{_are(alone, faces)} sharp already: best left out, as connected settings and --auto do.")
    different = [face for face in faces if face.strength > 0.0 and abs(face.strength - strength) >= _DIFFERS]
    if different:
        own = ", ".join(f"face {face.index} asks for strength {face.strength:g}" for face in different[:_NAMED])
        more = f", and {len(different) - _NAMED} more differ" if len(different) > _NAMED else ""
        notes.append(f"Unlike the typical face, {own}{more}.")
    profiles = [face.index for face in measures.faces if abs(face.yaw) > rules.PROFILE]
    if profiles:
        notes.append(f"{_are(profiles, faces)} seen from the side and will be restored weakly.")
    guessed = [face.index for face in measures.faces if face.sharpness < rules.INVENTED]
    if guessed:
        notes.append(f"{_are(guessed, faces)} so blurred that the network has to invent features: check the likeness.")
    if measures.tint != "colour":
        notes.append(f"The picture is {'grey' if measures.tint == 'grey' else 'toned, as sepia is'}; so is the result.")
    return tuple(notes)


def _why_strength(face: FaceMeasures) -> str:
    state = rules.state_of(face)
    seen = f"The typical face is {_WORDS[state]}: {face.sharpness:.0f} px of real detail, noise {face.noise:.1f}"
    return f"{seen}; it is best left alone." if state == "sharp" else f"{seen}."


def _why_mode(face: FaceMeasures) -> str:
    if rules.mode_for(face) == "strong":
        return "Too little of the face is left to mix with."
    return "The picture keeps its own light and colour."


def _why_denoise(face: FaceMeasures) -> str:
    if rules.state_of(face) in ("sharp", "soft") and face.noise < rules.NOISY:
        return "There is little noise, and more would cost texture."
    return "Noise and compression would otherwise be taken for skin."


def _why_sharpen(face: FaceMeasures) -> str:
    if rules.state_of(face) in ("sharp", "soft"):
        return "A good original needs no more."
    return "A blurred original can take more, together with the denoising."


def _why_contrast(value: float, face: FaceMeasures, after_clahe: bool) -> str:
    if after_clahe:
        return "CLAHE has raised it already."
    if value > rules.NEUTRAL:
        return f"The face is flat: it spans {face.exposure.contrast:.0f} of 255 levels."
    return f"The face spans {face.exposure.contrast:.0f} of 255 levels, which is enough."


def _why_brightness(value: float, face: FaceMeasures, after_clahe: bool) -> str:
    if after_clahe:
        return "CLAHE has raised it already."
    if value > rules.NEUTRAL:
        return f"The face is dark: level {face.exposure.lightness:.0f} of 255."
    if value < rules.NEUTRAL:
        return f"The face is washed out: level {face.exposure.lightness:.0f} of 255."
    return f"The face is well exposed: level {face.exposure.lightness:.0f} of 255."


def _why_detail(picture: PictureMeasures, on: bool) -> str:
    if on:
        return "Picture and face are large enough to show lashes and single hairs."
    if picture.short_side < rules.DETAIL_SHORT_SIDE:
        return f"The short side has {picture.short_side} px; it helps from {rules.DETAIL_SHORT_SIDE} px."
    return "It helps large faces that are not degraded."


def _on(value: bool) -> str:
    return "on" if value else "off"


def _are(indices: Sequence[int], faces: Sequence[FaceAdvice]) -> str:
    """ "Face 2 is", "Faces 0 and 3 are", "7 of 29 faces are"."""
    if len(indices) == 1:
        return f"Face {indices[0]} is"
    if len(indices) > _NAMED:
        return f"{len(indices)} of {len(faces)} faces are"
    return f"Faces {', '.join(map(str, indices[:-1]))} and {indices[-1]} are"
