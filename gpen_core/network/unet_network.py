"""The network that comes with the project, as a face network."""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import pairwise

import torch
from torch import Tensor

from ..errors import CheckpointError
from ..message import Message
from .face_network import FaceNetwork, register
from .unet import ResidualUNet, UNetConfig
from .uninitialised import NoRandomWeights
from .weights import require_sound, require_values

# At the busiest moment, when the face's own features are added to the enlarged ones, there are three maps of whole
# pixels: both and the sum. Beside them the face in [-1, 1], in float32, and as much again for a copy or the change.
_MAPS = 3
_FACES = 2
_RGB = 3


@register
class UNetNetwork(FaceNetwork):
    """A `ResidualUNet`, which belongs to it from then on."""

    family = "face U-Net"
    sizes = (256, 512)
    terms = Message("research, non-commercial: trained on CelebAMask-HQ")

    def __init__(self, net: ResidualUNet) -> None:
        super().__init__()
        self.net = net

    @classmethod
    def recognises(cls, tensors: Mapping[str, Tensor]) -> bool:
        return {"entry.weight", "enlarge.weight", "change.weight"} <= tensors.keys()

    @classmethod
    def from_state_dict(cls, tensors: Mapping[str, Tensor]) -> UNetNetwork:
        require_sound(tensors)
        config = _config_of(tensors)
        require_values(tensors, _least_values(config))
        with NoRandomWeights():
            net = ResidualUNet(config)
        expected = {name: tensor.shape for name, tensor in net.state_dict().items()}
        wrong = [name for name, shape in expected.items() if name not in tensors or tensors[name].shape != shape]
        if wrong or tensors.keys() - expected.keys():
            raise CheckpointError(
                f"Not a complete face U-Net: {len(wrong)} tensor(s) missing or misshapen, such as "
                f"{(wrong or sorted(tensors.keys() - expected.keys()))[0]}.\nThe file is damaged: put it back."
            )
        net.load_state_dict({name: tensor.float() for name, tensor in tensors.items()})
        return cls(net)

    def generate(self, crops: Tensor, dtype: torch.dtype, whole: int) -> Tensor:
        faces = crops.permute(0, 3, 1, 2).mul(2.0).sub_(1.0)
        # The change is what the layers compute; the face it is added to keeps its precision.
        change = self.net.change_of(faces.to(dtype, memory_format=torch.channels_last))
        return faces.add_(change).mul_(0.5).add_(0.5).permute(0, 2, 3, 1)

    def activation_bytes(self, size: int, batch: int, dtype: torch.dtype, whole: int) -> int:
        values = _MAPS * self.net.config.picture * dtype.itemsize + _FACES * _RGB * torch.float32.itemsize
        return batch * size**2 * values

    def prepare(self, dtype: torch.dtype) -> None:
        super().prepare(dtype)
        self.net.to(dtype=dtype, memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]


def _config_of(tensors: Mapping[str, Tensor]) -> UNetConfig:
    """The shapes, read off the tensors' names and sizes."""
    widths = [len(tensors["entry.weight"])]
    while (name := f"down.{len(widths) - 1}.weight") in tensors:
        widths.append(len(tensors[name]))
    return UNetConfig(
        tuple(widths),
        encoder=_count(tensors, r"encoder\.0\.(\d+)\."),
        middle=_count(tensors, r"middle\.(\d+)\."),
        decoder=_count(tensors, r"decoder\.0\.(\d+)\."),
        picture=len(tensors["enlarge.weight"]),
    )


def _least_values(config: UNetConfig) -> int:
    """Values in the 3x3 convolutions of all blocks, at the ends, and in the steps between levels."""
    blocks = config.middle * config.widths[-1] ** 2
    blocks += (config.encoder + config.decoder) * sum(width**2 for width in config.widths[:-1])
    ends = 12 * config.widths[0] + config.picture**2
    steps = sum(fine * coarse for fine, coarse in pairwise(config.widths))
    return 9 * (2 * blocks + ends) + 8 * steps


def _count(tensors: Mapping[str, Tensor], pattern: str) -> int:
    return len({match[1] for name in tensors if (match := re.match(pattern, name))})
