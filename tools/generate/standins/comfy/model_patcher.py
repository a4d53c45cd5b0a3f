"""Stand-in for ComfyUI's ModelPatcher."""

from __future__ import annotations

import torch
from torch import nn


class ModelPatcher:
    def __init__(self, model: nn.Module, load_device: torch.device, offload_device: torch.device) -> None:
        self.model = model
        self.load_device = load_device
        self.offload_device = offload_device

    def detach(self, unpatch_all: bool = True) -> nn.Module:
        return self.model
