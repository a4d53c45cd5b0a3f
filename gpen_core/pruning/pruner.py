"""Makes a smaller generator of a given one: fewer channels, the remaining weights adjusted, nothing special to run it.

    calibration faces  -> what every layer reads, how much the picture depends on it     (contribution)
                       -> the channels that are missed least for what they cost          (elimination)
                       -> the remaining weights, which take over by least squares what the removed channels carried
                       -> outputs brought back to their size

The last step is needed because demodulation makes the size of an output depend on the weights alone: with other weights
it is another. The activation is homogeneous, so the bias is scaled with the output, and the layers that read it undo
the scale in their weights. Encoder features and ToRGB are not demodulated and need nothing.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from ..errors import GPENError
from ..network.generator import Generator, ModulatedConv
from ..network.loading import load_generator
from ..progress import Progress, part_of, silent
from .calibration import calibration_faces
from .channels import Layer, features_group, group_sizes, layers, taps_of
from .contribution import measure_contribution
from .elimination import Elimination

RECIPE = 2
"""Number of the method; raised whenever the same network would be pruned differently."""

DEFAULT_RATIO = 0.35
"""Share of computing time and of parameters that `prune` takes away; see tools/measure/prune_curve.py."""

_CALIBRATION_PIXELS = 2**20  # 16 faces of 256 px, 4 of 512 px: enough to measure, seconds to run
_FACES = (2, 16)  # at least, at most
# How far the work is after its stages, about, in hundredths.
_DRAWN, _MEASURED, _PREPARED, _CHOSEN, _WRITTEN = 5, 65, 75, 90, 100


def prune(generator: Generator, ratio: float = DEFAULT_RATIO, progress: Progress = silent) -> Generator:
    """A smaller generator that gives nearly the same faces.

    generator: in float32 on the CPU, as loaded (not prepared); it is left as it is.
    ratio: between 0 and 1, the share of the computing time (estimated from multiply-adds and sizes of maps) and of the
        parameters to take away, at least; where both cannot be met exactly, more of one goes.
    progress: called with hundredths of the work, for each layer in each stage; an exception it raises stops the work.
    The same generator gives the same result. What was not measured on faces cannot be relied on: a pruned generator is
    for faces only. Raises GPENError when the ratio is impossible.
    """
    if not 0.0 < ratio < 1.0:
        raise GPENError(f"The ratio to prune by is {ratio:g}, expected more than 0 and less than 1.")
    if generator.config.pruned:
        raise GPENError("This network has been pruned before.\nPrune the full network by a larger ratio instead.")
    size = generator.config.size
    count = min(max(_CALIBRATION_PIXELS // size**2, _FACES[0]), _FACES[1])
    faces = calibration_faces(count, size, progress=part_of(progress, 0, _DRAWN, _WRITTEN))
    measured = measure_contribution(generator, faces, part_of(progress, _DRAWN, _MEASURED, _WRITTEN))
    if not all(torch.isfinite(moments).all() for moments in measured.moments.values()):
        raise GPENError("The network gave values that are not finite: its weights are damaged, or not those of GPEN.")
    choice = Elimination(generator, measured, part_of(progress, _MEASURED, _PREPARED, _WRITTEN))
    choice.shrink(ratio, part_of(progress, _PREPARED, _CHOSEN, _WRITTEN))
    writing = part_of(progress, _CHOSEN, _WRITTEN, _WRITTEN)
    return load_generator(_smaller_tensors(generator, choice, measured.styles, writing))


def _smaller_tensors(
    generator: Generator, choice: Elimination, styles: Tensor, progress: Progress
) -> dict[str, Tensor]:
    config = generator.config
    tensors = {name: tensor.detach().clone() for name, tensor in generator.state_dict().items()}
    tensors["generator.input.input"] = tensors["generator.input.input"][:, choice.kept["constant"]]
    # By group, the factors by which its channels have become too small, which the layers that read them make up for.
    lacking = {group: torch.ones(count, dtype=torch.float64) for group, count in group_sizes(config).items()}
    everything = layers(config)
    for number, layer in enumerate(everything):
        progress(number, len(everything))
        inputs, outputs = choice.kept_inputs(layer), choice.kept_outputs(layer)
        weight = choice.mixed_weight(layer)
        weight *= torch.cat([lacking[group] for group in layer.inputs])[inputs][:, None]
        if layer.modulated:
            for part in ("weight", "bias"):
                name = f"{layer.name}.modulation.{part}"
                tensors[name] = tensors[name][inputs]
        if layer.output is not None:
            shrunk = torch.ones(len(outputs), dtype=torch.float64)
            if layer.modulated and config.concat:  # what is added to features has to keep its size
                shrunk = _shrinkage(generator, layer, weight, outputs, inputs, styles)
                lacking[layer.output][outputs] = shrunk
            _reduce_bias(tensors, layer, choice, shrunk)
        _replace_weight(tensors, layer, weight)
    progress(len(everything), len(everything))
    return tensors


def _shrinkage(
    generator: Generator, layer: Layer, weight: Tensor, outputs: Tensor, inputs: Tensor, styles: Tensor
) -> Tensor:
    """How many times smaller demodulation makes each output than it was, on average over the styles."""
    conv = generator.get_submodule(layer.name)
    assert isinstance(conv, ModulatedConv)  # as the layer is named
    s = conv.modulation(styles).detach().double().square()
    before = s @ taps_of(conv.weight.detach(), layer)[outputs].double().square().sum(2).T
    after = s[:, inputs] @ weight.square().sum(2).T
    return (after / before).sqrt().mean(0)


def _reduce_bias(tensors: dict[str, Tensor], layer: Layer, choice: Elimination, shrunk: Tensor) -> None:
    """Keep the biases of a layer's outputs, `shrunk` times smaller, and of the features that join them."""
    assert layer.output is not None
    owner, _, index = layer.name.rpartition(".")
    name = f"{owner}.activate.bias" if layer.modulated else f"{owner}.{int(index) + 1}.bias"
    own = choice.kept[layer.output]
    kept = tensors[name][own].double() / shrunk
    if layer.modulated and choice.config.concat:
        first = len(tensors[name]) - choice.config.channels(layer.side_out)
        kept = torch.cat([kept, tensors[name][first:][choice.kept[features_group(layer)]].double()])
    tensors[name] = kept.float()


def _replace_weight(tensors: dict[str, Tensor], layer: Layer, weight: Tensor) -> None:
    """Store (outputs, inputs, taps) in the shape of the original; its equalised scale 1 / sqrt(fan in) has grown."""
    name = f"{layer.name}.weight"
    old = tensors[name]
    weight = weight * math.sqrt(weight.shape[1] / taps_of(old, layer).shape[1])
    if old.dim() == 2:
        tensors[name] = weight.flatten(1).float()
    else:
        shape = (*weight.shape[:2], *old.shape[-2:])
        tensors[name] = weight.reshape(shape if old.dim() == 4 else (1, *shape)).float()
