"""Face crops through the network and finished, in batches that faces of several pictures share."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray

from ..faces import Face, FaceCrop, crop_face
from ..finish.finishing import finish_face, prepare_face
from ..finish.occlusion import occlusion
from ..image.warp import Pixels, Plane
from ..model import GPENModel
from ..settings import RestoreSettings
from .crop_size import crop_size
from .masks import crop_mask
from .remembered import digest, network_results


@dataclass(frozen=True, eq=False)
class FinishedCrop:
    """One face ready to be pasted.

    repeated: half precision overflowed, so it was computed in float32. rungs: as of `Restored`. keep: (S, S) in [0, 1],
    where the picture is to be kept; None for nowhere. kept: share of the face, 0 to 1, that is.
    """

    crop: FaceCrop
    repeated: bool = False
    rungs: tuple[str, ...] = ()
    keep: Plane | None = None
    kept: float = 0.0


@dataclass(frozen=True, eq=False)
class _Output:
    """What the network made of one crop, (S, S, 3), and how."""

    pixels: Pixels
    repeated: bool
    rungs: tuple[str, ...] = ()


def finished_crops(
    pictures: NDArray[np.float32],
    faces: Sequence[Sequence[Face]],
    model: GPENModel,
    settings: RestoreSettings,
    advance: Callable[[int], None],
    remember: bool = True,
) -> Iterator[list[FinishedCrop]]:
    """For each of the (B, H, W, 3) pictures in order the crops of its faces.

    No more pictures are held back than fill a batch of the network. advance: told how many faces have been done.
    remember: whether to look for crops that the network has seen lately, and to keep what it makes of others.
    """
    batch_size = settings.batch_size or model.automatic_batch()
    for numbers in _windows([len(own) for own in faces], batch_size):
        wanted = [(number, face) for number in numbers for face in faces[number]]
        finished: list[FinishedCrop] = []
        for start in range(0, len(wanted), batch_size):
            batch = [
                _crop(pictures[number], face, model, settings) for number, face in wanted[start : start + batch_size]
            ]
            finished += finish_crops(batch, model, settings, remember)
            advance(len(batch))
        ready = iter(finished)
        for number in numbers:
            yield [next(ready) for _ in faces[number]]


def _crop(picture: Pixels, face: Face, model: GPENModel, settings: RestoreSettings) -> FaceCrop:
    template = settings.template_of(model.template)
    return crop_face(picture, face, crop_size(picture, face, model, template), template)


def finish_crops(
    crops: Sequence[FaceCrop], model: GPENModel, settings: RestoreSettings, remember: bool = True
) -> list[FinishedCrop]:
    """The crops through the network, all at once, and finished. remember: as of `finished_crops`."""
    if settings.strength == 0.0:  # nothing of a restoration would be seen
        return [FinishedCrop(crop) for crop in crops]
    inputs = [prepare_face(crop.pixels, crop.image_to_crop, settings) for crop in crops]
    finished = []
    for crop, output in zip(crops, _through_network(inputs, model, remember), strict=True):
        pixels = finish_face(crop.pixels, output.pixels, crop.face, crop.image_to_crop, settings)
        keep, kept = _kept(crop, output.pixels, settings)
        finished.append(FinishedCrop(replace(crop, pixels=pixels), output.repeated, output.rungs, keep, kept))
    return finished


def _kept(crop: FaceCrop, restored: Pixels, settings: RestoreSettings) -> tuple[Plane | None, float]:
    """Where the picture is to be kept, and how much of the face that is."""
    if settings.keep_occlusions == 0.0:
        return None, 0.0
    face = crop_mask(crop.face, crop.image_to_crop, crop.size)
    keep = occlusion(crop.pixels, restored, face, settings.keep_occlusions)
    return keep, float((keep * face).sum() / max(float(face.sum()), 1.0))


def _through_network(inputs: Sequence[Pixels], model: GPENModel, remember: bool) -> list[_Output]:
    """What the network makes of (S, S, 3) crops; with `remember` it runs only for those not seen lately."""
    memory = network_results.of(model if remember else None)
    keys = [("face", digest(pixels) if remember else number) for number, pixels in enumerate(inputs)]
    outputs: dict[object, _Output] = {key: output for key in keys if (output := memory.get(key)) is not None}
    new = {key: pixels for key, pixels in zip(keys, inputs, strict=True) if key not in outputs}
    for size in {len(pixels) for pixels in new.values()}:
        same = {key: pixels for key, pixels in new.items() if len(pixels) == size}
        result = model.run(torch.from_numpy(np.stack(list(same.values()))))
        for number, (key, pixels) in enumerate(zip(same, result.faces.cpu().numpy(), strict=True)):
            output = _Output(np.array(pixels, order="C"), number in result.repeated)
            memory.put(key, output, pixels.nbytes)
            outputs[key] = replace(output, rungs=result.rungs)
    return [outputs[key] for key in keys]


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
