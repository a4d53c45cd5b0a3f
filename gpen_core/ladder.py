"""What to do when memory runs out: smaller batch, strips, smaller strips, CPU."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

import torch

from .device import release_cached
from .errors import GPENError
from .message import Message

logger = logging.getLogger(__name__)

Result = TypeVar("Result")

_CPU = torch.device("cpu")
# torch raises plain RuntimeErrors for most of them; the texts are those of CUDA, MPS, cuBLAS, cuDNN and of torch's
# allocator on Linux, Windows and macOS.
_OUT_OF_MEMORY_TEXTS = (
    "out of memory",
    "can't allocate memory",
    "not enough memory",
    "STATUS_ALLOC_FAILED",
    "bad_alloc",
)


@dataclass(frozen=True)
class Rung:
    """One way to run a network: where, with how many faces at once, and up to which level (px) without strips."""

    device: torch.device
    batch: int
    whole: int

    def differences(self, wanted: Rung) -> tuple[str, ...]:
        """In words, what this one does otherwise than `wanted`."""
        return tuple(
            text
            for text, differs in (
                (
                    Message("batch {batch} instead of {wanted}", batch=self.batch, wanted=wanted.batch),
                    self.batch != wanted.batch,
                ),
                (Message("strips of {rows} rows", rows=self.whole // 2), self.whole != wanted.whole),
                (
                    Message("{device} instead of {wanted}", device=self.device.type, wanted=str(wanted.device)),
                    self.device != wanted.device,
                ),
            )
            if differs
        )


def rungs(device: torch.device, batch: int, size: int, strip_sizes: Sequence[int]) -> list[Rung]:
    """All ways to run a network on crops of `size` px, from the one wanted down to the one that needs least.

    strip_sizes: px, largest first, as of `FaceNetwork.strip_sizes`.
    """
    ladder = list(_rungs_on(device, batch, size, strip_sizes))
    return ladder if device.type == "cpu" else [*ladder, *_rungs_on(_CPU, 1, size, strip_sizes)]


def _rungs_on(device: torch.device, batch: int, size: int, strip_sizes: Sequence[int]) -> Iterator[Rung]:
    yield Rung(device, batch, size)
    while batch > 1:
        batch //= 2
        yield Rung(device, batch, size)
    for whole in strip_sizes:
        yield Rung(device, 1, whole)


def descend(
    ladder: Sequence[Rung], attempt: Callable[[Rung], Result], fits: Callable[[Rung], bool]
) -> tuple[Result, Rung]:
    """What `attempt` gives on the first rung on which memory suffices, and that rung.

    fits: whether a rung is worth an attempt. The last rung on each device is attempted in any case: `fits` estimates.
    What an attempt has allocated is released before the next. Everything else than a lack of memory is raised.
    Raises GPENError when memory suffices on no rung.
    """
    for number, rung in enumerate(ladder):
        last = number + 1 == len(ladder) or ladder[number + 1].device != rung.device
        if not last and not fits(rung):
            continue
        try:
            return attempt(rung), rung
        except Exception as error:
            if not is_out_of_memory(error):
                raise
        # Outside of the handler: the exception is gone, and with it the frames that held the attempt's tensors.
        logger.warning("out of memory on %s (batch %d, up to %d px whole)", rung.device, rung.batch, rung.whole)
        release_cached(rung.device)
    raise GPENError(
        "Out of memory, even face by face, in strips and on the CPU.\n"
        "Close other programs, or take a smaller network such as GPEN-BFR-256."
    )


def is_out_of_memory(error: Exception) -> bool:
    """Whether an exception says that a device or the host has no memory left."""
    if isinstance(error, (MemoryError, torch.cuda.OutOfMemoryError)):
        return True
    return isinstance(error, RuntimeError) and any(text in str(error) for text in _OUT_OF_MEMORY_TEXTS)
