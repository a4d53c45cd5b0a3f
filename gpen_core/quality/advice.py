"""Settings for a picture from what was measured of it, each with its reason."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from ..faces.selection import FaceChoice, RelativeBox
from ..message import Message
from ..settings import RestoreSettings
from . import rules
from .measures import FaceMeasures, PictureMeasures
from .reasons import FaceAdvice, Recommended, explain_clip, explain_resources, explain_settings, notes_on
from .resources import MemoryBudget, fit_resources


@dataclass(frozen=True)
class Advice:
    """Settings that suit a picture.

    settings: for `restore`; strength 0 where the picture is best left alone, a choice without the sharp faces where
    others need restoring.  leave_alone: no face needs restoring.
    clahe_clip: highest that lifts neither noise nor JPEG blocks.  model: name of the network that suits the
    largest face; model_size, tile_size: px.  batch_size: 0 for automatic.
    recommended: every setting with its reason.  faces: what each face asks for by itself.
    notes: what else to know: faces that differ, profiles, faces beyond recognition.
    """

    settings: RestoreSettings
    leave_alone: bool
    clahe_clip: float
    model: str
    model_size: int
    tile_size: int
    batch_size: int
    recommended: tuple[Recommended, ...]
    faces: tuple[FaceAdvice, ...]
    notes: tuple[str, ...]

    @property
    def reasons(self) -> tuple[str, ...]:
        """One line per setting: "strength 60: ..."."""
        line = "{setting} {value}: {reason}"
        return tuple(
            Message(line, setting=each.setting, value=each.value, reason=each.reason) for each in self.recommended
        )

    def as_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        return asdict(self)

    def summary(self) -> str:
        """One line per setting with its reason, then the notes; these first where there is no face."""
        lines = [f"  {each.setting + ':':15} {each.value:14} {each.reason}" for each in self.recommended]
        notes = [f"  note: {note}" for note in self.notes]
        return "\n".join([*lines, *notes] if self.faces else [*notes, *lines])


def advise(
    measures: PictureMeasures,
    budget: MemoryBudget | None = None,
    after_clahe: bool = False,
    here: Collection[str] | None = None,
) -> Advice:
    """Advise on a measured picture.

    budget: memory of the device that is to run the network, None where it is unknown. after_clahe: the faces will be
    restored after CLAHE, which takes some of contrast and brightness off. here: the published networks to choose from,
    beside the embedded one; None for all of them.
    Several faces get the settings of the typical one: the median of those that need restoring.
    """
    faces = tuple(FaceAdvice(face.index, rules.state_of(face), rules.strength_for(face)) for face in measures.faces)
    typical = _typical(measures.faces)
    largest = max((face.crop_side for face in measures.faces), default=0.0)
    resources = fit_resources(largest, measures.short_side, budget, here)
    clip = rules.clahe_clip_for(*_grain(measures))
    settings = RestoreSettings() if typical is None else _settings(measures, typical, after_clahe)
    settings = replace(settings, tile_size=resources.tile_size, overlap=resources.tile_size // 8)
    settings = replace(settings, batch_size=resources.batch_size)
    alone = bool(faces) and all(face.strength == 0.0 for face in faces)
    return Advice(
        settings=settings if alone else replace(settings, choice=FaceChoice(sharp=_sharp(measures))),
        leave_alone=alone,
        clahe_clip=clip,
        model=resources.model,
        model_size=resources.model_size,
        tile_size=resources.tile_size,
        batch_size=resources.batch_size,
        recommended=(
            *(() if typical is None else explain_settings(measures, typical, settings, after_clahe)),
            explain_clip(clip),
            *explain_resources(resources, largest, budget),
        ),
        faces=faces,
        notes=notes_on(measures, faces, settings.strength),
    )


def with_advised(base: RestoreSettings, advised: RestoreSettings) -> RestoreSettings:
    """`base` with the values of `advised` that depend on the picture and its faces."""
    return replace(
        base,
        strength=advised.strength,
        mode=advised.mode,
        denoise=advised.denoise,
        sharpen=advised.sharpen,
        contrast=advised.contrast,
        brightness=advised.brightness,
        skin_protect=advised.skin_protect,
        detail_enhance=advised.detail_enhance,
        choice=replace(base.choice, sharp=advised.choice.sharp),
    )


def _sharp(measures: PictureMeasures) -> tuple[RelativeBox, ...]:
    return tuple(face.box for face in measures.faces if rules.strength_for(face) == 0.0)


def _typical(faces: Sequence[FaceMeasures]) -> FaceMeasures | None:
    """The median of the faces that need restoring, or of all where none does."""
    needy = [face for face in faces if rules.strength_for(face) > 0.0]
    ranked = sorted(needy or faces, key=lambda face: face.degradation)
    return ranked[len(ranked) // 2] if ranked else None


def _settings(picture: PictureMeasures, face: FaceMeasures, after_clahe: bool) -> RestoreSettings:
    return RestoreSettings(
        strength=rules.strength_for(face),
        mode=rules.mode_for(face),
        denoise=rules.denoise_for(face),
        sharpen=rules.sharpen_for(face),
        contrast=rules.contrast_for(face, after_clahe),
        brightness=rules.brightness_for(face, after_clahe),
        skin_protect=True,
        detail_enhance=rules.detail_enhance_for(picture, face),
    )


def _grain(measures: PictureMeasures) -> tuple[float, float]:
    """Noise and blockiness where they are worst."""
    noise = max([measures.noise, *(face.noise for face in measures.faces)])
    return noise, measures.blockiness
