"""A GPEN network behind one call on ordinary pictures."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Literal, get_args

import torch
from torch import Tensor

from .errors import GPENError
from .network import Generator, GPENConfig

logger = logging.getLogger(__name__)

Precision = Literal["auto", "fp32", "fp16", "bf16"]
PRECISIONS: tuple[Precision, ...] = get_args(Precision)
_DTYPES = {"fp32": torch.float32, "fp16": torch.float16, "bf16": torch.bfloat16}


@dataclass(frozen=True)
class Restored:
    """Restored faces (N, 3, S, S), and the numbers of those that had to be computed again in float32."""

    faces: Tensor
    repeated: tuple[int, ...] = ()


class GPENModel:
    """Restores aligned face crops. The only place that knows of inference mode and the network's [-1, 1].

    name: of the weight file. device: where the network is. precision: of its convolutions ("fp32", "fp16", "bf16").
    The generator given belongs to the model from then on: it is moved and its weights are brought to the precision.
    """

    def __init__(self, generator: Generator, name: str, device: torch.device, precision: str) -> None:
        self.name = name
        self.device = device
        self.precision = precision
        self.dtype = _DTYPES[precision]
        self.generator = generator.prepare(self.dtype).to(device)

    @property
    def config(self) -> GPENConfig:
        """Hyper-parameters; `config.size` is the side of the crops in px."""
        return self.generator.config

    def __call__(self, faces: Tensor) -> Tensor:
        """Restore aligned faces.

        faces: (N, 3, S, S) RGB in [0, 1], any floating dtype, any device; S is `config.size`.
        Returns the same shape in float32 on the model's device, in [0, 1].
        Raises GPENError for another shape.
        """
        return self.run(faces).faces

    def run(self, faces: Tensor) -> Restored:
        """As a call, and says which faces had to be repeated in float32 because half precision overflowed."""
        size = self.config.size
        if faces.dim() != 4 or tuple(faces.shape[1:]) != (3, size, size):
            raise GPENError(
                f"This model restores faces of shape (N, 3, {size}, {size}), got {tuple(faces.shape)}.\n"
                "Cut aligned crops with gpen_core.faces.crop_face, or restore whole pictures with gpen_core.restore."
            )
        if not faces.is_floating_point():
            raise GPENError(f"Faces must be floating-point values from 0 to 1, got {faces.dtype}.\nDivide by 255.")
        if len(faces) == 0:
            return Restored(faces.to(self.device, torch.float32))
        with torch.inference_mode():
            faces = faces.to(self.device, torch.float32).clamp(0.0, 1.0) * 2.0 - 1.0
            restored = self.generator(faces.to(self.dtype))
            repeated = self._repeat_overflowed(faces, restored)
            restored = restored.mul_(0.5).add_(0.5).clamp_(0.0, 1.0)
        return Restored(restored.clone(), repeated)  # cloned outside: an ordinary tensor, usable with autograd

    def _repeat_overflowed(self, faces: Tensor, restored: Tensor) -> tuple[int, ...]:
        """Replace faces with values that are not finite by their float32 result; returns their numbers."""
        finite = restored.isfinite().all(dim=1).all(dim=1).all(dim=1)
        if bool(finite.all()):
            return ()
        numbers = tuple(int(number) for number in (~finite).nonzero().flatten())
        if self.dtype is torch.float32:
            raise GPENError(
                f"The network gave values that are not finite, with the weights of {self.name}.\n"
                "The faces may hold values that are not finite, or the file may be damaged: compare its hash with "
                "`gpen weights verify`, or fetch it again."
            )
        logger.warning("%d face(s) overflowed in %s and were repeated in fp32", len(numbers), self.precision)
        for number in numbers:
            restored[number] = self.generator(faces[number : number + 1])[0]
        if not bool(restored.isfinite().all()):
            raise GPENError(f"The network gave values that are not finite even in fp32, with {self.name}.")
        return numbers


def choose_device(device: str | torch.device) -> torch.device:
    """The device for "auto", "cpu", "cuda", "cuda:1", "mps". Raises GPENError when it is not there."""
    if device == "auto":
        if torch.cuda.is_available():
            return torch.device("cuda", torch.cuda.current_device())
        return torch.device("mps" if torch.backends.mps.is_available() else "cpu")
    try:
        chosen = torch.device(device)
    except RuntimeError as error:
        raise GPENError(f"Unknown device '{device}'.\nUse auto, cpu, cuda, cuda:0, cuda:1 .. or mps.") from error
    if chosen.type not in ("cpu", "cuda", "mps"):
        raise GPENError(f"Device '{device}' is not supported.\nUse auto, cpu, cuda, cuda:0, cuda:1 .. or mps.")
    count = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if chosen.type == "cuda" and (chosen.index or 0) >= count:
        raise GPENError(f"Device '{device}' is not available: torch sees {count} CUDA GPU(s).\nUse auto or cpu.")
    if chosen.type == "mps" and not torch.backends.mps.is_available():
        raise GPENError("Device 'mps' is not available on this machine.\nUse auto or cpu.")
    if chosen.type == "cuda" and chosen.index is None:  # so that "cuda" and "auto" share one model
        return torch.device("cuda", torch.cuda.current_device())
    return chosen


def choose_precision(precision: str, device: torch.device) -> str:
    """ "auto" becomes fp16 on CUDA GPUs that are fast in it, fp32 elsewhere.

    On a CPU fp32 gives the same result everywhere; bf16 is faster on processors with AVX512-BF16 or AMX.
    """
    if precision not in PRECISIONS:
        raise GPENError(f"Unknown precision '{precision}'.\nUse one of: {', '.join(PRECISIONS)}.")
    if precision != "auto":
        return precision
    if device.type != "cuda":
        return "fp32"
    properties = torch.cuda.get_device_properties(device)
    slow_half = properties.major < 7 or "GTX 16" in properties.name  # Pascal; Turing without tensor cores
    return "fp32" if slow_half else "fp16"
