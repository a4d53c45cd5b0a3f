"""Who takes part in the comparison of speed: this project, and what it is measured against.

    gpen fp32, bf16 (fp16)   this project
    plain (a)                weights per sample, as published
    ONNX (b)                 the graph exported from (a), as other packs run it
    ONNX folded (b2)         our own network exported, which profits of everything folded into its weights
    autocast (c)             (a) under torch.autocast, as people are told to do

All get the same faces and give the same picture, which is checked before anything is measured.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from onnx_contestant import HOW_TO_INSTALL, FoldedNetwork, PlainNetwork, onnx_contestant, onnx_installed
from plain_generator import plain_generator
from random_networks import PRECISIONS, random_generator
from torch import Tensor

from gpen_core.network import GPENConfig

BASELINES = ("plain (a)", "ONNX (b)", "ONNX folded (b2)", "autocast (c)")

# Largest difference from the plain implementation, as a share of the range of its values.
_TOLERANCE = 1e-3
_TOLERANCE_16_BITS = 0.05


@dataclass(frozen=True)
class Contestant:
    """run: computes the picture once. tolerance: of the result, as a share of the range of its values."""

    name: str
    run: Callable[[], Tensor]
    tolerance: float


def contestants(config: GPENConfig, batch: int, device: torch.device, threads: int) -> list[Contestant]:
    """The plain implementation first, then the other baselines, then ours in each precision the device is fit for."""
    face = torch.rand(batch, 3, config.size, config.size, device=device) * 2 - 1
    generator = random_generator(config).to(device)
    state = {name: tensor.detach().clone() for name, tensor in generator.state_dict().items()}
    generator.prepare()

    def plain() -> Tensor:
        return plain_generator(state, face)

    def autocast() -> Tensor:
        with torch.autocast(device.type, torch.float16 if device.type == "cuda" else torch.bfloat16):
            return plain_generator(state, face)

    found = [Contestant(BASELINES[0], plain, 0.0)]
    if onnx_installed():
        for name, network in zip(BASELINES[1:3], (PlainNetwork(state), FoldedNetwork(generator)), strict=True):
            found.append(Contestant(name, onnx_contestant(network, face, threads), _TOLERANCE))
    else:
        print(HOW_TO_INSTALL, file=sys.stderr)
    return [*found, Contestant(BASELINES[3], autocast, _TOLERANCE_16_BITS), *_ours(config, face)]


def _ours(config: GPENConfig, face: Tensor) -> Iterator[Contestant]:
    names = ["fp32", "bf16"] + (["fp16"] if face.device.type == "cuda" else [])  # emulated on a CPU
    for name in names:
        generator = random_generator(config).prepare(PRECISIONS[name]).to(face.device)
        cast = face.to(PRECISIONS[name])
        tolerance = _TOLERANCE if name == "fp32" else _TOLERANCE_16_BITS
        yield Contestant(f"gpen {name}", lambda ours=generator, cast=cast: ours(cast), tolerance)


def check_equal(competing: list[Contestant]) -> None:
    """Run all once, and raise ValueError where a picture is not the first one's, as then nothing is compared."""
    expected = competing[0].run()
    span = expected.max() - expected.min()
    for contestant in competing[1:]:
        error = ((contestant.run().float() - expected).abs().max() / span).item()
        if not error <= contestant.tolerance:
            raise ValueError(
                f"{contestant.name} gives another picture than {competing[0].name}: they differ by up to {error:.2g} "
                f"of the range of values, allowed are {contestant.tolerance:g}. Their times cannot be compared."
            )
