"""From pictures to restored pictures: detect, choose, crop, restore, paste.

Layout: pictures come as (H, W, 3) or (B, H, W, 3) RGB in [0, 1] and go out the same way.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from torch import Tensor

from ..errors import GPENError
from ..faces import Face, FaceCrop, FaceDetector
from ..faces.recognition import FaceRecogniser, SFace
from ..faces.selection import Chosen, absent_numbers
from ..finish.anchors import opacity, profile_weight
from ..finish.details import SMALLEST_FOR_DETAILS
from ..image.lens import lens_preset
from ..image.tiling import TileLayout
from ..image.warp import Pixels, Plane
from ..message import Joined, Message
from ..model import GPENModel, require_model
from ..progress import Progress
from ..settings import RestoreSettings
from .background import enhance_background
from .blending import paste_faces
from .detection import GIVEN, faces_of_batch, no_faces
from .identity import Likeness, keep_likeness
from .image_batch import Image, as_batch, like_input
from .lens_correction import bend_back, straighten, straighten_region
from .misfits import misfits, other_work
from .network_pass import FinishedCrop, finished_crops
from .picture_report import FaceReport, PictureReport, whole_degrees
from .report import RestoreReport
from .warnings import warn

_WORTH_TELLING = 0.01  # of a face, kept as it was
Likenesses = dict[int, Likeness]  # of the faces of one picture, by their numbers; empty where nobody measures


@dataclass(frozen=True)
class RestoreResult:
    """What `restore` gives back.

    image: as the input, float32. mask: (H, W) or (B, H, W) in [0, 1], where faces were restored. crops: of each
    picture its restored faces, finished as the settings say, before pasting. report: what was done and why.
    """

    image: Tensor
    mask: Tensor
    crops: tuple[tuple[FaceCrop, ...], ...]
    report: RestoreReport


def restore(
    image: Image,
    model: GPENModel,
    settings: RestoreSettings | None = None,
    *,
    detector: str | FaceDetector = "auto",
    faces: Sequence[Sequence[Face]] | None = None,
    found_by: str = GIVEN,
    region: Image | None = None,
    recogniser: FaceRecogniser | None = None,
    progress: Progress | None = None,
    remember: bool = True,
) -> RestoreResult:
    """Restore the faces of one picture or of a batch.

    image: (H, W, 3) or (B, H, W, 3) RGB in [0, 1]. detector: a name ("auto", "face-alignment", "yunet", "embedded") or
    a detector. faces: for each picture its faces, instead of detection; `settings.choice` applies to them as well.
    found_by: what found them, for the report. region: (H, W) or (B, H, W), faces centred where it is 0.5 or more are
    taken. recogniser: measures how alike restored faces are to what they were; by default SFace where
    `settings.identity` asks for it. progress: called with (done, in all), counting faces and tiles, after each batch of
    them; an exception it raises stops the work. remember: whether faces found and crops restored are kept for the next
    call with the same picture, so that another setting costs little; without it nothing has to be hashed or kept.
    With scope "faces" pixels outside the mask are bit-identical to the input, and a picture without a face comes back
    unchanged with an empty mask, and the report says so. With "both", faces are restored from the picture as it was and
    pasted onto the picture with its background enhanced; with "picture", faces are not looked for.
    With a lens, detector and network look at the straightened picture, whose are the crops and boxes that come back;
    image and mask are those of the picture as it was taken.
    Raises GPENError for an image of another shape, what is no model, an impossible setting, or faces given together
    with a lens.
    """
    require_model(model)
    originals = pictures = as_batch(image)
    height, width = pictures.shape[1:3]
    asked = settings or RestoreSettings()
    lens = lens_preset(asked.lens, asked.lens_strength)
    if lens.corrects:
        if faces is not None:
            raise GPENError(
                "Faces of the picture as it is do not fit one whose lens is corrected.\n"
                "Give no faces, landmarks or boxes, or set lens to none."
            )
        pictures = straighten(originals, lens)
        region = None if region is None else straighten_region(region, lens)
    if recogniser is None and asked.identity > 0.0:
        recogniser = SFace()
    details = asked.detail_enhance and min(height, width) >= SMALLEST_FOR_DETAILS
    settings = replace(asked, detail_enhance=details)
    if settings.scope == "picture":
        found = no_faces(len(pictures))
    else:
        found = faces_of_batch(
            pictures,
            settings.choice,
            detector=detector,
            device=model.device,
            faces=faces,
            found_by=found_by,
            region=region,
            owner=model,
            remember=remember,
        )
    taken = [[entry.face for entry in entries if entry.skipped is None] for entries in found.pictures]
    tiles = 0 if settings.scope == "faces" else len(TileLayout(height, width, settings.tile_size, settings.overlap))
    steps = _Steps(progress, sum(map(len, taken)) + tiles * len(pictures))
    result, masks = pictures.copy(), np.zeros(pictures.shape[:3], np.float32)
    finished: list[list[FinishedCrop]] = []
    likenesses: list[Likenesses] = []
    backgrounds: list[str | None] = []
    for number, own in enumerate(finished_crops(pictures, taken, model, settings, steps.advance, remember)):
        background = None
        if settings.scope != "faces":
            result[number], background = _background(pictures[number], model, settings, steps, remember)
        likenesses.append(_likenesses(pictures[number], own, settings, recogniser))
        masks[number] = _paste(result[number], own, settings, likenesses[-1])
        finished.append(own)
        backgrounds.append(background)
    if lens.corrects:
        result, masks = bend_back(originals, pictures, result, masks, lens, whole=settings.scope != "faces")
    rungs = dict.fromkeys(rung for own in finished for one in own for rung in one.rungs)  # each once, in order
    report = RestoreReport(
        model=model.name,
        device=str(model.device),
        precision=model.precision,
        detector=found.detector,
        settings=asked,
        pictures=tuple(
            PictureReport(
                width,
                height,
                _face_reports(entries, own, model.precision, settings, alike),
                Message("left alone at strength 0") if settings.strength == 0.0 else Message("restored"),
                background,
                searched=settings.scope != "picture",
                absent=absent_numbers(entries, settings.choice),
            )
            for entries, own, alike, background in zip(found.pictures, finished, likenesses, backgrounds, strict=True)
        ),
        warnings=(
            *warn(asked, min(height, width)),
            *other_work(model.name),
            *(misfits([one.crop for own in finished for one in own], model.network) if settings.strength > 0.0 else ()),
            *(Message("memory was short: {rung}", rung=rung) for rung in rungs),
        ),
    )
    crops = tuple(tuple(one.crop for one in own) for own in finished)
    return RestoreResult(like_input(result, image), like_input(masks, image), crops, report)


def _likenesses(
    picture: Pixels, finished: Sequence[FinishedCrop], settings: RestoreSettings, recogniser: FaceRecogniser | None
) -> Likenesses:
    if recogniser is None or settings.strength == 0.0:
        return {}
    crops = [one.crop for one in finished]
    strengths = [opacity(settings, crop.face.yaw) for crop in crops]
    found = keep_likeness(picture, crops, strengths, recogniser, settings.identity)
    return {crop.face.index: likeness for crop, likeness in zip(crops, found, strict=True)}


def _paste(
    picture: Pixels, finished: Sequence[FinishedCrop], settings: RestoreSettings, likenesses: Likenesses
) -> Plane:
    """Paste the faces of one picture, in place; returns the mask."""
    crops = [one.crop for one in finished]
    kept = [likenesses[crop.face.index].kept if likenesses else 1.0 for crop in crops]
    strengths = [opacity(settings, crop.face.yaw) * share for crop, share in zip(crops, kept, strict=True)]
    grain = 1.0 - settings.denoise / 100.0
    return paste_faces(picture, crops, strengths, settings.feather, grain, [one.keep for one in finished])


def _background(
    picture: Pixels, model: GPENModel, settings: RestoreSettings, steps: _Steps, remember: bool
) -> tuple[Pixels, str]:
    return enhance_background(
        picture,
        model,
        strength=settings.background_strength,
        tile_size=settings.tile_size,
        overlap=settings.overlap,
        batch_size=settings.batch_size,
        progress=steps.of_part(),
        remember=remember,
    )


class _Steps:
    """Counts what has been done of a known number of steps, and tells the caller."""

    def __init__(self, progress: Progress | None, total: int) -> None:
        self._progress, self._total, self._done = progress, total, 0

    def advance(self, steps: int) -> None:
        self._done += steps
        if self._progress is not None:
            self._progress(self._done, self._total)

    def of_part(self) -> Progress:
        """The progress of a part that counts its own steps from 0."""
        before = self._done
        return lambda done, _: self.advance(before + done - self._done)


def _face_reports(
    entries: Sequence[Chosen],
    finished: Sequence[FinishedCrop],
    precision: str,
    settings: RestoreSettings,
    likenesses: Likenesses,
) -> tuple[FaceReport, ...]:
    by_index = {one.crop.face.index: one for one in finished}
    return tuple(
        replace(
            FaceReport.of(
                entry.face,
                settings.strength * profile_weight(entry.face.yaw) * _kept(likenesses.get(entry.face.index)),
                entry.skipped,
                _note(entry.face, by_index.get(entry.face.index), precision, likenesses.get(entry.face.index))
                if settings.strength > 0.0
                else None,
            ),
            crop_size=None if (one := by_index.get(entry.face.index)) is None else one.crop.size,
            identity=_rounded(likenesses.get(entry.face.index)),
        )
        for entry in entries
    )


def _kept(likeness: Likeness | None) -> float:
    return 1.0 if likeness is None else likeness.kept


def _rounded(likeness: Likeness | None) -> float | None:
    return None if likeness is None else round(likeness.similarity, 3)


def _note(face: Face, finished: FinishedCrop | None, precision: str, likeness: Likeness | None) -> str | None:
    notes: list[str] = []
    if profile_weight(face.yaw) < 1.0:
        turned = abs(whole_degrees(face.yaw))
        notes.append(Message("turned away by {degrees} degrees: strength lowered", degrees=turned))
    if finished is not None and finished.kept >= _WORTH_TELLING:
        percent = round(100.0 * finished.kept)
        notes.append(Message("something is in front of it: {percent} % kept as it was", percent=percent))
    if likeness is not None and likeness.kept < 1.0:
        share = f"{100.0 * likeness.kept:.0f}"
        notes.append(Message("less alike than asked for: {share} % of the strength used", share=share))
    if finished is not None and finished.repeated:
        notes.append(Message("overflowed in {precision}, repeated in fp32", precision=precision))
    return Joined("; ", notes) if notes else None
