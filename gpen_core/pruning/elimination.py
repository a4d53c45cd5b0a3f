"""Chooses the channels a generator can best do without, and lets the remaining ones take over what they carried.

For one layer with weight W and second moments G of its inputs, leaving out the inputs J costs, after the least-squares
change of the others, tr(M_JJ (P_JJ)^-1) with P = G^-1 and M = W^T diag(influence) W, and the change is a mixture of
channels: W' = W T. This is the Optimal Brain Surgeon (Hassibi and Stork, 1993) for whole columns of W. P, M and T
follow each removal by low-rank updates, so no least-squares problem is solved twice. M treats the taps of a kernel as
independent, which keeps all matrices as small as the number of channels.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import torch
from torch import Tensor

from ..errors import GPENError
from ..network.generator import Generator
from ..progress import Progress, silent
from .channels import PICTURE, VECTOR, Layer, Work, group_sizes, layers, taps_of, work
from .contribution import Contribution

# What is done with one value of a map besides convolution takes about as long as this many multiply-adds: fitted to the
# times of the embedded network, full and pruned, in float32 on an x86 CPU with AVX-512.
_MULTIPLY_ADDS_PER_VALUE = 100
# Both found by pruning the embedded and a random network with few and many faces and testing with others.
_DAMPING = 1e-2  # of the mean second moment, added to each
_DISTRUST = 0.1  # samples for each channel that count as much as taking the channels as independent
_FEW = 8  # channels: fewer make layers slower rather than faster, on CPUs and on GPUs
_CANDIDATES = 3  # times the channels of a block: so many of the cheapest ones it is chosen from


@dataclass
class _Reader:
    """One layer and what removing inputs has made of it. Removed channels are zero in `precision` and `importance`."""

    layer: Layer
    weight: Tensor  # (outputs, inputs, taps), as given
    influence: Tensor  # (outputs,)
    precision: Tensor  # P
    importance: Tensor  # M
    mixture: Tensor  # T; the rows of inputs that are left are those of the identity
    removed: Tensor  # numbers of the inputs that are not left

    @classmethod
    def of(cls, generator: Generator, layer: Layer, measured: Contribution) -> _Reader:
        weight = taps_of(generator.get_parameter(f"{layer.name}.weight").detach(), layer).double()
        moments = measured.moments[layer.name]
        count = len(moments)
        # Few samples make channels look alike that are not: the fewer, the more the channels are taken as independent.
        trust = measured.samples[layer.name] / (measured.samples[layer.name] + _DISTRUST * count)
        diagonal = torch.diag(moments.diagonal())
        floor = _DAMPING * moments.diagonal().mean().clamp_min(1e-30) * torch.eye(count, dtype=torch.float64)
        precision = torch.linalg.inv(trust * moments + (1.0 - trust) * diagonal + floor)
        influence = measured.influence[layer.name]
        rows = weight.permute(0, 2, 1).flatten(0, 1)
        importance = rows.T @ (rows * influence.repeat_interleave(layer.taps)[:, None])
        identity = torch.eye(count, dtype=torch.float64)
        return cls(layer, weight, influence, precision, importance, identity, torch.arange(0))

    def diagonals(self, inputs: Tensor) -> tuple[Tensor, Tensor]:
        """Of P and of M, (inputs,)."""
        return self.precision.diagonal()[inputs], self.importance.diagonal()[inputs]

    def minors(self, inputs: Tensor) -> tuple[Tensor, Tensor]:
        """The parts of P and M that belong to these inputs."""
        return self.precision[inputs[:, None], inputs], self.importance[inputs[:, None], inputs]

    def remove_inputs(self, inputs: Tensor) -> None:
        replaced = torch.linalg.solve(self.precision[inputs][:, inputs], self.precision[inputs])  # (removed, inputs)
        columns = self.importance[:, inputs]
        self.importance -= columns @ replaced
        self.importance -= replaced.T @ self.importance[inputs]
        self.precision -= self.precision[:, inputs] @ replaced
        self.removed = torch.cat([self.removed, inputs])
        rows = self.mixture[self.removed]
        self.mixture[self.removed] = rows - rows[:, inputs] @ replaced
        for matrix in (self.precision, self.importance):  # exact zeros, against the growth of rounding errors
            matrix[inputs] = 0.0
            matrix[:, inputs] = 0.0
        self.mixture[:, inputs] = 0.0

    def remove_outputs(self, outputs: Tensor) -> None:
        rows = self.mixed(outputs).flatten(0, 1)
        self.importance -= rows.T @ (rows * self.influence[outputs].repeat_interleave(self.layer.taps)[:, None])

    def mixed(self, outputs: Tensor) -> Tensor:
        """W T of some outputs, (outputs, taps, inputs)."""
        rows = self.weight[outputs].permute(0, 2, 1).contiguous()
        if not len(self.removed):
            return rows
        replaced = rows[..., self.removed] @ self.mixture[self.removed]
        rows[..., self.removed] = 0.0
        return rows + replaced


class Elimination:
    """The state of the choice: which channels of every group are still there, and how the layers make do with them."""

    def __init__(self, generator: Generator, measured: Contribution, progress: Progress = silent) -> None:
        self.config = generator.config
        self.kept = {group: torch.arange(size) for group, size in group_sizes(self.config).items()}
        self.readers: dict[str, _Reader] = {}
        for number, layer in enumerate(layers(self.config)):
            progress(number, len(layers(self.config)))
            self.readers[layer.name] = _Reader.of(generator, layer, measured)
        self._orders: dict[str, tuple[Tensor, list[float]]] = {}
        self._full = work(self.config)

    def shrink(self, ratio: float, progress: Progress = silent) -> None:
        """Remove channels, those that cost least for what they save first, until `ratio` of the work is gone.

        ratio: share of the computing time, as estimated, and of the parameters, both at least.
        Raises GPENError when so much cannot be removed.
        """
        while open_shares := [share for share in self._shares(self._work()) if share > 1.0 - ratio]:
            progress(round(1000 * (1.0 - max(open_shares)) / ratio), 1000)
            best = self._best_block(ratio)
            if best is None:
                raise GPENError(
                    f"This network cannot be made smaller by a ratio of {ratio:g}.\n"
                    f"About {1.0 - max(open_shares):.2f} is possible: ask for less."
                )
            self._remove(*best)

    def mixed_weight(self, layer: Layer) -> Tensor:
        """The compensated weight (outputs, inputs, taps) float64 of a layer, of what is left of both."""
        mixed = self.readers[layer.name].mixed(self.kept_outputs(layer))
        return mixed[..., self.kept_inputs(layer)].permute(0, 2, 1)

    def kept_inputs(self, layer: Layer) -> Tensor:
        """Numbers of the inputs of a layer that are still there."""
        return torch.cat([self.kept[group] + start for group, start in self._starts(layer)])

    def kept_outputs(self, layer: Layer) -> Tensor:
        """Numbers of the outputs of a layer that are still there."""
        return torch.arange(len(self.readers[layer.name].weight)) if layer.output is None else self.kept[layer.output]

    def _work(self, sizes: dict[str, int] | None = None) -> Work:
        return work(self.config, {group: len(kept) for group, kept in self.kept.items()} | (sizes or {}))

    def _shares(self, now: Work) -> tuple[float, float]:
        """Shares that are left of the time and of the parameters."""
        return _time(now) / _time(self._full), now.parameters / self._full.parameters

    def _best_block(self, ratio: float) -> tuple[str, Tensor] | None:
        """The channels to go next: least cost per share saved of what there is still too much of."""
        before = self._shares(self._work())
        best: tuple[float, str, int] | None = None
        for group, kept in self.kept.items():
            for count in _blocks(len(kept)) if group != PICTURE else ():
                after = self._shares(self._work({group: len(kept) - count}))
                # What is saved beyond the aim counts for nothing: the last block is no larger than it must be.
                saved = sum(max(b - max(a, 1.0 - ratio), 0.0) for b, a in zip(before, after, strict=True))
                if saved > 0 and (best is None or self._order(group)[1][count - 1] / saved < best[0]):
                    best = self._order(group)[1][count - 1] / saved, group, count
        return best and (best[1], self._order(best[1])[0][: best[2]])

    def _order(self, group: str) -> tuple[Tensor, list[float]]:
        """Positions in `kept` of the channels of a group that are missed least, and what removing the first n costs."""
        if group not in self._orders:
            count = max(_blocks(len(self.kept[group])))
            places = [(reader, self._positions(reader.layer, group)) for reader in self._readers_of(group)]
            costs = _costs([reader.diagonals(place) for reader, place in places])
            cheapest = costs.argsort(stable=True)[: _CANDIDATES * count]
            chosen, totals = _choose([reader.minors(place[cheapest]) for reader, place in places], count)
            self._orders[group] = cheapest[chosen], totals
        return self._orders[group]

    def _remove(self, group: str, positions: Tensor) -> None:
        channels = self.kept[group][positions]
        touched = {group}
        for reader in self._readers_of(group):
            reader.remove_inputs(self._positions(reader.layer, group)[positions])
            touched.update(reader.layer.inputs)
        for reader in self.readers.values():
            if reader.layer.output == group:
                reader.remove_outputs(channels)
                touched.update(reader.layer.inputs)
        stays = torch.ones(len(self.kept[group]), dtype=torch.bool)
        stays[positions] = False
        self.kept[group] = self.kept[group][stays]
        for name in touched:
            self._orders.pop(name, None)

    def _readers_of(self, group: str) -> list[_Reader]:
        return [reader for reader in self.readers.values() if group in reader.layer.inputs]

    def _positions(self, layer: Layer, group: str) -> Tensor:
        """Where the channels left of a group are among all inputs the layer had at first."""
        return self.kept[group] + dict(self._starts(layer))[group]

    def _starts(self, layer: Layer) -> Iterable[tuple[str, int]]:
        start, sizes = 0, group_sizes(self.config)
        for group in layer.inputs:
            yield group, start
            start += sizes[group]


def _costs(diagonals: list[tuple[Tensor, Tensor]]) -> Tensor:
    """What removing each channel alone costs, from the diagonals of P and M of all layers that read it."""
    return torch.stack([importance / precision for precision, importance in diagonals]).sum(0).clamp_min(0.0)


def _choose(minors: list[tuple[Tensor, Tensor]], count: int) -> tuple[list[int], list[float]]:
    """The channels whose removal costs least, one after the other, and the cost of the first one, two, .. of them."""
    chosen: list[int] = []
    totals: list[float] = []
    for _ in range(count):
        cost = _costs([(precision.diagonal(), importance.diagonal()) for precision, importance in minors])
        cost[chosen] = torch.inf
        pick = int(cost.argmin())
        totals.append(float(cost[pick]) + (totals[-1] if totals else 0.0))
        minors = [_without(precision, importance, pick) for precision, importance in minors]
        chosen.append(pick)
    return chosen, totals


def _without(precision: Tensor, importance: Tensor, pick: int) -> tuple[Tensor, Tensor]:
    replaced = precision[pick] / precision[pick, pick]
    importance = importance - torch.outer(importance[:, pick], replaced)
    importance = importance - torch.outer(replaced, importance[pick])
    return precision - torch.outer(precision[:, pick], replaced), importance


def _time(cost: Work) -> float:
    return cost.padded + _MULTIPLY_ADDS_PER_VALUE * cost.map_values


def _blocks(channels: int) -> tuple[int, ...]:
    """Numbers of channels that may be removed at once: a few, or down to the next whole vector; some always stay."""
    return tuple(count for count in {_FEW, (channels - 1) % VECTOR + 1} if channels - count >= _FEW)
