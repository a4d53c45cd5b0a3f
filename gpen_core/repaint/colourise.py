"""Colour for the faces of grey pictures, from GPEN's colourisation network, and from there for what is around them.

The network colours the whole crop: hair, ears, neck and what is behind. Its chroma is taken there, with a soft edge;
beyond, the picture gets the colours that the crop has for the same luma nearby, so that no grey neck borders on a pink
face. Light stays the picture's own unless asked otherwise.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from ..errors import GPENError
from ..faces import Face, FaceDetector, crop_face
from ..faces.face import FaceCrop
from ..finish.protection import desaturated
from ..image.luma import luma
from ..image.warp import Pixels, Plane
from ..message import Message
from ..model import GPENModel, require_model
from ..progress import Progress, silent
from ..restore.detection import faces_of_batch
from ..restore.image_batch import Image, as_batch, like_input
from ..restore.masks import face_mask
from ..settings import FaceChoice
from .chroma import chroma_of, spread_chroma, with_chroma
from .passes import place, square_mask, through_network
from .report import RepaintResult, picture_report, report_of, unexpected

_OVAL_FEATHER = 0.45  # of the face, where its light is taken too; as of a restored face


@dataclass(frozen=True)
class ColouriseSettings:
    """Settings of `colourise`; more never does less.

    spread: 0 to 100, how much of the faces' colours the picture around their crops gets; 0 leaves it bit-identical.
    feather: 0 to 1, width of the soft edge of a crop's own colours, as a share of the way from its middle to its edge.
    keep_light: whether light is the picture's own everywhere; else faces get the network's.
    choice: which faces. batch_size: faces through the network at once; 0 for automatic.
    """

    spread: float = 100.0
    feather: float = 0.2
    keep_light: bool = True
    choice: FaceChoice = field(default_factory=FaceChoice)
    batch_size: int = 0

    def __post_init__(self) -> None:
        if not 0.0 <= self.spread <= 100.0:
            raise GPENError(f"spread must be 0 to 100, got {self.spread}.")
        if not 0.0 <= self.feather <= 1.0:
            raise GPENError(f"feather must be 0 to 1, got {self.feather}.")
        if self.batch_size < 0:
            raise GPENError(f"batch_size must be 0 (automatic) or more, got {self.batch_size}.")


def colourise(
    image: Image,
    model: GPENModel,
    settings: ColouriseSettings | None = None,
    *,
    detector: str | FaceDetector = "auto",
    faces: Sequence[Sequence[Face]] | None = None,
    region: Image | None = None,
    progress: Progress = silent,
) -> RepaintResult:
    """Colour the faces of one picture or of a batch.

    image: (H, W, 3) or (B, H, W, 3) RGB in [0, 1]; what colour it has is not shown to the network. model: GPEN's
    colourisation network. detector, faces, region, progress: as for `restore`. A picture without a face comes back
    unchanged. Raises GPENError as `restore`.
    """
    require_model(model)
    settings = settings or ColouriseSettings()
    batch = as_batch(image)
    found = faces_of_batch(
        batch, settings.choice, detector=detector, device=model.device, faces=faces, region=region, owner=model
    )
    result, masks = batch.copy(), np.zeros(batch.shape[:3], np.float32)
    warnings = set(unexpected(model, "color", "GPEN-Colorization-1024"))
    pictures = []
    for number, (picture, entries) in enumerate(zip(batch, found.pictures, strict=True)):
        grey = desaturated(picture, 1.0)
        taken = [entry.face for entry in entries if entry.skipped is None]
        crops, notes = through_network(
            [crop_face(grey, face, model.network.sizes[-1], model.template) for face in taken],
            model,
            settings.batch_size,
        )
        warnings |= notes
        if crops:
            result[number], masks[number] = _coloured(picture, crops, settings)
        pictures.append(picture_report(picture.shape[:2], entries, Message("coloured"), settings.choice, {}))
        progress(number + 1, len(batch))
    report = report_of(model, found, pictures, sorted(warnings))
    return RepaintResult(like_input(result, image), like_input(masks, image), report)


def _coloured(picture: Pixels, crops: Sequence[FaceCrop], settings: ColouriseSettings) -> tuple[Pixels, Plane]:
    """The picture with the colours of its crops, and where it was changed."""
    height, width = picture.shape[:2]
    light = luma(picture)
    chroma, weights = np.zeros_like(picture), np.zeros_like(light)
    own, change, ovals = np.zeros_like(light), np.zeros_like(light), np.zeros_like(light)
    for crop in crops:
        region, pixels = place(crop, crop.pixels, height, width)
        mask = square_mask(crop, region, settings.feather)
        own[region.slices] = np.maximum(own[region.slices], mask)
        weights[region.slices] += mask
        chroma[region.slices] += mask[..., None] * chroma_of(pixels)
        if not settings.keep_light:
            oval, _ = face_mask(crop.face, crop.image_to_crop, crop.size, region, _OVAL_FEATHER)
            change[region.slices] += oval * (luma(pixels) - light[region.slices])
            ovals[region.slices] += oval
    chroma /= np.maximum(weights, 1e-6)[..., None]
    mask = own
    if settings.spread > 0.0:
        share = settings.spread / 100.0
        chroma = _mixed(spread_chroma(light, chroma, own), chroma, own)
        mask = (own + (1.0 - own) * share).astype(np.float32)
    light = np.clip(light + change / np.maximum(ovals, 1.0), 0.0, 1.0).astype(np.float32)
    coloured = np.clip(with_chroma(light, _mixed(chroma_of(picture), chroma, mask)), 0.0, 1.0)
    return np.where((mask > 0.0)[..., None], coloured, picture).astype(np.float32), mask


def _mixed(one: Pixels, other: Pixels, share: Plane) -> Pixels:
    """Of (H, W, 3) the other where the share (H, W) is 1."""
    return (one + share[..., None] * (other - one)).astype(np.float32)
