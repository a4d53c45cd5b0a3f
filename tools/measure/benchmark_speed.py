"""Speed as ratios within one run, as absolute times depend on the machine and on what else it does.

The runs of all contestants alternate, and the ratio is taken round by round, so that a change of the machine's speed
meets both sides. See tools/measure/benchmark.py.
"""

from __future__ import annotations

import argparse
import itertools
import statistics
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from contestants import BASELINES, Contestant, check_equal, contestants
from random_networks import CONFIGS


@dataclass(frozen=True)
class Speed:
    """Seconds of one contestant for one batch, in each round."""

    name: str
    size: int
    batch: int
    threads: int
    seconds: tuple[float, ...]

    @property
    def median(self) -> float:
        return statistics.median(self.seconds)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--sizes", type=int, nargs="+", choices=tuple(CONFIGS), default=[256, 512])
    parser.add_argument(
        "--batches", type=int, nargs="+", default=[1, 4], help="8 at 512 px, all contestants loaded, needs over 24 GiB"
    )
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--rounds", type=int, default=3)


def measure_speed(args: argparse.Namespace) -> Iterator[Speed]:
    """Every contestant for every size, batch and number of threads."""
    device = torch.device(args.device)
    for size, batch, threads in itertools.product(args.sizes, args.batches, args.threads):
        print(f"{size} px, {batch} at once, {threads} threads ..", file=sys.stderr, flush=True)
        torch.set_num_threads(threads)
        competing = contestants(CONFIGS[size], batch, device, threads)
        with torch.inference_mode():
            check_equal(competing)  # also their warm-up
            times = run_rounds(competing, args.rounds, device)
        for name, seconds in times.items():
            yield Speed(name, size, batch, threads, tuple(seconds))


def run_rounds(competing: Sequence[Contestant], rounds: int, device: torch.device) -> dict[str, list[float]]:
    """Seconds of each contestant in each round."""
    times: dict[str, list[float]] = {contestant.name: [] for contestant in competing}
    for _ in range(rounds):
        for contestant in competing:
            start = time.perf_counter()
            contestant.run()
            if device.type == "cuda":
                torch.cuda.synchronize(device)
            times[contestant.name].append(time.perf_counter() - start)
    return times


def speed_table(measured: Sequence[Speed]) -> str:
    """Markdown: how many times as fast as each baseline ours are; medians of the rounds, in brackets their range."""
    lines = [
        f"| size | batch | threads | what | seconds | {' | '.join(f'× {name}' for name in BASELINES)} |",
        "|---|---|---|---|---|" + "---|" * len(BASELINES),
    ]
    for key, group in itertools.groupby(measured, lambda speed: (speed.size, speed.batch, speed.threads)):
        times = {speed.name: speed for speed in group}
        for name, speed in times.items():
            if name not in BASELINES:
                ratios = [_ratio(times.get(baseline), speed) for baseline in BASELINES]
                cells = [*map(str, key), name, f"{speed.median:.3g}", *ratios]
                lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _ratio(baseline: Speed | None, own: Speed) -> str:
    if baseline is None:
        return "-"
    ratios = [theirs / ours for theirs, ours in zip(baseline.seconds, own.seconds, strict=True)]
    return f"{statistics.median(ratios):.2f} ({min(ratios):.2f}–{max(ratios):.2f})"
