"""Which of the published networks fits a face, and how much of it fits into memory at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import torch

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
    """model: name of a published network. model_size, tile_size: px. batch_size: 0 for automatic.

    wanted_size: px of the network that memory was too small for, None where it was not.
    """

    model: str
    model_size: int
    tile_size: int
    batch_size: int
    wanted_size: int | None = None


def fit_resources(crop_side: float, short_side: int, budget: MemoryBudget | None) -> Resources:
    """Network, tiles and batch for faces whose crops have `crop_side` px, in a picture of `short_side` px.

    budget: of the device that is to run the network; None where that is unknown.
    """
    wanted = next(network for network in _NETWORKS if crop_side <= network.up_to)
    network, batch_size = wanted, AUTOMATIC
    if budget is not None and budget.free is not None:
        smaller = _NETWORKS[: _NETWORKS.index(wanted) + 1]
        network = next((each for each in reversed(smaller) if budget.holds(each.size, 1)), _NETWORKS[0])
        batches = range(budget.at_once, 1, -1)
        batch_size = next((batch for batch in batches if budget.holds(network.size, batch)), 1)
    least, most = _TILES
    tile_size = max(min(network.size, short_side, most) // least * least, least)
    return Resources(network.name, network.size, tile_size, batch_size, None if network is wanted else wanted.size)
