"""What only a GPU can show: the tests on it, memory, speed, and how busy a folder keeps it; for the docs.

    python tools/measure/gpu_report.py [--docs docs/measurements.md] [--json FILE] [--minutes 20]
    python tools/measure/gpu_report.py --device cpu --size 256 --precision fp32 --batch 1 --no-tests      a rehearsal

Ends within --minutes: what is not begun by then is left out, and the report says so. --docs writes the report between
the comments `<!-- gpu -->` and `<!-- /gpu -->` of a page. A run on a CPU says so. Code 1 if anything fails.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from unittest import mock

import benchmark_memory
import torch
from benchmark_speed import Speed, run_rounds, speed_table
from contestants import Contestant, check_equal, contestants
from docs_table import write_between
from machine import describe_machine
from PIL import Image
from random_networks import CONFIGS, PRECISIONS, random_generator
from torch.utils.flop_counter import FlopCounterMode

from gpen_core import GPENError, GPENModel
from gpen_core.cli import main as gpen
from gpen_core.device import free_memory

_PROJECT = Path(__file__).resolve().parents[2]
_TESTS = "tests/device"
_PORTRAIT = _PROJECT / "tests" / "assets" / "astronaut.png"
_LARGEST_NEEDS = 8e9  # bytes, of a batch of 8 faces of 2048 px with room to spare


class Clock:
    """Says whether there is time for one more thing."""

    def __init__(self, minutes: float) -> None:
        self._end = time.monotonic() + 60 * minutes

    def left(self) -> float:
        """Seconds."""
        return self._end - time.monotonic()


def require_device(name: str) -> torch.device:
    """The device, or the end of the program where it is not there."""
    device = torch.device(name)
    if device.type == "cuda" and not torch.cuda.is_available():
        sys.exit(
            f"No CUDA GPU: torch {torch.__version__} sees none, so nothing was measured and no page was changed.\n"
            "On a machine with an NVIDIA GPU, install a torch with CUDA: make gpu TORCH=torch"
        )
    return device


def run_tests(device: torch.device, clock: Clock) -> tuple[str, bool]:
    """The closing line of the tests on the device, and whether all went well."""
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-rs", _TESTS]
    environment = {**os.environ, "GPEN_TEST_DEVICE": str(device)}
    try:
        done = subprocess.run(
            command, cwd=_PROJECT, env=environment, capture_output=True, text=True, timeout=max(clock.left(), 1)
        )
    except subprocess.TimeoutExpired:
        return "did not end in time", False
    print(done.stdout, done.stderr, sep="\n", file=sys.stderr)
    return done.stdout.strip().splitlines()[-1].strip("= "), done.returncode == 0


def memory(device: torch.device, sizes: list[int], precision: str, batches: list[int], clock: Clock) -> str:
    """Peak allocated and reserved, as a table."""
    uses: list[benchmark_memory.MemoryUse] = []
    left_out: list[str] = []
    room = free_memory(device) or 0
    for size in sizes:
        if clock.left() < 60 or (size == 2048 and room < _LARGEST_NEEDS):
            left_out.append(str(size))
            continue
        uses += benchmark_memory.measure(size, "full", precision, batches, device)
    note = f"\n\nNot measured, for lack of time or memory: {', '.join(left_out)} px." if left_out else ""
    return benchmark_memory.memory_table(uses) + note


def speed(device: torch.device, size: int, precision: str, batch: int, rounds: int) -> str:
    """Ours against the others as a table, and the share of what the device does in matrix products."""
    competing = contestants(CONFIGS[size], batch, device, torch.get_num_threads())
    with torch.inference_mode():
        with torch.backends.cudnn.flags(enabled=True, allow_tf32=False):  # else float32 is rounded to 10 bits
            check_equal(competing)
        run_rounds(competing, 2, device)  # to warm up
        times = run_rounds(competing, rounds, device)
        threads = torch.get_num_threads()
        table = speed_table([Speed(name, size, batch, threads, tuple(each)) for name, each in times.items()])
        ours = next(each for each in competing if each.name == f"gpen {precision}")
        rate = operations(size, batch, device) / statistics.median(times[ours.name])
        most = matrix_rate(device, PRECISIONS[precision])
    share = f"{rate / 1e12:.3g} of {most / 1e12:.3g} TFLOP/s ({100 * rate / most:.0f} %)"
    return f"{table}\n\nOurs in {precision}, of the rate measured in matrix products of that precision: {share}."


def operations(size: int, batch: int, device: torch.device) -> float:
    """Floating-point operations of the network for one batch: two for each multiplication."""
    generator = random_generator(CONFIGS[size]).to(device).prepare()
    face = torch.zeros(batch, 3, size, size, device=device).contiguous(memory_format=torch.channels_last)
    with FlopCounterMode(display=False) as counter:
        generator(face)
    return float(counter.get_total_flops())


def matrix_rate(device: torch.device, dtype: torch.dtype, side: int | None = None) -> float:
    """Operations per second in a product of two large square matrices, the best of several."""
    side = side or (8192 if device.type == "cuda" else 1024)
    left, right = (torch.randn(side, side, device=device).to(dtype) for _ in range(2))
    run = Contestant("product", lambda: left @ right, 0.0)
    run_rounds([run], 3, device)
    return 2.0 * side**3 / min(run_rounds([run], 10, device)["product"])


def folder_run(device: torch.device, precision: str, pictures: int) -> str:
    """Which share of the time of a run over a folder the network takes."""
    in_network: list[float] = []
    run = GPENModel.run

    def timed(model: GPENModel, faces: torch.Tensor) -> object:
        start = time.perf_counter()
        result = run(model, faces)
        if device.type == "cuda":
            torch.cuda.synchronize(device)
        in_network.append(time.perf_counter() - start)
        return result

    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "in", Path(folder) / "out"
        source.mkdir()
        with Image.open(_PORTRAIT) as portrait:
            for number in range(pictures + 1):  # no two of the same size, or the second would be remembered
                side = 400 + 9 * number
                portrait.convert("RGB").resize((side, side)).save(source / f"{number:04d}.png")
        words = ["--device", str(device), "--precision", precision, "--quiet"]
        gpen(["restore", str(source / "0000.png"), "-o", str(target / "first"), *words])  # what only the first costs
        (source / "0000.png").unlink()
        with mock.patch.object(GPENModel, "run", timed):
            start = time.perf_counter()
            code = gpen(["restore", str(source), "-o", str(target / "rest"), *words])
            wall = time.perf_counter() - start
    return (
        f"`gpen restore` over {pictures} pictures of one face, from 409 px on (code {code}, {len(in_network)} calls of "
        f"the embedded network): the network takes {100 * sum(in_network) / wall:.0f} % of the time."
    )


def report(args: argparse.Namespace) -> tuple[str, bool]:
    """The report in Markdown, and whether the tests went well."""
    clock, device = Clock(args.minutes), require_device(args.device)
    parts = [f"{describe_machine(device)}, {date.today().isoformat()}."]
    if device.type != "cuda":
        parts[0] += " **A rehearsal on a CPU: it says nothing about a GPU.**"
    good = True

    def add(title: str, seconds: float, measure: Callable[[], str]) -> None:
        nonlocal good
        print(f"{title} ..", file=sys.stderr, flush=True)
        try:
            text = measure() if clock.left() > seconds else "Not measured: the time was up."
        except (RuntimeError, ValueError, GPENError) as error:  # the rest is worth having; the exit code tells
            text, good = f"Failed: {str(error).splitlines()[0]}", False
        parts.append(f"**{title}**\n\n{text}")

    if not args.no_tests:
        line, good = run_tests(device, clock)
        parts.append(f"**Tests on the device** (`{_TESTS}`): {line}.")
    add("Memory, MB", 60, lambda: memory(device, args.sizes, args.precision, args.batches, clock))
    add("Speed", 180, lambda: speed(device, args.size, args.precision, args.batch, args.rounds))
    add("A folder", 120, lambda: folder_run(device, args.precision, args.pictures))
    return "\n\n".join(parts), good


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--minutes", type=float, default=20.0)
    parser.add_argument("--size", type=int, default=512, choices=tuple(CONFIGS), help="of the comparison of speed")
    parser.add_argument("--precision", default="fp16", choices=tuple(PRECISIONS))
    parser.add_argument("--batch", type=int, default=8, help="of the comparison of speed")
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--sizes", type=int, nargs="+", choices=tuple(CONFIGS), default=[256, 512, 1024, 2048])
    parser.add_argument("--batches", type=int, nargs="+", default=[1, 4, 8])
    parser.add_argument("--pictures", type=int, default=40)
    parser.add_argument("--no-tests", action="store_true")
    parser.add_argument("--docs", type=Path, help="page to write the report to")
    parser.add_argument("--json", type=Path, help="file to write the report to as well")
    args = parser.parse_args()
    text, good = report(args)
    print(text)
    if args.json:
        args.json.write_text(json.dumps({"report": text, "tests": good}), encoding="utf-8")
    if args.docs:
        write_between(args.docs, "gpu", text)
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
