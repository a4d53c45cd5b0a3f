"""Measure what the network costs, with random weights of the published shapes.

python tools/measure/benchmark.py speed [--sizes 256 512] [--batches 1 4] [--threads 1 2] [--rounds 5] [--json FILE]
python tools/measure/benchmark.py memory [--sizes 256 512] [--precisions fp32 bf16] [--batches 1 4 8] [--json FILE]
python tools/measure/benchmark.py all [--json FILE] [--figure FILE.png]      both, as in docs/measurements.md
python tools/measure/benchmark.py show FILE.. [--figure FILE.png]            tables and figure of earlier runs together
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

import benchmark_memory
import benchmark_speed
import torch
from benchmark_figure import draw_figure
from benchmark_memory import memory_table
from benchmark_results import Results, read_results
from benchmark_speed import speed_table
from machine import describe_machine


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    subparsers = parser.add_subparsers(required=True)
    speed = _add(subparsers, "speed", "the network against what others run", _speed)
    memory = _add(subparsers, "memory", "peak memory, weights included", _memory)
    benchmark_speed.add_arguments(speed)
    benchmark_memory.add_arguments(memory)
    _add(subparsers, "all", "both, as they come", lambda args: _all(speed, memory, args.device))
    show = _add(subparsers, "show", "tables and figure of earlier runs", lambda args: read_results(args.files))
    show.add_argument("files", type=Path, nargs="+", help="what --json wrote")
    args = parser.parse_args()
    _report(args.measure(args), args.json, args.figure)


def _add(subparsers: Any, name: str, description: str, measure: Callable[[argparse.Namespace], Results]) -> Any:
    parser = subparsers.add_parser(name, help=description)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--json", type=Path, help="file to write the numbers to")
    parser.add_argument("--figure", type=Path, help="PNG to draw memory and time in, against size and batch")
    parser.set_defaults(measure=measure)
    return parser


def _speed(args: argparse.Namespace) -> Results:
    return Results([describe_machine(torch.device(args.device))], speed=list(benchmark_speed.measure_speed(args)))


def _memory(args: argparse.Namespace) -> Results:
    return Results([describe_machine(torch.device(args.device))], memory=list(benchmark_memory.measure_memory(args)))


def _all(speed: argparse.ArgumentParser, memory: argparse.ArgumentParser, device: str) -> Results:
    """With the defaults of either part."""
    fast, small = _speed(speed.parse_args(["--device", device])), _memory(memory.parse_args(["--device", device]))
    return Results(fast.machines, fast.speed, small.memory)


def _report(results: Results, json: Path | None, figure: Path | None) -> None:
    print(*results.machines, sep="\n")
    if results.speed:
        print("", speed_table(results.speed), sep="\n")
    if results.memory:
        print("", memory_table(results.memory), sep="\n")
    if json:
        results.write(json)
    if figure:
        draw_figure(results).save(figure)


if __name__ == "__main__":
    main()
