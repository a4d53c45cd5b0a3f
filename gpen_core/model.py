"""A GPEN network behind one call on ordinary pictures."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from itertools import chain
from typing import Literal, get_args

import torch
from torch import Tensor

from .device import free_memory, release_cached
from .errors import GPENError
from .ladder import Rung, descend, rungs
from .network import Generator, GPENConfig
from .network.memory_estimate import activation_bytes, weight_bytes
from .network.strips import run_in_strips

logger = logging.getLogger(__name__)

Precision = Literal["auto", "fp32", "fp16", "bf16"]
PRECISIONS: tuple[Precision, ...] = get_args(Precision)
_DTYPES = {"fp32": torch.float32, "fp16": torch.float16, "bf16": torch.bfloat16}

_MARGIN = 256 * 2**20  # bytes left free, for the workspaces of convolutions and for others
_LARGEST_BATCH = 8  # what a batch makes up for, the start of each operation, is nothing beside eight faces


@dataclass(frozen=True)
class Restored:
    """Restored faces (N, 3, S, S), and the numbers of those that had to be computed again in float32.

    rungs: in words, what was done otherwise than asked to make do with the memory there is; empty as a rule.
    """

    faces: Tensor
    repeated: tuple[int, ...] = ()
    rungs: tuple[str, ...] = ()


class GPENModel:
    """Restores aligned face crops. The only place that knows of gradients being off and the network's [-1, 1].

    name: of the weight file. device: where the network runs. precision: of its convolutions ("fp32", "fp16", "bf16").
    budget: bytes the network may take beside its weights; None for what is free when it runs, less a margin.
    make_room: called with the number of faces before the network runs, by which a program that manages the memory of
        several networks brings this one to its device and others away; None for no such program.
    The generator given belongs to the model from then on: its weights are brought to the precision at once, and to the
    device whenever they are elsewhere when the model runs, so that others may move them away in between. Threads may
    share a model: it runs for one after the other.
    """

    def __init__(self, generator: Generator, name: str, device: torch.device, precision: str) -> None:
        self.name = name
        self.device = device
        self.precision = precision
        self.dtype = _DTYPES[precision]
        self.budget: int | None = None
        self.make_room: Callable[[int], None] | None = None
        self._running = threading.Lock()  # two runs at once would need twice the memory, and could move the network
        self.generator = generator.prepare(self.dtype)

    @property
    def config(self) -> GPENConfig:
        """Hyper-parameters; `config.size` is the side of the crops in px."""
        return self.generator.config

    @property
    def variant(self) -> str:
        """ "full", or "pruned": made smaller, for faces only."""
        return "pruned" if self.config.pruned else "full"

    def __call__(self, faces: Tensor) -> Tensor:
        """Restore aligned faces.

        faces: (N, 3, S, S) RGB in [0, 1], any floating dtype, any device; S is `config.size`.
        Returns the same shape in float32 in [0, 1], on the device it was computed on: the model's, or the CPU where
        that had too little memory.
        Raises GPENError for another shape.
        """
        return self.run(faces).faces

    def run(self, faces: Tensor) -> Restored:
        """As a call, and says which faces had to be repeated in float32 because half precision overflowed.

        All faces go through the network at once if memory allows; else in smaller batches, in strips, or on the CPU.
        """
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
        wanted = Rung(self.device, len(faces), size)
        with self._running:
            if self.make_room is not None:
                self.make_room(len(faces))
            (restored, repeated), used = descend(
                rungs(self.device, len(faces), size), lambda rung: self._attempt(faces, rung), self._fits
            )
        differences = used.differences(wanted)
        if differences:
            release_cached(self.device)  # others are short of memory too
        return Restored(restored, repeated, differences)

    @property
    def weight_bytes(self) -> int:
        """Bytes of all weights."""
        return weight_bytes(self.generator)

    def activation_bytes(self, batch: int = 1, whole: int | None = None) -> int:
        """Most bytes beside the weights while `batch` faces are restored at once.

        whole: px, the largest level that is not cut into strips; None for no strips.
        """
        return self._activation_bytes(Rung(self.device, batch, whole or self.config.size))

    def automatic_batch(self) -> int:
        """Number of faces to give to `run` at once: as many as free memory allows, up to 8; one on a CPU.

        One face fills all cores of a CPU.
        """
        free = None if self.device.type == "cpu" else self._free(self.device)
        return 1 if free is None else min(max(free // self.activation_bytes(), 1), _LARGEST_BATCH)

    def release(self) -> None:
        """Give the memory that torch keeps on the model's device for the next run back to the system."""
        release_cached(self.device)

    def _attempt(self, faces: Tensor, rung: Rung) -> tuple[Tensor, tuple[int, ...]]:
        """Restored faces on the rung's device, and the numbers of those that overflowed."""
        if not self._is_on(rung.device):
            self.generator.to(rung.device)
        results: list[Tensor] = []
        repeated: list[int] = []
        with torch.no_grad():  # not inference mode: the result is an ordinary tensor, usable with autograd
            for batch in faces.split(rung.batch):
                inputs = batch.to(rung.device, torch.float32).clamp(0.0, 1.0).mul_(2.0).sub_(1.0)
                restored = self._generate(inputs, self._dtype(rung), rung.whole)
                repeated += [sum(map(len, results)) + i for i in self._repeat_overflowed(inputs, restored, rung)]
                results.append(restored.mul_(0.5).add_(0.5).clamp_(0.0, 1.0))
            return results[0] if len(results) == 1 else torch.cat(results), tuple(repeated)

    def _generate(self, faces: Tensor, dtype: torch.dtype, whole: int) -> Tensor:
        return run_in_strips(self.generator, faces.to(dtype, memory_format=torch.channels_last), whole)

    def _dtype(self, rung: Rung) -> torch.dtype:
        """Half precision is chosen for a device; a CPU that has to step in may only emulate it."""
        return self.dtype if rung.device == self.device else torch.float32

    def _is_on(self, device: torch.device) -> bool:
        places = {tensor.device for tensor in chain(self.generator.parameters(), self.generator.buffers())}
        return all(place.type == device.type and device.index in (None, place.index) for place in places)

    def _fits(self, rung: Rung) -> bool:
        free = self._free(rung.device)
        return free is None or self._activation_bytes(rung) <= free

    def _free(self, device: torch.device) -> int | None:
        """Bytes for the network to take on `device` beside its weights; None if nobody says."""
        if self.budget is not None:
            return self.budget
        free = free_memory(device)
        if free is None:
            return None
        return free - _MARGIN - (0 if self._is_on(device) else self.weight_bytes)

    def _activation_bytes(self, rung: Rung) -> int:
        """Also counts the faces in float32, which the network knows nothing of."""
        faces = 3 * self.config.size**2 * torch.float32.itemsize * rung.batch
        return faces + activation_bytes(self.config, rung.batch, self._dtype(rung), rung.whole)

    def _repeat_overflowed(self, faces: Tensor, restored: Tensor, rung: Rung) -> tuple[int, ...]:
        """Replace faces with values that are not finite by their float32 result; returns their numbers."""
        finite = restored.isfinite().all(dim=1).all(dim=1).all(dim=1)
        if bool(finite.all()):
            return ()
        numbers = tuple(int(number) for number in (~finite).nonzero().flatten())
        if self._dtype(rung) is torch.float32:
            raise GPENError(
                f"The network gave values that are not finite, with the weights of {self.name}.\n"
                "The faces may hold values that are not finite, or the file may be damaged: compare its hash with "
                "`gpen weights verify`, or fetch it again."
            )
        logger.warning("%d face(s) overflowed in %s and were repeated in fp32", len(numbers), self.precision)
        for number in numbers:
            restored[number] = self._generate(faces[number : number + 1], torch.float32, rung.whole)[0]
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
        return _other_device(chosen)
    count = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if chosen.type == "cuda" and (chosen.index or 0) >= count:
        raise GPENError(f"Device '{device}' is not available: torch sees {count} CUDA GPU(s).\nUse auto or cpu.")
    if chosen.type == "mps" and not torch.backends.mps.is_available():
        raise GPENError("Device 'mps' is not available on this machine.\nUse auto or cpu.")
    if chosen.type == "cuda" and chosen.index is None:  # so that "cuda" and "auto" share one model
        return torch.device("cuda", torch.cuda.current_device())
    return chosen


def _other_device(device: torch.device) -> torch.device:
    """A device of a kind that is not tested here (Intel's xpu, DirectML), if torch can use it. Raises GPENError."""
    try:
        torch.zeros(1, device=device).item()  # "meta" has tensors without values
    except (RuntimeError, NotImplementedError, AssertionError) as error:
        raise GPENError(
            f"Device '{device}' cannot be used by this torch.\nUse auto, cpu, cuda, cuda:0, cuda:1 .. or mps.\n"
            f"Cause: {error}"
        ) from error
    return device


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
