"""From pictures to restored pictures: detect, choose, crop, restore, paste.

Layout: pictures come as (H, W, 3) or (B, H, W, 3) RGB in [0, 1] and go out the same way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..errors import GPENError
from ..faces import Face, FaceCrop, FaceDetector, make_detector
from ..faces.alignment import Template, crop_face
from ..faces.pose import with_pose
from ..faces.selection import Chosen, FaceChoice, choose_faces, number_faces
from ..image.warp import Pixels
from ..model import GPENModel
from .blending import paste_faces
from .report import FaceReport, PictureReport, RestoreReport
from .settings import RestoreSettings

Progress = Callable[[int, int], None]

_STRONG = 80.0  # strength from which users see plastic skin
_SURELY_EIGHT_BIT = 16.0  # values above can only be 0 to 255; a little above 1 is common after sharpening


@dataclass(frozen=True)
class RestoreResult:
    """What `restore` gives back.

    image: as the input, float32. mask: (H, W) or (B, H, W) in [0, 1], where faces were restored. crops: for each
    picture of the batch its restored faces, before pasting. report: what was done and why.
    """

    image: Tensor
    mask: Tensor
    crops: tuple[tuple[FaceCrop, ...], ...]
    report: RestoreReport


def restore(
    image: Tensor | NDArray[Any],
    model: GPENModel,
    *,
    detector: str | FaceDetector = "auto",
    strength: float = 60.0,
    choice: FaceChoice | None = None,
    region: Tensor | NDArray[Any] | None = None,
    template: Template = "gpen",
    feather: float = 0.45,
    batch_size: int = 0,
    progress: Progress | None = None,
) -> RestoreResult:
    """Restore the faces of one picture or of a batch.

    image: (H, W, 3) or (B, H, W, 3) RGB in [0, 1]. region: (H, W), faces centred where it is 0.5 or more are taken.
    detector: a name ("auto", "face-alignment", "yunet", "embedded") or a detector. strength, choice, template, feather,
    batch_size: see `RestoreSettings`. progress: called with (faces done, faces in all) after each batch of faces; an
    exception it raises stops the work.
    Pixels outside the mask are bit-identical to the input. A picture without a face comes back unchanged with an empty
    mask, and the report says so. Raises GPENError for an image of another shape or an impossible setting.
    """
    settings = RestoreSettings(strength, choice or FaceChoice(), template, feather, batch_size)
    pictures = as_batch(image)
    chosen_region = None if region is None else _as_region(region, pictures.shape[1], pictures.shape[2])
    finder = make_detector(detector, device=str(model.device)) if isinstance(detector, str) else detector
    faces = [find_faces(picture, finder) for picture in pictures]
    chosen = [
        choose_faces(found, settings.choice, picture.shape[0], picture.shape[1], chosen_region)
        for found, picture in zip(faces, pictures, strict=True)
    ]
    result, masks = pictures.copy(), np.zeros(pictures.shape[:3], np.float32)
    crops: list[tuple[FaceCrop, ...]] = []
    repeated: list[set[int]] = []
    for number, restored, overflowed in _restored_crops(pictures, chosen, model, settings, progress):
        strengths = [settings.strength / 100.0] * len(restored)
        result[number], masks[number] = paste_faces(pictures[number], restored, strengths, settings.feather)
        crops.append(restored)
        repeated.append(overflowed)
    report = RestoreReport(
        model=model.name,
        device=str(model.device),
        precision=model.precision,
        detector=finder.name,
        template=settings.template,
        pictures=tuple(
            _picture_report(picture, faces, settings.strength, overflowed, model.precision)
            for picture, faces, overflowed in zip(pictures, chosen, repeated, strict=True)
        ),
        warnings=_warnings(settings),
    )
    single = image.ndim == 3
    whole, mask = torch.from_numpy(result), torch.from_numpy(masks)
    return RestoreResult(whole[0] if single else whole, mask[0] if single else mask, tuple(crops), report)


def find_faces(picture: Pixels, detector: FaceDetector) -> list[Face]:
    """The faces of a (H, W, 3) picture, numbered from left to right, pose filled in."""
    height, width = picture.shape[:2]
    eight_bit = (np.clip(picture, 0.0, 1.0) * 255.0 + 0.5).astype(np.uint8)
    return [with_pose(face, height, width) for face in number_faces(detector.detect(eight_bit))]


def as_batch(image: Tensor | NDArray[Any]) -> NDArray[np.float32]:
    """(B, H, W, 3) float32 of an image or batch; a copy only where type or layout ask for one."""
    array = image.detach().cpu().float().numpy() if isinstance(image, Tensor) else np.asarray(image)
    if array.ndim not in (3, 4) or array.shape[-1] != 3 or 0 in array.shape[-3:]:
        raise GPENError(
            f"Expected an image (H, W, 3) or a batch (B, H, W, 3) of RGB values, got shape {tuple(array.shape)}.\n"
            "Drop an alpha channel, repeat a grey one three times, and put the channels last."
        )
    if not np.issubdtype(array.dtype, np.floating):
        raise GPENError(f"Expected floating-point values from 0 to 1, got {array.dtype}.\nDivide 8-bit values by 255.")
    array = np.ascontiguousarray(array, np.float32)
    array = array if array.ndim == 4 else array[None]
    for number, picture in enumerate(array):
        lowest, highest = float(picture.min()), float(picture.max())
        if not np.isfinite(lowest + highest):
            raise GPENError(f"Picture {number} holds values that are not finite (NaN or infinity).\nRepair it first.")
        if highest > _SURELY_EIGHT_BIT:
            raise GPENError(f"Picture {number} has values up to {highest:g}, expected 0 to 1.\nDivide by 255.")
    return array


def _as_region(region: Tensor | NDArray[Any], height: int, width: int) -> NDArray[np.bool_]:
    array = region.detach().cpu().float().numpy() if isinstance(region, Tensor) else np.asarray(region)
    if array.shape != (height, width):
        raise GPENError(f"The region must have the picture's size ({height}, {width}), got {tuple(array.shape)}.")
    return array >= 0.5


def _restored_crops(
    pictures: NDArray[np.float32],
    chosen: Sequence[Sequence[Chosen]],
    model: GPENModel,
    settings: RestoreSettings,
    progress: Progress | None,
) -> Iterator[tuple[int, tuple[FaceCrop, ...], set[int]]]:
    """For each picture in order: its number, its restored crops, and the face numbers repeated in float32.

    Faces of several pictures share batches of the network, but no more pictures are held back than fill one.
    """
    batch_size = settings.batch_size or _automatic_batch(model)
    total = sum(entry.skipped is None for entries in chosen for entry in entries)
    done = 0
    for numbers in _windows([sum(entry.skipped is None for entry in entries) for entries in chosen], batch_size):
        owners = [number for number in numbers for entry in chosen[number] if entry.skipped is None]
        faces = [entry.face for number in numbers for entry in chosen[number] if entry.skipped is None]
        crops: list[FaceCrop] = []
        overflowed: set[tuple[int, int]] = set()
        for start in range(0, len(faces), batch_size):
            batch = [
                crop_face(pictures[owner], face, model.config.size, settings.template)
                for owner, face in zip(owners[start:], faces[start : start + batch_size], strict=False)
            ]
            output = model.run(torch.stack([crop.pixels for crop in batch]))
            restored = output.faces.cpu()
            crops += [replace(crop, pixels=pixels) for crop, pixels in zip(batch, restored, strict=True)]
            overflowed |= {(owners[start + i], faces[start + i].index) for i in output.repeated}
            done += len(batch)
            if progress is not None:
                progress(done, total)
        for number in numbers:
            own = tuple(crop for owner, crop in zip(owners, crops, strict=True) if owner == number)
            yield number, own, {index for owner, index in overflowed if owner == number}


def _windows(counts: Sequence[int], batch_size: int) -> Iterator[list[int]]:
    """Runs of picture numbers, each with just enough faces to fill a batch."""
    window: list[int] = []
    faces = 0
    for number, count in enumerate(counts):
        window.append(number)
        faces += count
        if faces >= batch_size:
            yield window
            window, faces = [], 0
    if window:
        yield window


def _automatic_batch(model: GPENModel) -> int:
    """On a CPU one face fills all cores; a GPU wants several."""
    return 1 if model.device.type == "cpu" else 4


def _picture_report(
    picture: Pixels, faces: Sequence[Chosen], strength: float, repeated: set[int], precision: str
) -> PictureReport:
    note = f"overflowed in {precision}, repeated in fp32"
    entries = tuple(
        FaceReport.of(entry.face, strength, entry.skipped, note if entry.face.index in repeated else None)
        for entry in faces
    )
    return PictureReport(width=picture.shape[1], height=picture.shape[0], faces=entries)


def _warnings(settings: RestoreSettings) -> tuple[str, ...]:
    if settings.strength > _STRONG:
        return (f"strength {settings.strength:g} is above {_STRONG:g}: skin may look like plastic",)
    return ()
