"""What `import gpen_core` offers, where it is defined; loading this takes torch and OpenCV."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from .checkpoints import load_generator_from, resolve
from .errors import CheckpointError, GPENError
from .faces.selection import FaceChoice
from .model import GPENModel
from .network import Generator, GPENConfig
from .registry import load_model
from .restore import PictureFaces, RestoreReport, RestoreResult, RestoreSettings, crop_faces, paste, restore
from .version import __version__

__all__ = [
    "CheckpointError",
    "FaceChoice",
    "GPENConfig",
    "GPENError",
    "GPENModel",
    "Generator",
    "PictureFaces",
    "RestoreReport",
    "RestoreResult",
    "RestoreSettings",
    "__version__",
    "crop_faces",
    "load_generator",
    "load_model",
    "paste",
    "restore",
]


def load_generator(path_or_state_dict: str | Path | Mapping[str, Tensor]) -> Generator:
    """The raw network of a weight file or a state dict, on the CPU in float32, ready for inference.

    It takes (B, 3, S, S) in [-1, 1] and returns the same, not clamped. A state dict is copied. Raises CheckpointError.
    """
    if not isinstance(path_or_state_dict, Mapping):
        return load_generator_from(resolve(path_or_state_dict)).prepare()
    copies = {name: tensor.detach().to("cpu", torch.float32, copy=True) for name, tensor in path_or_state_dict.items()}
    return load_generator_from(copies).prepare()
