"""The network as ONNX Runtime runs it: exported, loaded with all optimisations, run on torch's memory.

Exported with torch's TorchScript exporter, which needs `onnx` alone; the newer one needs onnxscript as well. Shapes are
fixed, which is what ONNX Runtime can do most with.
"""

from __future__ import annotations

import copy
import importlib
import importlib.util
import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from plain_generator import State, plain_generator
from torch import Tensor, nn

from gpen_core.network import Generator
from gpen_core.network.generator import ToRGB

HOW_TO_INSTALL = 'ONNX Runtime is left out: it is not installed. pip install -e ".[benchmark]" adds it.'
_OPSET = 17


def onnx_installed() -> bool:
    """Whether a network can be exported and run."""
    return all(importlib.util.find_spec(name) for name in ("onnx", "onnxruntime"))


class PlainNetwork(nn.Module):
    """plain_generator with its weights as constants of the graph."""

    def __init__(self, state: State) -> None:
        super().__init__()
        self.state = dict(state)

    def forward(self, face: Tensor) -> Tensor:
        return plain_generator(self.state, face)


class FoldedNetwork(nn.Module):
    """Our own network in the form that suits ONNX Runtime best: plain maps, constant weights, nothing in place.

    Constant weights are laid out once, when the graph is loaded. With weights scaled for each face it was slower.
    """

    def __init__(self, generator: Generator) -> None:
        super().__init__()
        self.generator = copy.deepcopy(generator)
        decoder = self.generator.generator
        decoder.add_module("to_rgb1", _ToRGBByConvolution(decoder.to_rgb1))
        decoder.to_rgbs = nn.ModuleList(_ToRGBByConvolution(layer) for layer in decoder.to_rgbs)

    def forward(self, face: Tensor) -> Tensor:
        with torch.enable_grad():  # as in training, operations then make new maps, and the maps are scaled
            return self.generator(face)


class _ToRGBByConvolution(nn.Module):
    """ToRGB without its matrix product, which wants the channels last."""

    def __init__(self, layer: nn.Module) -> None:
        super().__init__()
        assert isinstance(layer, ToRGB)
        self.layer = layer

    def forward(self, x: Tensor, style: Tensor, picture: Tensor | None = None) -> Tensor:
        conv = self.layer.conv
        scale = conv.modulation(style) * conv.scale
        rgb = F.conv2d(x * scale[:, :, None, None], conv.weight[0], self.layer.bias.flatten())
        return rgb if picture is None else rgb + self.layer.upsample(picture)


def onnx_contestant(network: nn.Module, face: Tensor, threads: int) -> Callable[[], Tensor]:
    """`network` on `face` (B, 3, S, S) by ONNX Runtime on the face's device, as a call without arguments."""
    session = _load(network, face, threads)
    face = face.contiguous()
    result = torch.empty_like(face)
    binding = session.io_binding()
    bound = (
        (binding.bind_input, session.get_inputs()[0].name, face),
        (binding.bind_output, session.get_outputs()[0].name, result),
    )
    for bind, name, tensor in bound:
        bind(name, tensor.device.type, tensor.device.index or 0, np.float32, tuple(tensor.shape), tensor.data_ptr())

    def run() -> Tensor:
        session.run_with_iobinding(binding)
        return result

    return run


def _load(network: nn.Module, face: Tensor, threads: int) -> Any:
    onnxruntime = importlib.import_module("onnxruntime")  # need not be installed
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
    # Threads that wait for work by spinning would slow down whoever runs next.
    options.add_session_config_entry("session.force_spinning_stop", "1")
    provider = "CUDAExecutionProvider" if face.device.type == "cuda" else "CPUExecutionProvider"
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "network.onnx"
        _export(network, face, path)
        return onnxruntime.InferenceSession(str(path), options, providers=[provider])


def _export(network: nn.Module, face: Tensor, path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about shapes and numbers that become constants, as they should
        torch.onnx.export(network.eval(), (face,), str(path), dynamo=False, opset_version=_OPSET)
