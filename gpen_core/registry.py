"""The one shared cache of loaded models."""

from __future__ import annotations

import threading
import weakref
from pathlib import Path

import torch

from .checkpoints import load_generator_from, load_pruned_generator, resolve
from .errors import GPENError
from .model import GPENModel, choose_device, choose_precision

VARIANTS = ("full", "pruned")

_Key = tuple[Path, int, int, torch.device, str, str]
_lock = threading.Lock()
_alive: weakref.WeakValueDictionary[_Key, GPENModel] = weakref.WeakValueDictionary()


def load_model(
    path_or_name: str | Path = "gpen-lite-256", device: str = "auto", precision: str = "auto", variant: str = "full"
) -> GPENModel:
    """Load a GPEN model, or give back the one already loaded.

    path_or_name: a .pth, .pt or .safetensors file, or a name to look for ("GPEN-BFR-512"; see `gpen weights list`).
    device: auto, cpu, cuda, cuda:1, mps. precision: auto, fp32, fp16, bf16. variant: full, or
    pruned: a smaller network made of the file when first asked for and kept beside it; faster, a little less exact,
    for faces only.
    A model is shared as long as file (real path, size, time of change), device, precision and variant are the same, and
    for as long as anybody holds it.
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
            pruned = variant == "pruned"
            generator = load_pruned_generator(path) if pruned else load_generator_from(path)
            model = GPENModel(generator, f"{path.stem} (pruned)" if pruned else path.name, target, chosen)
            _alive[key] = model
    return model
