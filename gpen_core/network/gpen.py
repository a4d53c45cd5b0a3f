"""GPEN as a face network: the generator behind the seam."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from ..message import Message
from .face_network import FaceNetwork, register
from .generator import Generator
from .loading import load_generator
from .memory_estimate import activation_bytes
from .strips import SMALLEST_WHOLE, run_in_strips


@register
class GPENNetwork(FaceNetwork):
    """A `Generator`, which belongs to it from then on."""

    family = "GPEN"
    prunable = True
    terms = Message("GPEN's authors grant no licence; ask them before any commercial use")

    def __init__(self, generator: Generator) -> None:
        super().__init__()
        self.generator = generator
        self.sizes = (generator.config.size,)
        self.template = "gpen"
        self.pruned = generator.config.pruned

    @classmethod
    def recognises(cls, tensors: Mapping[str, Tensor]) -> bool:
        return any(name.startswith(("ecd0.", "generator.to_rgbs.")) for name in tensors)

    @classmethod
    def from_state_dict(cls, tensors: Mapping[str, Tensor]) -> GPENNetwork:
        return cls(load_generator(tensors))

    def generate(self, crops: Tensor, dtype: torch.dtype, whole: int) -> Tensor:
        faces = crops.permute(0, 3, 1, 2).mul(2.0).sub_(1.0).to(dtype, memory_format=torch.channels_last)
        return run_in_strips(self.generator, faces, whole).mul_(0.5).add_(0.5).permute(0, 2, 3, 1)

    def activation_bytes(self, size: int, batch: int, dtype: torch.dtype, whole: int) -> int:
        return activation_bytes(self.generator.config, batch, dtype, whole)

    def strip_sizes(self, size: int) -> tuple[int, ...]:
        halves = (size >> number for number in range(1, size.bit_length()))
        return tuple(half for half in halves if half >= SMALLEST_WHOLE)

    def prepare(self, dtype: torch.dtype) -> None:
        self.generator.prepare(dtype)
