"""Stand-in for ComfyUI's memory management, on a CPU."""

from __future__ import annotations

import weakref
from typing import Any

import torch

current_loaded_models: list[Any] = []
memory_asked_for: list[int] = []
interrupted = False


class InterruptProcessingException(BaseException):
    pass


class _Loaded:
    def __init__(self, model: Any) -> None:
        self._model = weakref.ref(model)

    @property
    def model(self) -> Any:
        return self._model()


def throw_exception_if_processing_interrupted() -> None:
    global interrupted
    if interrupted:
        interrupted = False
        raise InterruptProcessingException


def get_torch_device() -> torch.device:
    return torch.device("cpu")


def get_all_torch_devices() -> list[torch.device]:
    return [get_torch_device()]


def unet_offload_device() -> torch.device:
    return torch.device("cpu")


def intermediate_device() -> torch.device:
    return torch.device("cpu")


def intermediate_dtype() -> torch.dtype:
    return torch.float32


def load_models_gpu(models: list[Any], memory_required: int = 0, force_full_load: bool = False) -> None:
    assert force_full_load, "partial loading leaves parameters of GPEN behind"
    memory_asked_for.append(memory_required)
    for model in models:
        if not any(entry.model is model for entry in current_loaded_models):
            current_loaded_models.append(_Loaded(model))
