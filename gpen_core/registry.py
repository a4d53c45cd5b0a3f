"""The one shared cache of loaded models."""

from __future__ import annotations

import threading
import weakref
from collections import OrderedDict
from pathlib import Path

import torch

from .checkpoints import load_generator_from, resolve
from .errors import GPENError
from .model import GPENModel, choose_device, choose_precision

VARIANTS = ("full",)
_KEPT = 2  # models kept although nobody holds them, so that switching between two workflows loads nothing

_Key = tuple[Path, int, int, torch.device, str, str]
_lock = threading.Lock()
_alive: weakref.WeakValueDictionary[_Key, GPENModel] = weakref.WeakValueDictionary()
_recent: OrderedDict[_Key, GPENModel] = OrderedDict()


def load_model(
    path_or_name: str | Path = "gpen-lite-256", device: str = "auto", precision: str = "auto", variant: str = "full"
) -> GPENModel:
    """Load a GPEN model, or give back the one already loaded.

    path_or_name: a .pth, .pt or .safetensors file, or a name to look for ("GPEN-BFR-512"; see `gpen weights list`).
    device: auto, cpu, cuda, cuda:1, mps. precision: auto, fp32, fp16, bf16. variant: full.
    A model is shared as long as file (real path, size, time of change), device, precision and variant are the same.
    Raises CheckpointError for a file that is missing or no GPEN generator, GPENError for an impossible setting.
    """
    if variant not in VARIANTS:
        raise GPENError(f"Unknown variant '{variant}'.\nUse one of: {', '.join(VARIANTS)}.")
    path = resolve(path_or_name).resolve()
    target = choose_device(device)
    chosen = choose_precision(precision, target)
    state = path.stat()
    key = (path, state.st_size, state.st_mtime_ns, target, chosen, variant)
    with _lock:
        model = _alive.get(key)
        if model is None:
            model = GPENModel(load_generator_from(path), path.name, target, chosen)
            _alive[key] = model
        _recent[key] = model
        _recent.move_to_end(key)
        while len(_recent) > _KEPT:
            _recent.popitem(last=False)
    return model


def forget_models() -> None:
    """Let go of all models; those still in use elsewhere live on there."""
    with _lock:
        _recent.clear()
        _alive.clear()
