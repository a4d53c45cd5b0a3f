"""Builds the GPEN generator that a set of tensors belongs to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import pairwise

from torch import Tensor

from ..errors import CheckpointError
from .config import GPENConfig
from .generator import Generator
from .uninitialised import NoRandomWeights
from .weights import require_sound, require_values

# StyleGAN2's fixed noise maps: buffers that some training files carry and GPEN, which feeds features instead, ignores.
_HARMLESS = "generator.noises."
_NAMES_SHOWN = 3


def load_generator(tensors: Mapping[str, Tensor]) -> Generator:
    """The generator whose published names the tensors have, in float32; float32 tensors are taken over without a copy.

    Raises CheckpointError naming the first tensors that are missing, unexpected, misshapen, or no weights at all.
    """
    config = GPENConfig.from_state_dict(tensors)
    require_values(tensors, _least_values(config))
    with NoRandomWeights():
        generator = Generator(config)
    expected = generator.state_dict()
    tensors = {name: tensor for name, tensor in tensors.items() if not name.startswith(_HARMLESS)}
    _check(tensors, expected, config)
    require_sound(tensors)
    generator.load_state_dict({name: tensor.float() for name, tensor in tensors.items()}, assign=True)
    return generator


def _least_values(config: GPENConfig) -> int:
    """Values in the 3x3 convolutions of encoder and decoder and in the mapping, without what is concatenated."""
    steps = (*pairwise(config.widths), *pairwise(config.decoder))
    return 9 * sum(before * after for before, after in steps) + config.mapping_depth * config.style_dim**2


def _check(tensors: Mapping[str, Tensor], expected: Mapping[str, Tensor], config: GPENConfig) -> None:
    misshapen = (
        f"{name} {tuple(tensors[name].shape)} instead of {tuple(wanted.shape)}"
        for name, wanted in expected.items()
        if name in tensors and tensors[name].shape != wanted.shape
    )
    problems = [
        *_listed("missing", (name for name in expected if name not in tensors)),
        *_listed("unexpected", (name for name in tensors if name not in expected)),
        *_listed("of the wrong shape", misshapen),
    ]
    if problems:
        raise CheckpointError(
            f"The tensors are not those of a complete GPEN generator of {config.size} px.\n"
            + "\n".join(problems)
            + "\nA file of another network or of a changed GPEN cannot be used; a damaged one should be fetched again."
        )


def _listed(problem: str, names: Iterable[str]) -> list[str]:
    """One line such as '2 missing: a, b', or none."""
    found = list(names)
    if not found:
        return []
    more = ", ..." if len(found) > _NAMES_SHOWN else ""
    return [f"{len(found)} {problem}: {', '.join(found[:_NAMES_SHOWN])}{more}"]
