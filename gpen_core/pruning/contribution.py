"""Measures, on calibration faces, what a generator's layers read and how much the picture depends on each output.

For every layer: the second moments of the channels it reads, from which follows how well some channels can be replaced
by a mixture of others; and, for every output, by how much the picture changes when that output is wrong. The latter
is the diagonal of J^T J, J being the derivative of the picture, estimated with random signs v as (J^T v)^2
(Bekas, Kokiopoulou and Saad, "An estimator for the diagonal of a matrix", 2007): one backward pass per face.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial

import torch
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from ..network import ops
from ..network.generator import EncoderLayer, EqualLinear, Generator, ModulatedConv, StyledConv, ToRGB
from .channels import Layer, layers

# What a mixture of other channels misses is partly the same everywhere, and that changes brightness and colour of the
# whole face: with 0, single faces came out too dark or too light; between 0.1 and 0.6 the results are alike.
COMMON = 0.3
"""Share of an error's variance that is common to all pixels."""


@dataclass
class Contribution:
    """What was measured on the faces.

    moments: by layer, the mean of x x^T over all pixels (inputs, inputs) float64, x being what the weight is applied
        to: the input, scaled by the style where the layer is modulated.
    samples: by layer, the number of pixels.
    influence: by layer, (outputs,) float64: squared change of the picture, summed over its values and averaged over
        the faces, for an error of variance 1 in that output of the raw weight, of which `COMMON` is the same in all
        pixels and the rest independent from pixel to pixel.
    styles: (faces, style_dim), after the mapping.
    recording: off while layers are computed again for the backward pass.
    """

    moments: dict[str, Tensor] = field(default_factory=dict)
    samples: dict[str, int] = field(default_factory=dict)
    influence: dict[str, Tensor] = field(default_factory=dict)
    styles: Tensor = field(default_factory=lambda: torch.empty(0))
    recording: bool = False

    def add_input(self, layer: Layer, x: Tensor) -> None:
        """x: (B, C, H, W)."""
        rows = x.detach().float().permute(0, 2, 3, 1).flatten(0, 2)
        before, seen = self.moments.get(layer.name, 0.0), self.samples.get(layer.name, 0)
        total = seen + len(rows)
        self.moments[layer.name] = before * (seen / total) + (rows.T @ rows).double() / total
        self.samples[layer.name] = total

    def add_influence(self, layer: Layer, gradient: Tensor, factor: Tensor | float) -> None:
        """gradient: (1, outputs, ..) at a place where an error is `factor` times that of the raw weight."""
        per_pixel = gradient.flatten(2) if gradient.dim() > 2 else gradient.unsqueeze(2)
        energy = torch.lerp(per_pixel.square().sum(2), per_pixel.sum(2).square(), COMMON)[0]
        self.influence[layer.name] = self.influence.get(layer.name, 0.0) + (energy * factor**2).double()


def measure_contribution(generator: Generator, faces: Tensor) -> Contribution:
    """Run a float32 generator, not yet prepared, over (N, 3, S, S) faces in [-1, 1]. Leaves it as it was."""
    found = Contribution()
    styles: list[Tensor] = []
    random = torch.Generator().manual_seed(0)
    with torch.inference_mode(False), torch.enable_grad():  # ComfyUI runs nodes in inference mode
        twin = _twin(generator)
        for layer in layers(generator.config):
            _watch(twin, layer, found)
        twin.generator.style.register_forward_hook(lambda module, inputs, style: styles.append(style.detach()))
        for face in faces.split(1):
            found.recording = True
            picture = twin(face.clone().requires_grad_())
            found.recording = False
            signs = torch.randint(0, 2, picture.shape, generator=random).to(picture) * 2.0 - 1.0
            (picture * signs).sum().backward()
    found.influence = {name: energy / len(faces) for name, energy in found.influence.items()}
    found.styles = torch.cat(styles)
    return found


def modulation_of(conv: ModulatedConv, style: Tensor) -> Tensor:
    """The factors (B, inputs) on a modulated convolution's input, the largest of each sample being 1."""
    s = conv.modulation(style)
    return s / s.abs().amax(1, keepdim=True)


def demodulation_of(conv: ModulatedConv, style: Tensor, weight: Tensor) -> Tensor:
    """The factors (B, outputs) on the output of `weight` (outputs, inputs, taps), applied to the modulated input."""
    energy = (weight * conv.scale).square().sum(2)
    return torch.rsqrt(modulation_of(conv, style).square() @ energy.T) * conv.scale


def _twin(generator: Generator) -> Generator:
    """A generator with the same weights, whose layers compute in the backward pass again what lies inside them.

    Only the maps between layers are then kept for it, half of all. Parameters get no gradients.
    """
    with torch.random.fork_rng(devices=[]):  # the weights drawn here are replaced at once
        twin = Generator(generator.config)
    # Autograd takes no tensors that were made in inference mode, but their copies.
    tensors = ((name, tensor.detach()) for name, tensor in generator.state_dict().items())
    twin.load_state_dict({name: t.clone() if t.is_inference() else t for name, t in tensors}, assign=True)
    for module in twin.requires_grad_(False).modules():
        if isinstance(module, (EncoderLayer, StyledConv)):
            module.forward = partial(checkpoint, module.forward, use_reentrant=False)
    return twin


def _watch(generator: Generator, layer: Layer, found: Contribution) -> None:
    module = generator.get_submodule(layer.name)
    owner = generator.get_submodule(layer.name.rpartition(".")[0])
    if isinstance(owner, ToRGB):  # uses its convolution's weight without calling it
        module = owner

    def hook(called: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
        if not found.recording:
            return
        with torch.no_grad():
            x, factor = _reading(called, inputs, output)
        found.add_input(layer, x)
        output.register_hook(lambda gradient: found.add_influence(layer, gradient, factor))

    module.register_forward_hook(hook)


def _reading(module: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> tuple[Tensor, Tensor | float]:
    """What a layer's raw weight is applied to, and the factor from an error of the raw result to one of `output`."""
    x, *others = inputs
    if isinstance(module, ToRGB):
        return ops.modulate(x.clone(), module.conv.modulation(others[0])), module.conv.scale
    if isinstance(module, ModulatedConv):
        factor = ops.GAIN * demodulation_of(module, others[0], module.weight[0].flatten(2))[0]
        if module.blur is not None:
            # An output pixel gets a quarter of the taps, and errors that differ from pixel to pixel are smoothed.
            factor = factor * module.blur.kernel.square().sum().div(4).sqrt()
        return ops.modulate(x.clone(), modulation_of(module, others[0])), factor
    if isinstance(module, EqualLinear):
        slope = torch.where(output[0] > 0, 1.0, ops.NEGATIVE_SLOPE)
        return x.unflatten(1, (-1, 4, 4)), ops.GAIN * slope * module.scale
    return x, 1.0
