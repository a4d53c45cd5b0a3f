"""A face network, loaded: with its device, its precision, and what to do when memory runs out."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from itertools import chain

import torch
from torch import Tensor

from .device import DTYPES, LEFT_FREE, free_memory, release_cached
from .errors import GPENError
from .ladder import Rung, descend, rungs
from .network import FaceNetwork
from .network.memory_estimate import weight_bytes
from .template import Template

logger = logging.getLogger(__name__)

_BLACK = 1.0 / 255.0
_LARGEST_BATCH = 8  # what a batch makes up for, the start of each operation, is nothing beside eight faces


@dataclass(frozen=True)
class Restored:
    """Restored faces (N, S, S, 3), and the numbers of those that had to be computed again in float32.

    rungs: in words, what was done otherwise than asked to make do with the memory there is; empty as a rule.
    """

    faces: Tensor
    repeated: tuple[int, ...] = ()
    rungs: tuple[str, ...] = ()


class GPENModel:
    """Restores aligned face crops with any `FaceNetwork`. The only place that knows of gradients being off.

    name: of the weight file. device: where the network runs. precision: of its convolutions ("fp32", "fp16", "bf16").
    budget: bytes the network may take beside its weights; None for what is free when it runs, less a margin.
    make_room: called with the number of faces before the network runs, by which a program that manages the memory of
        several networks brings this one to its device and others away; None for no such program.
    The network given belongs to the model from then on: its weights are brought to the precision at once, and to the
    device whenever they are elsewhere when the model runs, so that others may move them away in between. Threads may
    share a model: it runs for one after the other.
    """

    def __init__(self, network: FaceNetwork, name: str, device: torch.device, precision: str) -> None:
        self.name = name
        self.device = device
        self.precision = precision
        self.dtype = DTYPES[precision]
        self.budget: int | None = None
        self.make_room: Callable[[int], None] | None = None
        self._running = threading.Lock()  # two runs at once would need twice the memory, and could move the network
        self.network = network
        network.prepare(self.dtype)

    @property
    def size(self) -> int:
        """Side of the crops in px; the smallest, where the network takes several."""
        return self.network.sizes[0]

    @property
    def template(self) -> Template:
        """How faces lie in the crops."""
        return self.network.template

    def size_for(self, side: float) -> int:
        """The size of crop for what fills `side` px: the smallest of the network's that holds it, else the largest."""
        return next((size for size in self.network.sizes if size >= side), self.network.sizes[-1])

    @property
    def variant(self) -> str:
        """ "full", or "pruned": made smaller, for faces only."""
        return "pruned" if self.network.pruned else "full"

    def __call__(self, faces: Tensor) -> Tensor:
        """Restore aligned faces.

        faces: (N, S, S, 3) RGB in [0, 1], any floating dtype, any device; S is one of the network's sizes.
        Returns the same shape in float32 in [0, 1], on the device it was computed on: the model's, or the CPU where
        that had too little memory.
        Raises GPENError for another shape.
        """
        return self.run(faces).faces

    def run(self, faces: Tensor) -> Restored:
        """As a call, and says which faces had to be repeated in float32 because half precision overflowed.

        All faces go through the network at once if memory allows; else in smaller batches, in strips, or on the CPU.
        """
        if faces.dim() != 4 or tuple(faces.shape[1:]) not in {(size, size, 3) for size in self.network.sizes}:
            shapes = " or ".join(f"(N, {size}, {size}, 3)" for size in self.network.sizes)
            raise GPENError(
                f"This model restores faces of shape {shapes}, got {tuple(faces.shape)}.\n"
                "Cut aligned crops with gpen_core.faces.crop_face, or restore whole pictures with gpen_core.restore."
            )
        if not faces.is_floating_point():
            raise GPENError(f"Faces must be floating-point values from 0 to 1, got {faces.dtype}.\nDivide by 255.")
        if len(faces) == 0:
            return Restored(faces.to(self.device, torch.float32))
        size = faces.shape[1]
        wanted = Rung(self.device, len(faces), size)
        with self._running:
            if self.make_room is not None:
                self.make_room(len(faces))
            (restored, repeated), used = descend(
                rungs(self.device, len(faces), size, self.network.strip_sizes(size)),
                lambda rung: self._attempt(faces, rung),
                lambda rung: self._fits(rung, size),
            )
        differences = used.differences(wanted)
        if differences:
            release_cached(self.device)  # others are short of memory too
        return Restored(restored, repeated, differences)

    @property
    def weight_bytes(self) -> int:
        """Bytes of all weights."""
        return weight_bytes(self.network)

    def activation_bytes(self, batch: int = 1, whole: int | None = None) -> int:
        """Most bytes beside the weights while `batch` faces, of the largest size, are restored at once.

        whole: px, the largest level that is not cut into strips; None for no strips.
        """
        size = self.network.sizes[-1]
        return self._activation_bytes(Rung(self.device, batch, whole or size), size)

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
            self.network.to(rung.device)
        results: list[Tensor] = []
        repeated: list[int] = []
        with torch.no_grad():  # not inference mode: the result is an ordinary tensor, usable with autograd
            for batch in faces.split(rung.batch):
                inputs = batch.to(rung.device, torch.float32).clamp(0.0, 1.0)
                restored = self.network.generate(inputs, self._dtype(rung), rung.whole)
                repeated += [sum(map(len, results)) + i for i in self._repeat_overflowed(inputs, restored, rung)]
                results.append(restored.clamp_(0.0, 1.0))
            return results[0] if len(results) == 1 else torch.cat(results), tuple(repeated)

    def _dtype(self, rung: Rung) -> torch.dtype:
        """Half precision is chosen for a device; a CPU that has to step in may only emulate it."""
        return self.dtype if rung.device == self.device else torch.float32

    def _is_on(self, device: torch.device) -> bool:
        places = {tensor.device for tensor in chain(self.network.parameters(), self.network.buffers())}
        return all(place.type == device.type and device.index in (None, place.index) for place in places)

    def _fits(self, rung: Rung, size: int) -> bool:
        free = self._free(rung.device)
        return free is None or self._activation_bytes(rung, size) <= free

    def _free(self, device: torch.device) -> int | None:
        """Bytes for the network to take on `device` beside its weights; None if nobody says."""
        if self.budget is not None:
            return self.budget
        free = free_memory(device)
        if free is None:
            return None
        return free - LEFT_FREE - (0 if self._is_on(device) else self.weight_bytes)

    def _activation_bytes(self, rung: Rung, size: int) -> int:
        """Also counts the faces in float32, which the network knows nothing of."""
        faces = 3 * size**2 * torch.float32.itemsize * rung.batch
        return faces + self.network.activation_bytes(size, rung.batch, self._dtype(rung), rung.whole)

    def _repeat_overflowed(self, faces: Tensor, restored: Tensor, rung: Rung) -> tuple[int, ...]:
        """Replace faces with values that are not finite, or black ones, by their float32 result; returns their numbers.

        Half precision that underflows gives black, and float32 as well where the network means it.
        """
        exact = self._dtype(rung) is torch.float32
        lost = ~restored.isfinite().flatten(1).all(dim=1)
        if not exact:
            lost |= (restored.flatten(1).amax(dim=1) <= _BLACK) & (faces.flatten(1).amax(dim=1) > _BLACK)
        if not bool(lost.any()):
            return ()
        numbers = tuple(int(number) for number in lost.nonzero().flatten())
        if exact:
            raise GPENError(
                f"The network gave values that are not finite, with the weights of {self.name}.\n"
                "The faces may hold values that are not finite, or the file may be damaged: compare its hash with "
                "`gpen weights verify`, or fetch it again."
            )
        logger.warning("%d face(s) overflowed in %s and were repeated in fp32", len(numbers), self.precision)
        for number in numbers:
            restored[number] = self.network.generate(faces[number : number + 1], torch.float32, rung.whole)[0]
        if not bool(restored.isfinite().all()):
            raise GPENError(f"The network gave values that are not finite even in fp32, with {self.name}.")
        return numbers


def require_model(model: object) -> None:
    """Raises GPENError for what is no `GPENModel`: people give the name of a network, or its generator."""
    if not isinstance(model, GPENModel):
        given, name = (repr(model),) * 2 if isinstance(model, str) else (type(model).__name__, "")
        raise GPENError(f"Expected a GPENModel, got {given}.\nLoad one first: gpen_core.load_model({name}).")
