"""What pruning gives and takes: from the ratio to time, memory, closeness to the full network and held-out quality.

    python tools/measure/prune_curve.py DATA --model GPEN-BFR-256 [--ratios 0.2 0.3 0.4] [--sheet pictures.png]

DATA is as for `gpen evaluate`. Parameters, multiply-adds, time and memory are shares of the full network's. Times are
taken in one process, the networks taking turns, and the ratio is formed round by round. Memory is that of the feature
maps at batch 1, weights not counted. PSNR(pruned, full) compares the two restorations, the mean over all faces; gain is
the PSNR against the sharp face after restoration, less that of the degraded face, and in brackets what pruning
changed of it.
"""

from __future__ import annotations

import argparse
import statistics
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from gpen_core import GPENModel
from gpen_core.checkpoints import load_generator_from, resolve
from gpen_core.evaluation import SEVERITIES, Levels, crop_size, degraded_at, psnr, read_levels, restore_face, sharp_at
from gpen_core.network import GPENConfig, GPENNetwork
from gpen_core.pruning.channels import work
from gpen_core.pruning.pruner import DEFAULT_RATIO, prune

_ON_THE_SHEET = 8  # faces


@dataclass
class Face:
    """A held-out face, sharp and degraded, and what the full network makes of it."""

    severity: str
    sharp: Levels
    degraded: Levels
    full: Levels


def load_faces(data: Path, model: GPENModel) -> list[Face]:
    size, faces = crop_size(model), []
    for path in sorted((data / "hq").glob("*.jpg")):
        sharp = sharp_at(read_levels(path), size)
        for severity in SEVERITIES:
            degraded = degraded_at(read_levels(data / f"lq_{severity}" / f"{path.stem}.png"), size)
            faces.append(Face(severity, sharp, degraded, restore_face(model, degraded)))
    return faces


def time_ratios(full: GPENModel, pruned: GPENModel, rounds: int) -> list[float]:
    """Time of the pruned network over that of the full one, in each round, after two rounds to warm up."""
    size = crop_size(full)
    face = torch.rand(1, size, size, 3, generator=torch.Generator().manual_seed(0))
    ratios = []
    for number in range(rounds + 2):
        seconds = []
        for model in (full, pruned):
            start = time.perf_counter()
            model(face)
            seconds.append(time.perf_counter() - start)
        if number >= 2:
            ratios.append(seconds[1] / seconds[0])
    return ratios


def describe_quality(faces: list[Face], restored: list[Levels]) -> str:
    close = [psnr(face.full, picture) for face, picture in zip(faces, restored, strict=True)]
    words = [f"{np.mean(close):5.1f} dB (least {min(close):.1f})"]
    for severity in SEVERITIES:
        rows = [
            (psnr(face.sharp, face.degraded), psnr(face.sharp, face.full), psnr(face.sharp, picture))
            for face, picture in zip(faces, restored, strict=True)
            if face.severity == severity
        ]
        before, full, pruned = np.mean(rows, axis=0)
        words.append(f"{severity} {pruned - before:+.2f} ({pruned - full:+.2f})")
    return "  ".join(words)


def _config(model: GPENModel) -> GPENConfig:
    assert isinstance(model.network, GPENNetwork)  # as made in main
    return model.network.generator.config


def describe_cost(full: GPENModel, pruned: GPENModel, rounds: int) -> str:
    before, after = work(_config(full)), work(_config(pruned))
    ratios = time_ratios(full, pruned, rounds)
    quartiles = statistics.quantiles(ratios, n=4)
    return (
        f"parameters {after.parameters / before.parameters:4.0%}  "
        f"multiply-adds {after.multiply_adds / before.multiply_adds:4.0%}  "
        f"time {statistics.median(ratios):4.0%} ({quartiles[0]:.0%} .. {quartiles[2]:.0%})  "
        f"memory {pruned.activation_bytes() / full.activation_bytes():4.0%}"
    )


def sheet(faces: list[Face], restored: list[Levels]) -> Levels:
    """Degraded, fully restored, restored by the pruned network and sharp faces below each other, by severity."""
    rows = []
    for severity in SEVERITIES:
        pairs = [(f, p) for f, p in zip(faces, restored, strict=True) if f.severity == severity][:_ON_THE_SHEET]
        columns = [np.concatenate([face.degraded, face.full, picture, face.sharp]) for face, picture in pairs]
        rows.append(np.concatenate(columns, axis=1))
    return np.concatenate(rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--model", required=True, help="file or name of a GPEN network")
    parser.add_argument("--precision", default="fp32", choices=("fp32", "bf16"))
    parser.add_argument("--ratios", type=float, nargs="+", default=[0.2, 0.3, DEFAULT_RATIO, 0.4, 0.5, 0.6])
    parser.add_argument("--rounds", type=int, default=25, help="of timing")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--sheet", type=Path, help="write faces restored by the full and the last pruned network")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    path, device = resolve(args.model), torch.device("cpu")
    full = GPENModel(GPENNetwork(load_generator_from(path)), path.name, device, args.precision)
    faces = load_faces(args.data, full)
    print(f"{path.name} in {args.precision}, {len(faces)} faces, {args.threads} thread(s)")
    restored: list[Levels] = []
    for ratio in args.ratios:
        start = time.perf_counter()
        generator = prune(load_generator_from(path), ratio)
        seconds = time.perf_counter() - start
        pruned = GPENModel(GPENNetwork(generator), f"pruned by {ratio:g}", device, args.precision)
        restored = [restore_face(pruned, face.degraded) for face in faces]
        print(f"ratio {ratio:g} (made in {seconds:.0f} s)\n  {describe_cost(full, pruned, args.rounds)}")
        print(f"  {describe_quality(faces, restored)}", flush=True)
    if args.sheet:
        Image.fromarray(sheet(faces, restored)).save(args.sheet)


if __name__ == "__main__":
    main()
