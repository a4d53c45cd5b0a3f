"""A face restorer in an .onnx file, as a face network: GPEN as other programs keep it, and its like.

Everything is read off the file: names and type of input and output, the size of the crops, whether it takes batches,
which end the channels are at; and, from what it makes of a test picture, whether its values run from -1 or from 0 to 1.
"""

from __future__ import annotations

import mmap
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..device import Precision
from ..errors import CheckpointError, GPENError
from ..message import Message
from ..template import Template
from .config import GPENConfig
from .face_network import FaceNetwork
from .gpen import GPENNetwork
from .memory_estimate import activation_bytes
from .onnx_session import OnnxSession

_TYPES: dict[str, tuple[type[np.floating], Precision]] = {
    "tensor(float)": (np.float32, "fp32"),
    "tensor(float16)": (np.float16, "fp16"),
}
_SIZES = (512, 256, 1024, 2048)  # px, tried in this order where the file leaves the size open
_TRIED = 512  # px, the largest crop whose range is found by trying, where the file is known to be a GPEN
_RGB = 3
_BELOW_ZERO = -0.1  # a network for [0, 1] hardly reaches below 0
# ONNX Runtime keeps maps that our own network overwrites: measured, at 512 px in float32, 4.9 times as much.
_MORE_THAN_OURS = 5.0


@dataclass(frozen=True)
class _Kind:
    """A network known by the names of its tensors. mark: found in the file."""

    family: str
    mark: bytes
    template: Template
    terms: str


_KINDS = (
    _Kind("GPEN", b"ecd0.", "gpen", GPENNetwork.terms),
    _Kind(
        "GFPGAN", b"stylegan_decoder.", "ffhq", Message("Apache-2.0, with parts under NVIDIA's non-commercial terms")
    ),
)


@dataclass(frozen=True)
class _Shape:
    """How crops go in. size: px. batches: whether several do at once. channels_first: (N, 3, S, S)."""

    size: int
    batches: bool
    channels_first: bool
    type: type[np.floating]


class OnnxNetwork(FaceNetwork):
    """The network of an ONNX file, run by ONNX Runtime, on the CPU until it is wanted elsewhere."""

    family = "ONNX"

    def __init__(self, path: Path) -> None:
        """Raises CheckpointError for a file that is no face restorer, GPENError without ONNX Runtime."""
        super().__init__()
        self._session = OnnxSession(path)
        self._shape, precision = _read_shape(path, self._session)
        self.sizes, self.precisions = (self._shape.size,), (precision,)
        kind = _kind_of(path)
        # For [-1, 1] it is -1, for [0, 1] 0. Large GPEN files are not tried: that would take gigabytes on the CPU.
        known = kind is _KINDS[0] and self._shape.size > _TRIED
        self._offset = -1.0 if known or self._probe(path).min() < _BELOW_ZERO else 0.0
        self.family = Message("{family} (ONNX)", family=kind.family) if kind else "ONNX"
        self.template = kind.template if kind else "ffhq"
        self.terms = kind.terms if kind else Message("not stated in the file")
        self.limits = _limits(self._session, precision)

    def generate(self, crops: Tensor, dtype: torch.dtype, whole: int) -> Tensor:
        faces = crops.mul(1.0 - self._offset).add_(self._offset)
        if self._shape.channels_first:
            faces = faces.permute(0, 3, 1, 2)
        values = faces.contiguous().cpu().numpy().astype(self._shape.type, copy=False)
        parts = [values] if self._shape.batches else np.split(values, len(values))
        results = np.concatenate([self._session.run(part, crops.device) for part in parts])
        restored = torch.from_numpy(results).to(crops.device, torch.float32)
        if self._shape.channels_first:
            restored = restored.permute(0, 2, 3, 1)
        return restored.sub(self._offset).div_(1.0 - self._offset)

    def activation_bytes(self, size: int, batch: int, dtype: torch.dtype, whole: int) -> int:
        at_once = batch if self._shape.batches else 1
        return int(_MORE_THAN_OURS * activation_bytes(GPENConfig(size), at_once, torch.float32))

    def _probe(self, path: Path) -> NDArray[np.floating]:
        """What it makes of a soft ramp in [-1, 1]. Raises CheckpointError where that is no picture of its size."""
        shape = self._shape
        ramp = np.linspace(-1.0, 1.0, shape.size, dtype=shape.type)
        picture = np.broadcast_to(ramp, (1, _RGB, shape.size, shape.size))
        if not shape.channels_first:
            picture = picture.transpose(0, 2, 3, 1)
        result = self._session.run(np.ascontiguousarray(picture), torch.device("cpu"))
        if result.shape != picture.shape:
            raise _of_another_size(path, result.shape, picture.shape)
        return result


