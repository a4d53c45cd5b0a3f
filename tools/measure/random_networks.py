"""Generators of the published sizes with random weights: neither speed nor memory depends on their values."""

from __future__ import annotations

from dataclasses import replace

import torch

from gpen_core.network import Generator, GPENConfig
from gpen_core.pruning.pruner import DEFAULT_RATIO

CONFIGS = {
    256: GPENConfig(size=256, narrow=0.5, channel_multiplier=1),
    512: GPENConfig(size=512),
    1024: GPENConfig(size=1024),
    2048: GPENConfig(size=2048),
}
PRECISIONS = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}
VARIANTS = ("full", "pruned")


def config_of(size: int, variant: str = "full") -> GPENConfig:
    """The shapes of a published network, or about those of the pruned one.

    Pruning takes more of some layers and less of others; here all are narrower by the same factor, by as much as the
    default takes away of the parameters, which grow with the square of the width.
    """
    config = CONFIGS[size]
    if variant == "full":
        return config
    return replace(config, narrow=config.narrow * (1.0 - DEFAULT_RATIO) ** 0.5, widths=(), decoder=())


def random_generator(config: GPENConfig) -> Generator:
    """A generator with weights drawn as StyleGAN2 initialises them, and values for what begins as zero.

    Features that are weighted with zero would hide an error in them when pictures are compared.
    """
    torch.manual_seed(0)
    generator = Generator(config)
    with torch.no_grad():
        for parameter in generator.parameters():
            if not parameter.any():
                parameter.uniform_(-0.5, 0.5)
    return generator
