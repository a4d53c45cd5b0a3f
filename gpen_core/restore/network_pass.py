"""Face crops through the network and finished, in batches that faces of several pictures share."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..faces import Face, FaceCrop, crop_face
from ..finish.finishing import finish_face, prepare_face
from ..image.warp import Pixels
from ..model import GPENModel
from ..settings import RestoreSettings
from .remembered import OwnedMemory, digest

_REMEMBERED_BYTES = 256 * 2**20  # for each model: 85 crops of 512 px


@dataclass(frozen=True, eq=False)
class FinishedCrop:
    """One face ready to be pasted.

    repeated: half precision overflowed, so it was computed in float32. rungs: as of `Restored`.
    """

    crop: FaceCrop
    repeated: bool = False
    rungs: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class _Output:
    """What the network made of one crop, (3, S, S), and how."""

    planes: Tensor
    repeated: bool
    rungs: tuple[str, ...] = ()


_remembered: OwnedMemory[_Output] = OwnedMemory(_REMEMBERED_BYTES)


def finished_crops(
    pictures: NDArray[np.float32],
    faces: Sequence[Sequence[Face]],
    model: GPENModel,
    settings: RestoreSettings,
    advance: Callable[[int], None],
) -> Iterator[list[FinishedCrop]]:
    """For each of the (B, H, W, 3) pictures in order the crops of its faces.

    No more pictures are held back than fill a batch of the network. advance: told how many faces have been done.
    """
    batch_size = settings.batch_size or model.automatic_batch()
    for numbers in _windows([len(own) for own in faces], batch_size):
        wanted = [(number, face) for number in numbers for face in faces[number]]
        finished: list[FinishedCrop] = []
        for start in range(0, len(wanted), batch_size):
            batch = [
                crop_face(pictures[number], face, model.config.size, settings.template)
                for number, face in wanted[start : start + batch_size]
            ]
            finished += _finished(batch, model, settings)
            advance(len(batch))
        ready = iter(finished)
        for number in numbers:
            yield [next(ready) for _ in faces[number]]


def _finished(crops: Sequence[FaceCrop], model: GPENModel, settings: RestoreSettings) -> list[FinishedCrop]:
    if settings.strength == 0.0:  # nothing of a restoration would be seen
        return [FinishedCrop(crop) for crop in crops]
    originals = [_as_pixels(crop.pixels) for crop in crops]
    inputs = [
        prepare_face(original, crop.image_to_crop, settings) for original, crop in zip(originals, crops, strict=True)
    ]
    finished = []
    for crop, original, output in zip(crops, originals, _through_network(inputs, model), strict=True):
        pixels = finish_face(original, _as_pixels(output.planes), crop.face, crop.image_to_crop, settings)
        finished.append(FinishedCrop(replace(crop, pixels=_as_planes(pixels)), output.repeated, output.rungs))
    return finished


def _through_network(inputs: Sequence[Pixels], model: GPENModel) -> list[_Output]:
    """What the network makes of (S, S, 3) crops; it runs only for those it has not seen lately."""
    memory = _remembered.of(model)
    keys = [digest(pixels) for pixels in inputs]
    outputs = {key: output for key in keys if (output := memory.get(key)) is not None}
    new = {key: pixels for key, pixels in zip(keys, inputs, strict=True) if key not in outputs}
    if new:
        result = model.run(torch.stack([_as_planes(pixels) for pixels in new.values()]))
        for number, (key, planes) in enumerate(zip(new, result.faces.cpu(), strict=True)):
            output = _Output(planes.clone(), number in result.repeated)
            memory.put(key, output, planes.nbytes)
            outputs[key] = replace(output, rungs=result.rungs)
    return [outputs[key] for key in keys]


def _as_pixels(planes: Tensor) -> Pixels:
    return np.ascontiguousarray(planes.permute(1, 2, 0).numpy())


def _as_planes(pixels: Pixels) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(pixels.transpose(2, 0, 1)))


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
