"""Advice in words: why each setting has its value, and what else to know."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..message import Joined, Message
from ..settings import Mode, RestoreSettings
from . import rules
from .measures import FaceMeasures, PictureMeasures
from .resources import AUTOMATIC, MemoryBudget, Resources
from .rules import State

_DIFFERS = 15.0  # strength by which a face must differ from the typical one to be named
_NAMED = 4  # faces; more are counted

_WORDS: dict[State, str] = {
    "sharp": Message("sharp and clean"),
    "soft": Message("a little soft or grainy"),
    "degraded": Message("blurred or noisy"),
    "severe": Message("heavily degraded"),
}
_MODES: dict[Mode, str] = {
    "natural": Message("natural"),
    "strong": Message("strong"),
    "detail": Message("detail"),
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
        Recommended(Message("strength"), f"{settings.strength:g}", _why_strength(face)),
        Recommended(Message("mode"), mode_in_words(settings.mode), _why_mode(face)),
        Recommended(Message("denoise"), f"{settings.denoise:g}", _why_denoise(face)),
        Recommended(Message("sharpen"), f"{settings.sharpen:g}", _why_sharpen(face)),
        Recommended(Message("contrast"), f"{settings.contrast:g}", _why_contrast(settings.contrast, face, after_clahe)),
        Recommended(
            Message("brightness"), f"{settings.brightness:g}", _why_brightness(settings.brightness, face, after_clahe)
        ),
        Recommended(
            Message("skin protect"),
            on_or_off(settings.skin_protect),
            Message("Always on: skin keeps its own tone and texture."),
        ),
        Recommended(
            Message("detail enhance"), on_or_off(settings.detail_enhance), _why_detail(picture, settings.detail_enhance)
        ),
    )


def explain_clip(clip: float) -> Recommended:
    """Why CLAHE should not go further."""
    if clip == rules.FULL_CLIP:
        reason = Message("If you use CLAHE: there is little noise or JPEG blocking that it could lift.")
    else:
        reason = Message("If you use CLAHE: more would make the noise or the JPEG blocks of this picture visible.")
    return Recommended(Message("CLAHE clip"), f"{clip:g}", reason)


def explain_resources(resources: Resources, crop_side: float, budget: MemoryBudget | None) -> tuple[Recommended, ...]:
    """Why this network, tiles and batch. crop_side: px, of the largest face, 0 without one."""
    if resources.wanted_size is not None:
        better = "{size} px would suit the face better, but the free memory does not hold that network."
        why = Message(better, size=resources.wanted_size)
    elif resources.absent is not None:
        fetch = "{name} would suit the face better and is not here: it can be fetched."
        why = Message(fetch, name=resources.absent)
    elif crop_side:
        enough = "The crop of the largest face has {side} px: a larger network adds nothing that could be seen."
        why = Message(enough, side=f"{crop_side:.0f}")
    else:
        why = Message("Without a face the smallest network will do.")
    batch = Message("automatic") if resources.batch_size == AUTOMATIC else str(resources.batch_size)
    if resources.batch_size == AUTOMATIC or budget is None:
        memory = Message("Chosen from the free memory when the network runs.")
    elif budget.at_once == 1:
        memory = Message("One face keeps the whole processor busy.")
    else:
        memory = Message("What the free memory holds.")
    return (
        Recommended(Message("model"), resources.model, why),
        Recommended(
            Message("tile size"),
            str(resources.tile_size),
            Message("The network's own size, as far as the picture reaches."),
        ),
        Recommended(Message("batch size"), batch, memory),
    )


def notes_on(measures: PictureMeasures, faces: Sequence[FaceAdvice], strength: float) -> tuple[str, ...]:
    """What else a user should know. strength: advised for the typical face."""
    if not faces:
        return (Message("No face was found: there is nothing to restore."),)
    notes: list[str] = []
    alone = [face.index for face in faces if face.strength == 0.0]
    if len(alone) == len(faces):
        notes.append(Message("{faces} sharp already: best left alone.", faces=_are(alone, faces)))
    elif alone:
        left_out = "{faces} sharp already: best left out, as connected settings and --auto do."
        notes.append(Message(left_out, faces=_are(alone, faces)))
    different = [face for face in faces if face.strength > 0.0 and abs(face.strength - strength) >= _DIFFERS]
    if different:
        asks = "face {index} asks for strength {strength}"
        own = [Message(asks, index=face.index, strength=f"{face.strength:g}") for face in different[:_NAMED]]
        more = [Message("and {count} more differ", count=len(different) - _NAMED)] if len(different) > _NAMED else []
        notes.append(Message("Unlike the typical face, {faces}.", faces=Joined(", ", [*own, *more])))
    profiles = [face.index for face in measures.faces if abs(face.yaw) > rules.PROFILE]
    if profiles:
        notes.append(Message("{faces} seen from the side and will be restored weakly.", faces=_are(profiles, faces)))
    guessed = [face.index for face in measures.faces if face.sharpness < rules.INVENTED]
    if guessed:
        invented = "{faces} so blurred that the network has to invent features: check the likeness."
        notes.append(Message(invented, faces=_are(guessed, faces)))
    if measures.tint == "grey":
        notes.append(Message("The picture is grey; so is the result."))
    elif measures.tint != "colour":
        notes.append(Message("The picture is toned, as sepia is; so is the result."))
    return tuple(notes)


def _why_strength(face: FaceMeasures) -> str:
    state = rules.state_of(face)
    seen = "The typical face is {state}: {sharpness} px of real detail, noise {noise}."
    alone = "The typical face is {state}: {sharpness} px of real detail, noise {noise}; it is best left alone."
    values = {"state": _WORDS[state], "sharpness": f"{face.sharpness:.0f}", "noise": f"{face.noise:.1f}"}
    return Message(alone if state == "sharp" else seen, **values)


def _why_mode(face: FaceMeasures) -> str:
    if rules.mode_for(face) == "strong":
        return Message("Too little of the face is left to mix with.")
    return Message("The picture keeps its own light and colour.")


def _why_denoise(face: FaceMeasures) -> str:
    if rules.state_of(face) in ("sharp", "soft") and face.noise < rules.NOISY:
        return Message("There is little noise, and more would cost texture.")
    return Message("Noise and compression would otherwise be taken for skin.")


def _why_sharpen(face: FaceMeasures) -> str:
    if rules.state_of(face) in ("sharp", "soft"):
        return Message("A good original needs no more.")
    return Message("A blurred original can take more, together with the denoising.")


def _why_contrast(value: float, face: FaceMeasures, after_clahe: bool) -> str:
    if after_clahe:
        return Message("CLAHE has raised it already.")
    if value > rules.NEUTRAL:
        return Message("The face is flat: it spans {levels} of 255 levels.", levels=f"{face.exposure.contrast:.0f}")
    return Message("The face spans {levels} of 255 levels, which is enough.", levels=f"{face.exposure.contrast:.0f}")


def _why_brightness(value: float, face: FaceMeasures, after_clahe: bool) -> str:
    if after_clahe:
        return Message("CLAHE has raised it already.")
    level = f"{face.exposure.lightness:.0f}"
    if value > rules.NEUTRAL:
        return Message("The face is dark: level {level} of 255.", level=level)
    if value < rules.NEUTRAL:
        return Message("The face is washed out: level {level} of 255.", level=level)
    return Message("The face is well exposed: level {level} of 255.", level=level)


def _why_detail(picture: PictureMeasures, on: bool) -> str:
    if on:
        return Message("Picture and face are large enough to show lashes and single hairs.")
    if picture.short_side < rules.DETAIL_SHORT_SIDE:
        small = "The short side has {short_side} px; it helps from {needed} px."
        return Message(small, short_side=picture.short_side, needed=rules.DETAIL_SHORT_SIDE)
    return Message("It helps large faces that are not degraded.")


def mode_in_words(mode: Mode) -> str:
    """A mode as menus name it."""
    return _MODES[mode]


def on_or_off(value: bool) -> str:
    """A switch in words."""
    return Message("on") if value else Message("off")


def _are(indices: Sequence[int], faces: Sequence[FaceAdvice]) -> str:
    """ "Face 2 is", "Faces 0 and 3 are", "7 of 29 faces are"."""
    if len(indices) == 1:
        return Message("Face {index} is", index=indices[0])
    if len(indices) > _NAMED:
        return Message("{count} of {all} faces are", count=len(indices), all=len(faces))
    first = ", ".join(map(str, indices[:-1]))
    return Message("Faces {first} and {last} are", first=first, last=indices[-1])