def _read_shape(path: Path, session: OnnxSession) -> tuple[_Shape, Precision]:
    inputs, outputs = session.inputs, session.outputs
    if len(inputs) != 1:
        names = ", ".join(each.name for each in inputs)
        raise CheckpointError(
            f"{path.name} has {len(inputs)} inputs ({names}): expected one, a face.\nFile: {path}\n"
            "Take the .pth or .safetensors file of the same network."
        )
    shape, kind = list(inputs[0].shape), inputs[0].type
    channels_first = len(shape) == 4 and shape[1] == _RGB
    if len(shape) != 4 or not (channels_first or shape[3] == _RGB) or len(outputs[0].shape) != 4:
        raise CheckpointError(
            f"{path.name} is no face restorer: it makes {outputs[0].shape} of {shape}.\nFile: {path}\n"
            "Expected RGB pictures, (N, 3, S, S) or (N, S, S, 3), to go in and to come out."
        )
    if kind not in _TYPES:
        raise CheckpointError(
            f"{path.name} takes {kind}: expected {' or '.join(_TYPES)}.\nFile: {path}\n"
            "Take a file that was not quantised."
        )
    dtype, precision = _TYPES[kind]
    sides = [side for each in (inputs[0], outputs[0]) for side in _sides(each.shape, channels_first)]
    if len(set(sides)) > 1:
        raise _of_another_size(path, tuple(outputs[0].shape), tuple(shape))
    batches = not isinstance(shape[0], int)
    size = sides[0] if sides else _size_by_trial(path, session, channels_first, dtype)
    return _Shape(size, batches, channels_first, dtype), precision


def _of_another_size(path: Path, made: tuple[Any, ...], given: tuple[Any, ...]) -> CheckpointError:
    return CheckpointError(
        f"{path.name} is no face restorer: it makes {made} of {given}.\nFile: {path}\n"
        "Expected as many pixels as it is given. A network that enlarges pictures belongs in ComfyUI's "
        "Load Upscale Model."
    )


def _sides(shape: Sequence[Any], channels_first: bool) -> list[int]:
    """Height and width where the file names them."""
    return [side for side in (shape[2:] if channels_first else shape[1:3]) if isinstance(side, int)]


def _size_by_trial(path: Path, session: OnnxSession, channels_first: bool, dtype: type[np.floating]) -> int:
    for size in _SIZES:
        shape = (1, _RGB, size, size) if channels_first else (1, size, size, _RGB)
        try:
            session.run(np.zeros(shape, dtype), torch.device("cpu"))
        except GPENError:
            continue
        return size
    raise CheckpointError(
        f"{path.name} takes faces of none of the sizes {', '.join(map(str, sorted(_SIZES)))} px.\nFile: {path}\n"
        "Export it with the size of its faces fixed."
    )


def _kind_of(path: Path) -> _Kind | None:
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        found = next((kind for kind in _KINDS if content.find(kind.mark) >= 0), None)
    named = (kind for kind in _KINDS if kind.family.casefold() in path.name.casefold())
    return found or next(named, None)


def _limits(session: OnnxSession, precision: Precision) -> tuple[str, ...]:
    cannot = Message(
        "An ONNX file cannot be pruned or cut into strips, always runs in {precision}, and keeps its memory: ComfyUI "
        "cannot move it out of the GPU.",
        precision=precision,
    )
    on_cpu = Message("The ONNX Runtime installed knows no GPU: the network runs on the CPU.")
    return (cannot, *([on_cpu] if session.on_cpu_only and torch.cuda.is_available() else []))
