"""Peak memory of the network, weights included; see tools/measure/benchmark.py."""

from __future__ import annotations

import argparse
import itertools
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import torch
from peak_memory import peak_bytes
from random_networks import PRECISIONS, VARIANTS, config_of, random_generator

from gpen_core.model import GPENModel
from gpen_core.network import GPENNetwork
from gpen_core.network.strips import SMALLEST_WHOLE

_MEGABYTE = 1e6


@dataclass(frozen=True)
class MemoryUse:
    """Bytes of one configuration. strips: rows of a strip, 0 for none. expected: what gpen_core's model of bytes says.

    peak, expected: weights included. reserved: by torch; None on a CPU.
    """

    size: int
    variant: str
    precision: str
    batch: int
    strips: int
    weights: int
    peak: int
    reserved: int | None
    expected: int


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--sizes", type=int, nargs="+", default=[256, 512, 1024, 2048])
    parser.add_argument("--variants", nargs="+", choices=VARIANTS, default=list(VARIANTS))
    parser.add_argument(
        "--precisions",
        nargs="+",
        choices=tuple(PRECISIONS),
        default=["fp32", "bf16"],
        help="fp16 takes what bf16 takes; on a CPU it is emulated, slowly and with buffers of its own",
    )
    parser.add_argument("--batches", type=int, nargs="+", default=[1, 4, 8])


def measure_memory(args: argparse.Namespace) -> Iterator[MemoryUse]:
    """Every size, variant and precision; see `measure`."""
    for size, variant, precision in itertools.product(args.sizes, args.variants, args.precisions):
        print(f"memory: {size} px, {variant}, {precision} ..", file=sys.stderr, flush=True)
        yield from measure(size, variant, precision, args.batches, torch.device(args.device))


def memory_table(measured: Iterable[MemoryUse]) -> str:
    """Markdown: one line for each configuration, in megabytes."""
    lines = [
        "| size | variant | precision | batch | strips of | weights MB | peak MB | reserved MB | expected MB |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    return "\n".join([*lines, *map(_row, measured)])


def measure(size: int, variant: str, precision: str, batches: list[int], device: torch.device) -> Iterator[MemoryUse]:
    """All batches without strips, then one face in ever smaller strips."""
    model = GPENModel(GPENNetwork(random_generator(config_of(size, variant))), "random", device, precision)
    model.network.to(device)
    for batch in batches:
        yield _measure(model, variant, batch, size)
    whole = size // 2
    while whole >= SMALLEST_WHOLE:
        yield _measure(model, variant, 1, whole)
        whole //= 2


def _measure(model: GPENModel, variant: str, batch: int, whole: int) -> MemoryUse:
    size = model.size
    faces = torch.rand(batch, size, size, 3, device=model.device)
    activations = model.activation_bytes(batch, whole)
    model.budget = activations  # just enough: the model takes this way and no other
    peak, reserved = peak_bytes(lambda: model.run(faces), model.device)
    return MemoryUse(
        size=size,
        variant=variant,
        precision=model.precision,
        batch=batch,
        strips=whole // 2 if whole < size else 0,
        weights=model.weight_bytes,
        peak=model.weight_bytes + peak,
        reserved=reserved,
        expected=model.weight_bytes + activations,
    )


def _row(use: MemoryUse) -> str:
    strips = f"{use.strips} rows" if use.strips else "none"
    numbers = " | ".join(
        "-" if number is None else f"{number / _MEGABYTE:.0f}"
        for number in (use.weights, use.peak, use.reserved, use.expected)
    )
    return f"| {use.size} | {use.variant} | {use.precision} | {use.batch} | {strips} | {numbers} |"
