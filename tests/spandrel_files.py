"""Weight files of other people's face restorers with random weights, made by spandrel's own architectures.

python tests/spandrel_files.py FAMILY PATH: for a Python that has spandrel, where this one has not.
"""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn


def restorer(family: str) -> nn.Module:
    """The network of `family` with random weights, as its published files have it. Seconds: they are large."""
    torch.manual_seed(0)
    if family == "GFPGAN":
        build = importlib.import_module("spandrel.architectures.GFPGAN").GFPGAN
        return _seeded_noise(
            build(
                out_size=512,
                num_style_feat=512,
                channel_multiplier=2,
                input_is_latent=True,
                different_w=True,
                sft_half=True,
            )
        )
    if family == "RestoreFormer":
        build = importlib.import_module("spandrel.architectures.RestoreFormer").RestoreFormer
        return build(head_size=8, z_channels=256, resolution=512)
    return importlib.import_module("spandrel_extra_arches.architectures.CodeFormer").CodeFormer()


def save(network: nn.Module, path: Path) -> Path:
    """As GFPGAN and CodeFormer are published: the running average of a training file. In half precision, for speed."""
    tensors: dict[str, Tensor] = {name: tensor.half() for name, tensor in network.state_dict().items()}
    torch.save({"params_ema": tensors}, path)
    return path


def esrgan_tensors() -> dict[str, Tensor]:
    """Those of a small ESRGAN, which enlarges pictures."""
    build = importlib.import_module("spandrel.architectures.ESRGAN").ESRGAN
    return dict(build(num_filters=8, num_blocks=1).state_dict())


def _seeded_noise(network: Any) -> nn.Module:
    """Strong noise: a network that drew it anew would show it."""
    with torch.no_grad():
        for name, parameter in network.named_parameters():
            if name.startswith("stylegan_decoder.style_conv") and parameter.shape == (1,):
                parameter.fill_(0.1)
    return network


if __name__ == "__main__":
    family, target = sys.argv[1:]
    if family == "ESRGAN":
        torch.save(esrgan_tensors(), target)
    else:
        save(restorer(family), Path(target))
