"""ONNX files of small networks with random weights, exported here."""

from __future__ import annotations

import warnings
from pathlib import Path

import torch
from onnx_contestant import PlainNetwork
from torch import Tensor, nn

from gpen_core.network import Generator


class FromZero(nn.Module):
    """A network for [-1, 1] as one for [0, 1]."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, face: Tensor) -> Tensor:
        return (self.network(face * 2.0 - 1.0) + 1.0) / 2.0


class ChannelsLast(nn.Module):
    """A network for (N, 3, S, S) as one for (N, S, S, 3)."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, face: Tensor) -> Tensor:
        return self.network(face.permute(0, 3, 1, 2)).permute(0, 2, 3, 1)


def plain(generator: Generator) -> nn.Module:
    """GPEN as others export it: weights scaled for each face."""
    return PlainNetwork(generator.state_dict())


def export(network: nn.Module, face: Tensor, path: Path, opset: int = 17, any_batch: bool = False) -> Path:
    """Write the network to `path`, for inputs shaped like `face`."""
    axes = {"input": {0: "batch"}, "output": {0: "batch"}} if any_batch else None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about numbers that become constants, as they should
        torch.onnx.export(
            network.eval(),
            (face,),
            str(path),
            dynamo=False,
            opset_version=opset,
            input_names=["input"],
            output_names=["output"],
            dynamic_axes=axes,
        )
    return path
