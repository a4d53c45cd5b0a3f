"""Which of the published networks fits a face, and how much of it fits into memory at once."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class _Network:
    """weights, working: bytes in float32; working is for one face. up_to: px of crop it is the best choice for."""

    name: str
    size: int
    up_to: float
    weights: int
    working: int


# A crop may be a third larger than the network's: the difference cannot be seen once it is pasted. Working memory of
# 256 and 512 was measured on a CPU and rounded up; from there on it doubles, as channels halve while pixels quadruple.
_NETWORKS = (
    _Network("GPEN-BFR-256", 256, 200.0, 76_000_000, 100_000_000),
    _Network("GPEN-BFR-512", 512, 700.0, 284_000_000, 500_000_000),
    _Network("GPEN-BFR-1024", 1024, 1400.0, 285_000_000, 1_000_000_000),
    _Network("GPEN-BFR-2048", 2048, float("inf"), 286_000_000, 2_000_000_000),
)
_USABLE = 0.7  # of the free memory: what else runs needs some, and allocators leave gaps
_MOST_AT_ONCE = 8  # faces or tiles; more are hardly faster
_TILES = (256, 1024)  # px, the smallest and the largest advised
AUTOMATIC = 0


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


def fit_resources(crop_side: float, short_side: int, free_memory_bytes: int | None) -> Resources:
    """Network, tiles and batch for faces whose crops have `crop_side` px, in a picture of `short_side` px.

    free_memory_bytes: of the device that is to run the network; None where it is unknown.
    """
    wanted = next(network for network in _NETWORKS if crop_side <= network.up_to)
    network, batch_size = wanted, AUTOMATIC
    if free_memory_bytes is not None:
        usable = _USABLE * free_memory_bytes
        smaller = _NETWORKS[: _NETWORKS.index(wanted) + 1]
        network = next((each for each in reversed(smaller) if each.weights + each.working <= usable), _NETWORKS[0])
        batch_size = min(max(int((usable - network.weights) // network.working), 1), _MOST_AT_ONCE)
    least, most = _TILES
    tile_size = max(min(network.size, short_side, most) // least * least, least)
    return Resources(network.name, network.size, tile_size, batch_size, None if network is wanted else wanted.size)
