"""Small random GPEN generators and the redrawn weights of the reference numbers."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from gpen_core.network import Generator, GPENConfig, GPENNetwork

GOLDEN = Path(__file__).parent / "golden"


def tiny_config(size: int = 32, **changes: Any) -> GPENConfig:
    """A configuration that runs in milliseconds."""
    values: dict[str, Any] = {"narrow": 1 / 64, "channel_multiplier": 2, "style_dim": 16, "mapping_depth": 2}
    return GPENConfig(size=size, **(values | changes))


def tiny_generator(size: int = 32, seed: int = 0, **changes: Any) -> Generator:
    """A generator with random weights and a visible influence of the encoder's features."""
    torch.manual_seed(seed)
    net = Generator(tiny_config(size, **changes))
    with torch.no_grad():
        for name, parameter in net.named_parameters():
            if name.endswith("noise.weight"):
                parameter.fill_(0.5)
    return net


def tiny_network(size: int = 32, seed: int = 0, **changes: Any) -> GPENNetwork:
    """`tiny_generator` as a face network."""
    return GPENNetwork(tiny_generator(size, seed, **changes))


def golden_case(name: str) -> tuple[dict[str, Tensor], Tensor, NDArray[np.float64]]:
    """Weights, input and the original's output of tests/golden/architecture/<name>, redrawn as described there."""
    facts = json.loads((GOLDEN / "architecture" / f"{name}.json").read_text())
    stream = np.random.RandomState(facts["seed"])
    weights = {tensor: _draw(stream, tensor, shape) for tensor, shape in sorted(facts["state_dict"].items())}
    size = facts["in_size"]
    draws = np.random.RandomState(facts["seed"] + 1).standard_normal((facts["batch"], 3, size, size))
    face = torch.from_numpy(np.tanh(draws).astype(np.float32))
    return weights, face, np.load(GOLDEN / "architecture" / f"{name}.npy").astype(np.float64)


def _draw(stream: np.random.RandomState, name: str, shape: list[int]) -> Tensor:
    if name.endswith(".kernel"):
        taps = torch.tensor([1.0, 3.0, 3.0, 1.0])
        return torch.outer(taps, taps) / 64.0 * (4.0 if name.startswith("generator.") else 1.0)
    values = np.asarray(stream.standard_normal(shape), np.float32)
    if re.fullmatch(r"generator\.style\..*\.weight", name):
        values = values * 100
    elif name.endswith(".modulation.bias"):
        values = 1 + 0.1 * values
    elif name.endswith(".bias"):
        values = 0.1 * values
    return torch.from_numpy(values.astype(np.float32))
