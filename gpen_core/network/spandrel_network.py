"""Other people's face restorers, built by spandrel, as face networks: GFPGAN, RestoreFormer, CodeFormer.

spandrel (MIT) knows the architectures; ComfyUI requires it, elsewhere it may be absent. CodeFormer is in its package
spandrel_extra_arches, whose architectures have terms of their own. Their weights take faces in [-1, 1], as their
authors' programs give them.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import torch
from torch import Tensor, nn

from ..device import Precision
from ..errors import CheckpointError, GPENError
from ..message import Message
from .face_network import FaceNetwork, register
from .weights import require_sound

_SIZE = 512  # px
_RGB = 3
DEFAULT_FIDELITY = 0.5
GFPGAN_TERMS = Message("Apache-2.0, with parts under NVIDIA's non-commercial terms")


@dataclass(frozen=True)
class _Restorer:
    """An architecture. marks: names of tensors that it has and others have not. package: where it is built.

    call: the network's (N, 3, S, S) for the same and a fidelity. maps: values per pixel of the maps that are there at
    the busiest moment, measured. has_fidelity: whether the call heeds it.
    """

    name: str
    marks: frozenset[str]
    package: str
    terms: str
    call: Callable[[Any, Tensor, float], Tensor]
    maps: int
    has_fidelity: bool = False


_RESTORERS = (
    _Restorer(
        "GFPGAN",
        frozenset({"toRGB.0.weight", "stylegan_decoder.style_mlp.1.weight"}),
        "spandrel",
        GFPGAN_TERMS,
        # With the noise that is stored: new noise for every face would give another result each time.
        lambda net, faces, _: net(faces, return_rgb=False, randomize_noise=False)[0],
        maps=660,
    ),
    _Restorer(
        "RestoreFormer",
        frozenset({"quantize.embedding.weight", "encoder.conv_in.weight", "decoder.conv_out.weight"}),
        "spandrel",
        Message("Apache-2.0 licence"),
        lambda net, faces, _: net(faces)[0],
        maps=700,
    ),
    _Restorer(
        "CodeFormer",
        frozenset({"position_emb", "idx_pred_layer.1.weight", "quantize.embedding.weight"}),
        "spandrel_extra_arches",
        Message("S-Lab License 1.0: non-commercial"),
        lambda net, faces, fidelity: net(faces, weight=fidelity)[0],
        maps=570,
        has_fidelity=True,
    ),
)
_WHICH = {
    "spandrel": "python -m pip install --no-deps spandrel einops, beside the torchvision that fits your torch",
    "spandrel_extra_arches": "python -m pip install --no-deps spandrel_extra_arches; read its terms first",
}


@register
class SpandrelNetwork(FaceNetwork):
    """A network of spandrel's for faces of 512 px, in the template of FFHQ."""

    family = "GFPGAN, RestoreFormer or CodeFormer"
    sizes = (_SIZE,)

    def __init__(self, restorer: _Restorer, net: nn.Module, precisions: tuple[Precision, ...]) -> None:
        super().__init__()
        self._restorer, self.net = restorer, net
        self.family, self.terms, self.precisions = restorer.name, restorer.terms, precisions
        self.fidelity = DEFAULT_FIDELITY if restorer.has_fidelity else None
        self.limits = (Message("{family} cannot be pruned or cut into strips.", family=restorer.name),)

    @classmethod
    def recognises(cls, tensors: Mapping[str, Tensor]) -> bool:
        return _restorer_of(tensors) is not None

    @classmethod
    def from_state_dict(cls, tensors: Mapping[str, Tensor]) -> SpandrelNetwork:
        restorer = _restorer_of(tensors)
        assert restorer is not None, "ask `recognises` first"
        require_sound(tensors)
        architecture = _architecture(restorer)
        try:
            built = architecture.load({name: tensor.float() for name, tensor in tensors.items()})
        except (RuntimeError, LookupError, ValueError, TypeError) as error:  # whatever foreign shapes may lead to
            raise CheckpointError(
                f"Not a complete {restorer.name} that spandrel knows.\nCause: {str(error)[:300]}\n"
                "The file is damaged, or of another version of that network: take the published one."
            ) from error
        supported: tuple[tuple[Precision, bool], ...] = (
            ("fp32", True),
            ("fp16", built.supports_half),
            ("bf16", built.supports_bfloat16),
        )
        return cls(restorer, built.model, tuple(precision for precision, good in supported if good))

    def generate(self, crops: Tensor, dtype: torch.dtype, whole: int) -> Tensor:
        if next(self.net.parameters()).dtype != dtype:  # what overflowed is repeated in float32
            self.net.to(dtype)
        faces = crops.permute(0, 3, 1, 2).mul(2.0).sub_(1.0).to(dtype).contiguous()
        fidelity = DEFAULT_FIDELITY if self.fidelity is None else self.fidelity
        restored = self._restorer.call(self.net, faces, fidelity)
        return restored.float().mul_(0.5).add_(0.5).permute(0, 2, 3, 1)

    def activation_bytes(self, size: int, batch: int, dtype: torch.dtype, whole: int) -> int:
        faces = 2 * _RGB * torch.float32.itemsize
        return batch * size**2 * (self._restorer.maps * dtype.itemsize + faces)

    def prepare(self, dtype: torch.dtype) -> None:
        super().prepare(dtype)
        self.net.to(dtype)


def foreign_name(tensors: Mapping[str, Tensor]) -> str | None:
    """What spandrel calls the architecture of tensors that no family here recognises; None where it does not know."""
    for package in ("spandrel", "spandrel_extra_arches"):
        module = _import(package)
        registry = None if module is None else getattr(module, _registry_of(package))
        for support in () if registry is None else registry:
            if support.architecture.detect(dict(tensors)):
                return support.architecture.name
    return None


def _restorer_of(tensors: Mapping[str, Tensor]) -> _Restorer | None:
    return next((restorer for restorer in _RESTORERS if restorer.marks <= tensors.keys()), None)


def _architecture(restorer: _Restorer) -> Any:
    """spandrel's. Raises GPENError where its package is not installed."""
    module = _import(restorer.package)
    if module is None:
        raise GPENError(
            f"This is {restorer.name}, which the package {restorer.package} builds, and that is not installed.\n"
            f"Install it: {_WHICH[restorer.package]}, or choose another network."
        )
    support = getattr(module, _registry_of(restorer.package)).get(restorer.name)
    if support is None:
        raise GPENError(f"The {restorer.package} installed does not know {restorer.name}.\nUpdate the package.")
    return support.architecture


def _registry_of(package: str) -> str:
    return "MAIN_REGISTRY" if package == "spandrel" else "EXTRA_REGISTRY"


def _import(package: str) -> ModuleType | None:
    try:
        return importlib.import_module(package)
    except ImportError:
        return None
