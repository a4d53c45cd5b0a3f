"""ONNX Runtime, which need not be installed: one session for a file, on the device it is wanted on."""

from __future__ import annotations

import importlib
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from ..errors import CheckpointError, GPENError

# Providers by kind of device, best first; those that the installed ONNX Runtime lacks are passed over.
_PROVIDERS = {
    "cuda": ("CUDAExecutionProvider", "ROCMExecutionProvider", "MIGraphXExecutionProvider"),
    "mps": ("CoreMLExecutionProvider",),
    "xpu": ("OpenVINOExecutionProvider",),
    "privateuseone": ("DmlExecutionProvider",),  # DirectML
}
_NUMBERED = ("CUDAExecutionProvider", "ROCMExecutionProvider")
_CPU = "CPUExecutionProvider"
_ERRORS_ONLY = 3


def onnxruntime_or_none() -> ModuleType | None:
    """The package, whichever build of it the user has, or None."""
    try:
        return importlib.import_module("onnxruntime")
    except ImportError:
        return None


class OnnxSession:
    """A network file as ONNX Runtime runs it; it moves to where it is asked for, leaving nothing behind."""

    def __init__(self, path: Path) -> None:
        """Open the file on the CPU. Raises GPENError without ONNX Runtime, CheckpointError for an unreadable file."""
        runtime = onnxruntime_or_none()
        if runtime is None:
            raise GPENError(
                f"{path.name} is an ONNX network, and ONNX Runtime is not installed.\n"
                "Install it: python -m pip install onnxruntime (for NVIDIA onnxruntime-gpu instead, never both); "
                "or take the .pth or .safetensors file of the same network."
            )
        self._runtime: Any = runtime
        self._path = path
        self._device = torch.device("cpu")
        self._session = self._open(self._device)

    @property
    def inputs(self) -> list[Any]:
        """Name, shape and type of each input."""
        return self._session.get_inputs()

    @property
    def outputs(self) -> list[Any]:
        """Name, shape and type of each output."""
        return self._session.get_outputs()

    @property
    def on_cpu_only(self) -> bool:
        """Whether the ONNX Runtime installed knows of no device but the CPU."""
        known = {provider for providers in _PROVIDERS.values() for provider in providers}
        return known.isdisjoint(self._runtime.get_available_providers())

    def run(self, values: NDArray[Any], device: torch.device) -> NDArray[Any]:
        """The first output for the first input. Raises MemoryError where memory does not suffice."""
        if device != self._device:
            del self._session  # its memory may be needed for the next
            self._session, self._device = self._open(device), device
        try:
            return np.asarray(self._session.run([self.outputs[0].name], {self.inputs[0].name: values})[0])
        except Exception as error:  # its exceptions have no common base
            if "allocate" in str(error).lower():
                raise MemoryError(str(error)) from error
            raise GPENError(
                f"ONNX Runtime cannot run {self._path.name}.\nFile: {self._path}\nCause: {error}"
            ) from error

    def _open(self, device: torch.device) -> Any:
        options = self._runtime.SessionOptions()
        options.log_severity_level = _ERRORS_ONLY
        options.intra_op_num_threads = torch.get_num_threads()
        try:
            return self._runtime.InferenceSession(str(self._path), options, providers=self._providers(device))
        except Exception as error:
            raise CheckpointError(
                f"{self._path.name} cannot be opened by ONNX Runtime {self._runtime.__version__}.\nFile: {self._path}\n"
                f"Cause: {error}\nFetch the file again; if it is newer than your ONNX Runtime, update that."
            ) from error

    def _providers(self, device: torch.device) -> list[Any]:
        available = self._runtime.get_available_providers()
        wanted = [name for name in _PROVIDERS.get(device.type, ()) if name in available]
        numbered = {"device_id": device.index or 0}
        return [*((name, numbered) if name in _NUMBERED else name for name in wanted), _CPU]
