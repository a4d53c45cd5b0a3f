"""How a model is used while it is judged: its own face, without any blending or finishing."""

from __future__ import annotations

import numpy as np
import torch

from ..model import GPENModel
from .levels import Levels, to_levels


def crop_size(model: GPENModel) -> int:
    """Side of the faces the model takes, px."""
    return model.size


def restore_face(model: GPENModel, face: Levels) -> Levels:
    """The model's (S, S, 3) face for a degraded one of the same shape."""
    return to_levels(model(torch.from_numpy(face.astype(np.float32) / np.float32(255.0))[None])[0].cpu().numpy())
