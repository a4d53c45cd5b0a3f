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

from ..device import LEFT_FREE, free_memory
from ..network import ops
from ..network.generator import EncoderLayer, EqualLinear, Generator, ModulatedConv, StyledConv, ToRGB
from ..network.loading import load_generator
from ..progress import Progress, silent
from .channels import Layer, layers, work

# What a mixture of other channels misses is partly the same everywhere, and that changes brightness and colour of the
# whole face: with 0, single faces came out too dark or too light; between 0.1 and 0.6 the results are alike.
COMMON = 0.3
"""Share of an error's variance that is common to all pixels."""
_KEPT_PER_VALUE = 4.0  # values that the backward pass keeps for each one that a convolution reads or writes


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
    _last: tuple[Tensor, Tensor] | None = None  # map and its product with itself: two layers in turn may read the same

    def add_input(self, layer: Layer, x: Tensor, scale: Tensor) -> None:
        """x: (1, C, H, W). scale: (C,), or one value; what the weight is applied to is scale * x."""
        if self._last is None or self._last[0] is not x:
            rows = x.detach().float().permute(0, 2, 3, 1).flatten(0, 2)
            self._last = x, (rows.T @ rows).double()
        before, seen = self.moments.get(layer.name, 0.0), self.samples.get(layer.name, 0)
        pixels = x[0, 0].numel()
        total = seen + pixels
        scale = scale.double()  # of the small matrix rather than of the large map
        self.moments[layer.name] = before * (seen / total) + self._last[1] * scale[:, None] * scale / total
        self.samples[layer.name] = total

    def add_influence(self, layer: Layer, gradient: Tensor, factor: Tensor | float) -> None:
        """gradient: (1, outputs, ..) at a place where an error is `factor` times that of the raw weight."""
        per_pixel = gradient.flatten(2) if gradient.dim() > 2 else gradient.unsqueeze(2)
        energy = torch.lerp(per_pixel.square().sum(2), per_pixel.sum(2).square(), COMMON)[0]
        self.influence[layer.name] = self.influence.get(layer.name, 0.0) + (energy * factor**2).double()


def measure_contribution(generator: Generator, faces: Tensor, progress: Progress = silent) -> Contribution:
    """Run a float32 generator, not yet prepared, over (N, 3, S, S) faces in [-1, 1]. Leaves it as it was.

    progress: called for every layer, on the way there and back; an exception it raises stops the work.
    """
    found = Contribution()
    count = _Count(progress, 2 * len(layers(generator.config)) * len(faces))
    styles: list[Tensor] = []
    random = torch.Generator().manual_seed(0)
    with torch.inference_mode(False), torch.enable_grad():  # ComfyUI runs nodes in inference mode
        twin = _twin(generator)
        for layer in layers(generator.config):
            _watch(twin, layer, found, count)
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


class _Count:
    """Counts what has been done of a known number of steps, and tells the caller."""

    def __init__(self, progress: Progress, total: int) -> None:
        self._progress, self._done, self._total = progress, 0, total

    def step(self) -> None:
        self._done += 1
        self._progress(self._done, self._total)

    def rest(self) -> None:
        """Nothing is done, but the caller may want to stop."""
        self._progress(self._done, self._total)


def modulation_of(conv: ModulatedConv, style: Tensor) -> Tensor:
    """The factors (B, inputs) on a modulated convolution's input, the largest of each sample being 1."""
    s = conv.modulation(style)
    return s / s.abs().amax(1, keepdim=True)


def demodulation_of(conv: ModulatedConv, style: Tensor) -> Tensor:
    """The factors (B, outputs) on the output of a prepared convolution, applied to the modulated input."""
    assert conv.weight_energy is not None
    return torch.rsqrt(modulation_of(conv, style).square() @ conv.weight_energy.T) * conv.scale


def _twin(generator: Generator) -> Generator:
    """A prepared generator with the same weights; parameters get no gradients.

    Where memory is short its layers compute in the backward pass again what lies inside them: only the maps between
    layers are then kept for it, half of all. The values are the same either way.
    """
    # Autograd takes no tensors that were made in inference mode, but their copies.
    tensors = ((name, tensor.detach()) for name, tensor in generator.state_dict().items())
    twin = load_generator({name: t.clone() if t.is_inference() else t for name, t in tensors}).prepare()
    if _memory_is_short(generator):
        for module in twin.modules():
            if isinstance(module, (EncoderLayer, StyledConv)):
                module.forward = partial(checkpoint, module.forward, use_reentrant=False)
    return twin


def _memory_is_short(generator: Generator) -> bool:
    free = free_memory(torch.device("cpu"))
    needed = _KEPT_PER_VALUE * work(generator.config).map_values * torch.float32.itemsize
    return free is not None and free - LEFT_FREE < needed


def _watch(generator: Generator, layer: Layer, found: Contribution, count: _Count) -> None:
    module = generator.get_submodule(layer.name)
    owner = generator.get_submodule(layer.name.rpartition(".")[0])
    if isinstance(owner, ToRGB):  # uses its convolution's weight without calling it
        module = owner

    def hook(called: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
        if not found.recording:
            count.rest()
            return
        count.step()
        with torch.no_grad():
            x, scale, factor = _reading(called, inputs, output)
        found.add_input(layer, x, scale)
        output.register_hook(partial(back, factor))

    def back(factor: Tensor | float, gradient: Tensor) -> None:
        count.step()
        found.add_influence(layer, gradient, factor)

    module.register_forward_hook(hook)


def _reading(module: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> tuple[Tensor, Tensor, Tensor | float]:
    """What a layer's raw weight is applied to, as a map and factors on its channels, and what becomes of an error.

    The latter is the factor from an error of the raw result to one of `output`.
    """
    x, *others = inputs
    if isinstance(module, ToRGB):
        return x, module.conv.modulation(others[0])[0], module.conv.scale
    if isinstance(module, ModulatedConv):
        factor = ops.GAIN * demodulation_of(module, others[0])[0]
        if module.blur is not None:
            # An output pixel gets a quarter of the taps, and errors that differ from pixel to pixel are smoothed.
            factor = factor * module.blur.kernel.square().sum().div(4).sqrt()
        return x, modulation_of(module, others[0])[0], factor
    if isinstance(module, EqualLinear):
        slope = torch.where(output[0] > 0, 1.0, ops.NEGATIVE_SLOPE)
        return x.unflatten(1, (-1, 4, 4)), torch.ones(1), ops.GAIN * slope * module.scale
    return x, torch.ones(1), 1.0
