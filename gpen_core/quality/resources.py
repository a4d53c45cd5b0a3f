"""Which of the published networks fits a face, and how much of it fits into memory at once."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import partial

import torch

from ..checkpoints import EMBEDDED_NETWORK
from ..device import DTYPES, LEFT_FREE, choose_precision, free_memory
from ..network import GPENConfig
from ..network.memory_estimate import activation_bytes, prepared_weight_bytes


@dataclass(frozen=True)
class _Network:
    """up_to: px of crop it is the best choice for."""

    name: str
    config: GPENConfig
    up_to: float

    @property
    def size(self) -> int:
        return self.config.size


# A crop may be a third larger than the network's: the difference cannot be seen once it is pasted.
_NETWORKS = (
    _Network("GPEN-BFR-256", GPENConfig(256, narrow=0.5, channel_multiplier=1), 200.0),
    _Network("GPEN-BFR-512", GPENConfig(512), 700.0),
    _Network("GPEN-BFR-1024", GPENConfig(1024), 1400.0),
    _Network("GPEN-BFR-2048", GPENConfig(2048), float("inf")),
)
_EMBEDDED_SIZES = (256, 512)  # px
_WORSE = 1.0  # octaves of size by which a GPEN network may miss before the embedded one is better
_MOST_AT_ONCE = 8  # faces or tiles; more are hardly faster
_TILES = (256, 1024)  # px, the smallest and the largest advised
AUTOMATIC = 0


@dataclass(frozen=True)
class MemoryBudget:
    """What the network may take of the device that is to run it.

    free: bytes, None where nobody says.
    needed: bytes, weights included, that the published network for crops of a size (px) takes with so many at once.
    at_once: most faces or tiles that are worth a batch.
    """

    free: int | None
    needed: Callable[[int, int], int]
    at_once: int = _MOST_AT_ONCE

    def holds(self, size: int, batch: int) -> bool:
        """Whether `batch` crops of `size` px fit; True where nobody says how much is free."""
        return self.free is None or self.needed(size, batch) <= self.free - LEFT_FREE


def memory_budget(device: torch.device) -> MemoryBudget:
    """The budget of a device as it is now, in the precision that is chosen for it."""
    needed = partial(needed_bytes, DTYPES[choose_precision("auto", device)])
    at_once = 1 if device.type == "cpu" else _MOST_AT_ONCE  # one face fills all cores of a CPU
    return MemoryBudget(free_memory(device), needed, at_once)


def needed_bytes(dtype: torch.dtype, size: int, batch: int) -> int:
    """Bytes, weights included, of the published network for crops of `size` px (256 to 2048), `batch` at once."""
    config = next(network.config for network in _NETWORKS if network.size == size)
    return prepared_weight_bytes(config, dtype) + activation_bytes(config, batch, dtype)


@dataclass(frozen=True)
class Resources:
    """model: name of a network. model_size, tile_size: px. batch_size: 0 for automatic.

    wanted_size: px of the network that memory was too small for, None where it was not. absent: name of the one that
    would suit better and is not here.
    """

    model: str
    model_size: int
    tile_size: int
    batch_size: int
    wanted_size: int | None = None
    absent: str | None = None


def published_for(crop_side: float) -> tuple[str, int]:
    """Name and size, px, of the published network that suits a face whose crop has `crop_side` px of the picture."""
    network = _suiting(crop_side)
    return network.name, network.size


def fit_resources(
    crop_side: float, short_side: int, budget: MemoryBudget | None, here: Collection[str] | None = None
) -> Resources:
    """Network, tiles and batch for faces whose crops have `crop_side` px, in a picture of `short_side` px.

    budget: of the device that is to run the network; None where that is unknown. here: the published networks to choose
    from, beside the embedded one; None for all of them.
    """
    suiting = _suiting(crop_side)
    offered = [network for network in _NETWORKS if here is None or network.name in here]
    absent = None if suiting in offered else suiting.name
    wanted = min(offered, key=lambda network: _octaves(network, suiting), default=None)
    if wanted is None or _octaves(wanted, suiting) > _WORSE:
        size = min(suiting.size, _EMBEDDED_SIZES[-1])
        return Resources(EMBEDDED_NETWORK, size, _tile_size(size, short_side), AUTOMATIC, absent=absent)
    network, batch_size = wanted, AUTOMATIC
    if budget is not None and budget.free is not None:
        smaller = offered[: offered.index(wanted) + 1]
        network = next((each for each in reversed(smaller) if budget.holds(each.size, 1)), smaller[0])
        batches = range(budget.at_once, 1, -1)
        batch_size = next((batch for batch in batches if budget.holds(network.size, batch)), 1)
    tile_size = _tile_size(network.size, short_side)
    larger = None if network is wanted else wanted.size
    return Resources(network.name, network.size, tile_size, batch_size, larger, absent)


def _suiting(crop_side: float) -> _Network:
    return next(network for network in _NETWORKS if crop_side <= network.up_to)


def _octaves(network: _Network, suiting: _Network) -> float:
    """How far a network's size is from the one that suits."""
    return abs(math.log2(network.size / suiting.size))


def _tile_size(size: int, short_side: int) -> int:
    least, most = _TILES
    return max(min(size, short_side, most) // least * least, least)
