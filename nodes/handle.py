"""The GPEN_MODEL value, and the one place that lets ComfyUI manage the memory of the networks."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any

import comfy.model_management as mm
import torch
from comfy.model_patcher import ModelPatcher

from ..gpen_core.model import GPENModel
from ..gpen_core.network import DEFAULT_FIDELITY
from ..gpen_core.progress import Progress, silent
from ..gpen_core.registry import load_model
from ..gpen_core.restore.remembered import network_results


class _Patcher(ModelPatcher):
    """Also gives back what the network has made, when ComfyUI wants all the memory that this model takes.

    forget: does so.
    """

    forget: Callable[[], None] | None = None

    def detach(self, unpatch_all: bool = True) -> Any:
        if unpatch_all and self.forget is not None:
            self.forget()
        return super().detach(unpatch_all)


class GPENHandle:
    """A GPEN network that ComfyUI can move out of GPU memory and back, as it does with its own models.

    model: restores aligned faces, and asks ComfyUI for room before. patcher: the attribute by which ComfyUI recognises
    an output that holds a model. A plain ModelPatcher, because the parameters of GPEN lie in modules that have
    children: ComfyUI's partial and dynamic loading would leave them behind.
    """

    def __init__(self, model: GPENModel) -> None:
        offload = mm.unet_offload_device() if model.device.type != "cpu" else model.device
        self.model = model
        self.patcher = _Patcher(model.network, load_device=model.device, offload_device=offload)
        self.patcher.forget = network_results.of(model).clear
        ready = weakref.WeakMethod(self.ready)  # the model must not keep its handle alive
        model.make_room = lambda batch: _call(ready, batch)

    def ready(self, batch: int = 1) -> None:
        """Bring the network to its device, with room for `batch` faces as far as ComfyUI can make it."""
        needed = self.model.activation_bytes(batch)
        mm.load_models_gpu([self.patcher], memory_required=needed, force_full_load=True)
        self._live_while_loaded()

    def _live_while_loaded(self) -> None:
        """Let ComfyUI's own list of loaded models hold the handle, which it would otherwise hold weakly.

        So the network survives a change of workflow, and goes when ComfyUI unloads it. ComfyUI never unloads networks
        on the CPU of a machine with a GPU: those live as long as a workflow holds them.
        """
        if self.patcher.load_device.type == mm.get_torch_device().type:
            for entry in mm.current_loaded_models:
                if entry.model is self.patcher:
                    entry.gpen_handle = self


_handles: weakref.WeakValueDictionary[GPENModel, GPENHandle] = weakref.WeakValueDictionary()


def load_handle(
    path: Path,
    device: str,
    precision: str,
    variant: str,
    progress: Progress = silent,
    fidelity: float = DEFAULT_FIDELITY,
) -> GPENHandle:
    """The handle of a weight file. Loaders with the same settings share one network, in all workflows.

    progress, fidelity: as of `load_model`.
    """
    target = mm.get_torch_device() if device == "auto" else torch.device(device)
    model = load_model(path, str(target), precision, variant, progress, fidelity)
    handle = _handles.get(model)
    if handle is None:
        handle = _handles[model] = GPENHandle(model)
    return handle


def _call(ready: weakref.WeakMethod, batch: int) -> None:
    method = ready()
    if method is not None:
        method(batch)
