"""Speed as ratios within one run, as absolute times depend on the machine and on what else it does.

The runs of all contestants alternate, and the ratio is taken round by round, so that a change of the machine's speed
meets both sides. See tools/benchmark.py.
"""

from __future__ import annotations

import argparse
import platform
import statistics
import time
from collections.abc import Callable

import torch
from plain_generator import plain_generator
from random_networks import CONFIGS, PRECISIONS, random_generator

from gpen_core.network import GPENConfig


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--sizes", type=int, nargs="+", choices=tuple(CONFIGS), default=[256, 512])
    parser.add_argument("--batch", type=int, default=1)
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--device", default="cpu")
    parser.set_defaults(func=report)


def contestants(config: GPENConfig, batch: int, device: torch.device) -> dict[str, Callable[[], torch.Tensor]]:
    """The plain implementation and ours in each precision the device is fit for."""
    face = torch.rand(batch, 3, config.size, config.size, device=device) * 2 - 1
    state = {name: tensor.to(device) for name, tensor in random_generator(config).state_dict().items()}
    runs: dict[str, Callable[[], torch.Tensor]] = {"plain": lambda: plain_generator(state, face)}
    names = ["fp32", "bf16"] + (["fp16"] if device.type == "cuda" else [])  # half precision on a CPU is emulated
    for name in names:
        ours = random_generator(config).prepare(PRECISIONS[name]).to(device)
        cast = face.to(PRECISIONS[name])
        runs[name] = lambda ours=ours, cast=cast: ours(cast)
    return runs


def measure(runs: dict[str, Callable[[], torch.Tensor]], rounds: int, device: torch.device) -> dict[str, list[float]]:
    """Seconds of each contestant in each round, after one warm-up."""
    times: dict[str, list[float]] = {name: [] for name in runs}
    with torch.inference_mode():
        for number in range(rounds + 1):
            for name, run in runs.items():
                start = time.perf_counter()
                run()
                if device.type == "cuda":
                    torch.cuda.synchronize(device)
                if number > 0:
                    times[name].append(time.perf_counter() - start)
    return times


def report(args: argparse.Namespace) -> None:
    """Print one line per size and contestant: median time, and how many times as fast as the plain one."""
    device = torch.device(args.device)
    torch.set_num_threads(args.threads)
    where = torch.cuda.get_device_name(device) if device.type == "cuda" else f"{platform.processor() or 'cpu'}"
    print(f"{where}, {torch.backends.cpu.get_cpu_capability()}, {args.threads} threads, torch {torch.__version__}")
    print("size  batch  what    median s   times as fast as plain (median, min .. max of rounds)")
    for size in args.sizes:
        times = measure(contestants(CONFIGS[size], args.batch, device), args.runs, device)
        for name, seconds in times.items():
            ratios = [plain / own for plain, own in zip(times["plain"], seconds, strict=True)]
            spread = f"{statistics.median(ratios):5.2f}  ({min(ratios):.2f} .. {max(ratios):.2f})"
            print(f"{size:4}  {args.batch:5}  {name:6}  {statistics.median(seconds):8.3f}   {spread}", flush=True)
