"""Parts of a face made anew, by GPEN's inpainting network: scratches, stains, what was painted over.

The network was trained on aligned faces with white strokes for what is missing. So the masked part of each crop is made
white, and of what the network makes only the masked part is shown.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np

from ..faces import Face, FaceDetector, crop_face
from ..faces.face import FaceCrop
from ..image.warp import Pixels, Plane, warp
from ..message import Message
from ..model import GPENModel, require_model
from ..progress import Progress, silent
from ..restore.detection import faces_of_batch
from ..restore.image_batch import Image, as_batch, as_planes, like_input
from ..settings import FaceChoice
from .passes import place, square_mask, through_network
from .report import RepaintResult, picture_report, report_of, unexpected

_WHITE = 254.5 / 255.0  # strokes are pure white
_SPECK = 3  # px, side of the square that fits into a stroke; highlights are smaller or not as white
_GROWN = 5  # px, side of the square by which strokes are grown, over the half-white of their edges
_EDGE = 0.06  # of the crop: the result fades out before the crop ends
_REACHES = (0.01, 0.04, 0.16)  # of the crop's side: how far the tone at the rim of a hole is carried into it
_FAINTER = 1e-3
_UNTOUCHED = Message("no part of it is masked")


def white_strokes(picture: Pixels) -> Plane:
    """Where (H, W, 3) is painted over in pure white, as (H, W) of 0 and 1."""
    white = np.asarray((picture >= _WHITE).all(axis=2), np.uint8)
    strokes = cv2.morphologyEx(white, cv2.MORPH_OPEN, np.ones((_SPECK, _SPECK), np.uint8))
    return cv2.dilate(strokes, np.ones((_GROWN, _GROWN), np.uint8)).astype(np.float32)


def inpaint(
    image: Image,
    model: GPENModel,
    mask: Image | None = None,
    *,
    choice: FaceChoice | None = None,
    batch_size: int = 0,
    detector: str | FaceDetector = "auto",
    faces: Sequence[Sequence[Face]] | None = None,
    region: Image | None = None,
    progress: Progress = silent,
) -> RepaintResult:
    """Make the masked parts of the faces of one picture or of a batch anew.

    image: (H, W, 3) or (B, H, W, 3) RGB in [0, 1]. model: GPEN's inpainting network. mask: (H, W) or (B, H, W) in
    [0, 1]; None for what is painted over in pure white. choice, batch_size: as in `RestoreSettings`. detector, faces,
    region, progress: as for `restore`.
    Pixels where the mask is 0, or outside of every face, are bit-identical to the input. Raises GPENError as `restore`.
    """
    require_model(model)
    choice = choice or FaceChoice()
    batch = as_batch(image)
    holes = [white_strokes(picture) for picture in batch] if mask is None else as_planes(mask, batch)
    found = faces_of_batch(
        batch, choice, detector=detector, device=model.device, faces=faces, region=region, owner=model
    )
    result, masks = batch.copy(), np.zeros(batch.shape[:3], np.float32)
    warnings = set(unexpected(model, "inpaint", "GPEN-Inpainting-1024"))
    pictures = []
    for number, (picture, hole, entries) in enumerate(zip(batch, holes, found.pictures, strict=True)):
        crops = [
            _with_white(crop, hole)
            for entry in entries
            if entry.skipped is None
            for crop in [crop_face(picture, entry.face, model.network.sizes[-1], model.template)]
        ]
        touched = [crop for crop, covered in crops if covered]
        skipped: dict[int, str] = {crop.face.index: _UNTOUCHED for crop, covered in crops if not covered}
        filled, notes = through_network(touched, model, batch_size)
        warnings |= notes
        for crop in filled:
            _fill(result[number], masks[number], hole, crop)
        warnings.update(_left_over(hole, masks[number]))
        pictures.append(picture_report(picture.shape[:2], entries, Message("filled in"), choice, skipped))
        progress(number + 1, len(batch))
    report = report_of(model, found, pictures, sorted(warnings))
    return RepaintResult(like_input(result, image), like_input(masks, image), report)


def _with_white(crop: FaceCrop, hole: Plane) -> tuple[FaceCrop, bool]:
    """The crop with its masked part white, and whether any of it is."""
    covered = warp(hole[..., None], crop.image_to_crop, crop.size, crop.size) >= 0.5
    return replace(crop, pixels=np.where(covered, np.float32(1.0), crop.pixels)), bool(covered.any())


def _fill(result: Pixels, whole_mask: Plane, hole: Plane, crop: FaceCrop) -> None:
    """Put the masked part of what the network made into the picture, in place."""
    height, width = result.shape[:2]
    region, pixels = place(crop, crop.pixels, height, width)
    mask = hole[region.slices] * square_mask(crop, region, _EDGE)
    before = result[region.slices]
    scale = float(np.linalg.norm(crop.image_to_crop[0, :2]))  # of the crop's px in one of the picture
    pixels = pixels + _carried_in(before - pixels, 1.0 - hole[region.slices], crop.size / scale)
    filled = np.clip(before + mask[..., None] * (pixels - before), 0.0, 1.0)
    result[region.slices] = np.where((mask > 0.0)[..., None], filled, before)
    whole_mask[region.slices] = np.maximum(whole_mask[region.slices], mask)


def _carried_in(difference: Pixels, known: Plane, side: float) -> Pixels:
    """The slow part of a difference (H, W, 3), carried from where it is known into where it is not.

    Without it the network's own idea of the light would show as an edge around every hole.
    """
    weighted = np.dstack([difference * known[..., None], known])
    total = np.zeros_like(weighted)
    for number, reach in enumerate(_REACHES):
        blurred = cv2.GaussianBlur(weighted, (0, 0), max(reach * side, 0.5), borderType=cv2.BORDER_REPLICATE)
        total += np.float32(_FAINTER**number) * blurred
    return (total[..., :3] / np.maximum(total[..., 3:], 1e-9)).astype(np.float32)


def _left_over(hole: Plane, done: Plane) -> list[str]:
    masked = float((hole >= 0.5).sum())
    left = float(((hole >= 0.5) & (done == 0.0)).sum())
    if masked == 0.0:
        return [Message("nothing is masked: paint a mask, or pure white strokes into the picture")]
    percent = round(100.0 * left / masked)
    if percent == 0:
        return []
    return [Message("{percent} % of the mask lies outside of the faces and was left alone", percent=percent)]
