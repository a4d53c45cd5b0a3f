"""The one shared cache of loaded models."""

from __future__ import annotations

import threading
import weakref
from pathlib import Path

import torch

from .checkpoints import EMBEDDED_NETWORK, family_in, load_network, load_pruned_generator, resolve
from .device import choose_device, choose_precision
from .errors import GPENError
from .model import GPENModel
from .network import DEFAULT_FIDELITY, FaceNetwork, GPENNetwork
from .progress import Progress, silent

VARIANTS = ("full", "pruned")

_Key = tuple[Path, int, int, torch.device, str, str, float | None]
_lock = threading.Lock()
_alive: weakref.WeakValueDictionary[_Key, GPENModel] = weakref.WeakValueDictionary()


def load_model(
    path_or_name: str | Path = EMBEDDED_NETWORK,
    device: str = "auto",
    precision: str = "auto",
    variant: str = "full",
    progress: Progress = silent,
    fidelity: float = DEFAULT_FIDELITY,
) -> GPENModel:
    """Load a face restoration model, or give back the one already loaded.

    path_or_name: a .pth, .pt, .safetensors or .onnx file, or a name to look for ("GPEN-BFR-512"; see `gpen weights
    list`). device: auto, cpu, cuda, cuda:1, mps. precision: auto, fp32, fp16, bf16. variant: full, or
    pruned: a smaller network made of the file when first asked for and kept beside it; faster, a little less exact,
    for faces only. A network that cannot be made smaller is used in full, and its name says so.
    fidelity: of networks that let the user choose (CodeFormer), 0 for the best-looking face to 1 for the one most like
    the input.
    A model is shared as long as file (real path, size, time of change), device, precision and variant are the same, and
    for as long as anybody holds it.
    progress: called while a pruned network is made, with hundredths of the work; an exception it raises stops that.
    Raises CheckpointError for a file that is missing or no face network, GPENError for an impossible setting.
    """
    if variant not in VARIANTS:
        raise GPENError(f"Unknown variant '{variant}'.\nUse one of: {', '.join(VARIANTS)}.")
    if not 0.0 <= fidelity <= 1.0:
        raise GPENError(f"fidelity must be 0 to 1, got {fidelity}.")
    path = resolve(path_or_name).resolve()
    target = choose_device(device)
    chosen = choose_precision(precision, target)
    state = path.stat()
    key = (path, state.st_size, state.st_mtime_ns, target, chosen, variant)
    with _lock:
        model = _alive.get((*key, None)) or _alive.get((*key, fidelity))
        if model is None:
            network, name = _load(path, variant, progress)
            if network.fidelity is not None:
                network.fidelity, name = fidelity, f"{name} (fidelity {fidelity:g})"
            model = GPENModel(network, name, target, _trusted(network, name, precision, chosen))
            _alive[(*key, network.fidelity)] = model
    _trusted(model.network, model.name, precision, chosen)  # "auto" may have loaded it in another precision
    return model


def _load(path: Path, variant: str, progress: Progress) -> tuple[FaceNetwork, str]:
    """The network of a file, and what to call it."""
    if variant == "full":
        return load_network(path), path.name
    if not family_in(path).prunable:
        return load_network(path), f"{path.name} (in full: it cannot be pruned)"
    return GPENNetwork(load_pruned_generator(path, progress)), f"{path.stem} (pruned)"


def _trusted(network: FaceNetwork, name: str, asked: str, chosen: str) -> str:
    """The precision to run in. Raises GPENError when one was asked for that the network cannot be trusted in."""
    if chosen in network.precisions:
        return chosen
    if asked == "auto":
        return network.precisions[0]
    raise GPENError(f"{name} cannot be trusted in {asked}.\nUse one of: auto, {', '.join(network.precisions)}.")
