"""Weight files of other people's face restorers with random weights, made by spandrel's own architectures."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn


def restorer(family: str) -> nn.Module:
    """The network of `family` with random weights, as its published files have it. Seconds: they are large."""
    torch.manual_seed(0)
    if family == "GFPGAN":
        from spandrel.architectures.GFPGAN import GFPGAN

        return _seeded_noise(
            GFPGAN(
                out_size=512,
                num_style_feat=512,
                channel_multiplier=2,
                input_is_latent=True,
                different_w=True,
                sft_half=True,
            )
        )
    if family == "RestoreFormer":
        from spandrel.architectures.RestoreFormer import RestoreFormer

        return RestoreFormer(head_size=8, z_channels=256, resolution=512)
    from spandrel_extra_arches.architectures.CodeFormer import CodeFormer

    return CodeFormer()


def save(network: nn.Module, path: Path) -> Path:
    """As GFPGAN and CodeFormer are published: the running average of a training file. In half precision, for speed."""
    tensors: dict[str, Tensor] = {name: tensor.half() for name, tensor in network.state_dict().items()}
    torch.save({"params_ema": tensors}, path)
    return path


def esrgan_tensors() -> dict[str, Tensor]:
    """Those of a small ESRGAN, which enlarges pictures."""
    from spandrel.architectures.ESRGAN import ESRGAN

    return dict(ESRGAN(num_filters=8, num_blocks=1).state_dict())


def _seeded_noise(network: Any) -> nn.Module:
    """Strong noise: a network that drew it anew would show it."""
    with torch.no_grad():
        for name, parameter in network.named_parameters():
            if name.startswith("stylegan_decoder.style_conv") and parameter.shape == (1,):
                parameter.fill_(0.1)
    return network
