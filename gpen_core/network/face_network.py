"""The seam between face networks and everything around them.

What finds, chooses, aligns, batches, protects and pastes faces knows only this: a network takes aligned square crops
and gives them back restored. GPEN is one, the network that comes with the project another. To add one, derive from
`FaceNetwork` and `register` it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import ClassVar, TypeVar

import torch
from torch import Tensor, nn

from ..device import PRECISIONS, Precision
from ..template import Template


class FaceNetwork(nn.Module, ABC):
    """A network for aligned face crops. Being a module, it can be moved between devices like any other.

    family: what such networks are called. sizes: px, the crops it takes, smallest first. template: how faces lie in
    them. precisions: those of its convolutions that it can be trusted in, "auto" taking the first where what it would
    choose is none of them. prunable: whether a smaller variant can be made of it. terms: of use, in a few words.
    limits: what it cannot do that others can, a sentence each. fidelity: 0 for the best-looking face to 1 for the one
    most like the input, of networks that let the user choose; None for others.
    """

    family: str = "face network"
    sizes: tuple[int, ...]
    template: Template = "ffhq"
    precisions: tuple[Precision, ...] = tuple(p for p in PRECISIONS if p != "auto")
    prunable: ClassVar[bool] = False
    pruned: bool = False
    terms: str = "not stated"
    limits: tuple[str, ...] = ()
    fidelity: float | None = None

    @classmethod
    def recognises(cls, tensors: Mapping[str, Tensor]) -> bool:
        """Whether the tensors of a weight file, by their names, are those of such a network."""
        return False

    @classmethod
    def from_state_dict(cls, tensors: Mapping[str, Tensor]) -> FaceNetwork:
        """The network of such tensors, in float32 on the CPU. Raises CheckpointError for incomplete ones."""
        raise NotImplementedError

    @abstractmethod
    def generate(self, crops: Tensor, dtype: torch.dtype, whole: int) -> Tensor:
        """Restore crops, without gradients.

        crops: (N, S, S, 3) float32 RGB in [0, 1], S one of `sizes`. dtype: of the feature maps. whole: px, S or one of
        `strip_sizes`. Returns the same shape in float32, which need not be clamped yet.
        """

    @abstractmethod
    def activation_bytes(self, size: int, batch: int, dtype: torch.dtype, whole: int) -> int:
        """Most bytes beside the weights that `generate` takes for `batch` crops of `size` px, these counted."""

    def strip_sizes(self, size: int) -> tuple[int, ...]:
        """For `generate`: the sizes (px, largest first) above which it can work in strips to save memory, if any."""
        return ()

    def prepare(self, dtype: torch.dtype) -> None:
        """Make ready for inference in `dtype`, once after loading."""
        self.eval().requires_grad_(False)


_families: list[type[FaceNetwork]] = []
Family = TypeVar("Family", bound=type[FaceNetwork])


def register(family: Family) -> Family:
    """Let the loader recognise weight files of `family`; usable as a decorator. The latest is asked first."""
    _families.insert(0, family)
    return family


def family_of(tensors: Mapping[str, Tensor]) -> type[FaceNetwork] | None:
    """The registered family that recognises the tensors, or None."""
    return next((family for family in _families if family.recognises(tensors)), None)
