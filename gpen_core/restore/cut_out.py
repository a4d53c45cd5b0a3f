"""Cutting faces out, to be edited elsewhere and pasted back, for callers who do not want `restore` to do it all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from ..errors import GPENError
from ..faces import Face, FaceDetector, crop_face
from ..faces.selection import absent_numbers
from ..message import Message
from ..settings import RestoreSettings
from .detection import faces_of_batch
from .image_batch import Image, as_batch
from .picture_faces import PictureFaces
from .picture_report import FaceReport, PictureReport
from .report import CropReport


@dataclass(frozen=True)
class CropResult:
    """What `crop_faces` gives back: for each picture its faces and crops; which faces were taken, and why not."""

    pictures: tuple[PictureFaces, ...]
    report: CropReport


def crop_faces(
    image: Image,
    size: int = 512,
    settings: RestoreSettings | None = None,
    *,
    detector: str | FaceDetector = "auto",
    device: torch.device | str = "cpu",
    faces: Sequence[Sequence[Face]] | None = None,
    region: Image | None = None,
) -> CropResult:
    """Cut the faces of one picture or of a batch out as aligned crops of `size` px.

    settings: its `choice` and `template` are used. device: for a detector given by name. image, detector, faces,
    region: as for `restore`. Raises GPENError for an image of another shape or an impossible size.
    """
    if size < 1:
        raise GPENError(f"The size of a crop must be 1 px or more, got {size}.")
    settings = settings or RestoreSettings()
    template = settings.template_of("gpen")  # no network is known yet: the original's
    batch = as_batch(image)
    found = faces_of_batch(batch, settings.choice, detector=detector, device=device, faces=faces, region=region)
    height, width = batch.shape[1:3]
    pictures = tuple(
        PictureFaces(
            height,
            width,
            entries,
            tuple(crop_face(pixels, entry.face, size, template) for entry in entries if not entry.skipped),
        )
        for pixels, entries in zip(batch, found.pictures, strict=True)
    )
    report = CropReport(
        found.detector,
        template,
        tuple(
            PictureReport(
                width,
                height,
                tuple(FaceReport.of(entry.face, 0.0, entry.skipped) for entry in entries),
                Message("cut out"),
                absent=absent_numbers(entries, settings.choice),
            )
            for entries in found.pictures
        ),
    )
    return CropResult(pictures, report)
