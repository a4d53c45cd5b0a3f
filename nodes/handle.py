"""The GPEN_MODEL value, and the one place that lets ComfyUI manage the memory of the networks."""

from __future__ import annotations

import weakref
from pathlib import Path

import comfy.model_management as mm
import torch
from comfy.model_patcher import ModelPatcher

from ..gpen_core.model import GPENModel
from ..gpen_core.registry import load_model


class GPENHandle:
    """A GPEN network that ComfyUI can move out of GPU memory and back, as it does with its own models.

    model: restores aligned faces, once `ready` has been called. patcher: the attribute by which ComfyUI recognises an
    output that holds a model. A plain ModelPatcher, because the parameters of GPEN lie in modules that have children:
    ComfyUI's partial and dynamic loading would leave them behind.
    """

    def __init__(self, patcher: ModelPatcher, model: GPENModel) -> None:
        self.patcher = patcher
        self.model = model

    def ready(self, batch: int = 1) -> GPENModel:
        """The model, on its device, with room for the feature maps of `batch` faces as far as ComfyUI can make it."""
        mm.load_models_gpu([self.patcher], memory_required=self.model.activation_bytes(batch), force_full_load=True)
        return self.model


# ComfyUI holds patchers weakly. If one ended before its network, the weights would stay in GPU memory unmanaged, so
# they are kept together here, as long as a workflow holds the handle or the weights are loaded.
_handles: weakref.WeakValueDictionary[GPENModel, GPENHandle] = weakref.WeakValueDictionary()
_patchers: dict[GPENModel, ModelPatcher] = {}


def load_handle(path: Path, device: str, precision: str, variant: str) -> GPENHandle:
    """The handle of a weight file. Loaders with the same settings share one network, in all workflows."""
    _forget_unused()
    target = mm.get_torch_device() if device == "auto" else torch.device(device)
    model = load_model(path, str(target), precision, variant)
    handle = _handles.get(model)
    if handle is None:
        handle = GPENHandle(_patchers.setdefault(model, _patcher(model)), model)
        weakref.finalize(handle, _forget_unused).atexit = False
        _handles[model] = handle
    return handle


def _patcher(model: GPENModel) -> ModelPatcher:
    offload = mm.unet_offload_device() if model.device.type != "cpu" else model.device
    return ModelPatcher(model.generator, load_device=model.device, offload_device=offload)


def _forget_unused() -> None:
    """Forget the models that no workflow holds, unless their weights are loaded.

    They are loaded when another workflow has run since, and may come back; they are not after ComfyUI was told to free
    its memory.
    """
    for model, patcher in list(_patchers.items()):
        loaded = any(entry.model is patcher for entry in mm.current_loaded_models)
        if model not in _handles and not loaded:
            del _patchers[model]
