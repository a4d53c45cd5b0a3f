"""The whole recipe of the embedded network in one command: fidelity, annealed, then realism, then the weight file.

    python tools/train/recipe.py --faces DIR --held-out DIR --gpu

Needs torch, numpy, opencv-python and safetensors. --gpu takes larger batches and more samples, meant for 25 minutes of
a data-centre card (not tried: none was at hand); without it the samples are those of weights/README.md. Each stage
takes up its own checkpoint, so the same command goes on where it stopped.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path

_HERE = Path(__file__).resolve().parent
_SHIPPED_SHARE = 0.7  # between fidelity (0) and realism (1): by eye, see weights/README.md


def commands(args: argparse.Namespace) -> list[list[str]]:
    """The programs to run, in order, with their arguments."""
    scale = args.samples or (10 if args.gpu else 1)
    data = ["--faces", str(args.faces), "--held-out", str(args.held_out)]
    device = ["--device", "cuda", "--batch", "64", "--workers", str(os.cpu_count() or 1)] if args.gpu else []
    first, second, third = (str(args.runs / name) for name in ("fidelity", "annealed", "realism"))
    counts = [str(round(scale * samples)) for samples in (184_000, 6_000, 56_000)]
    return [
        ["fidelity.py", *data, *device, "--run", first, "--samples", counts[0]],
        ["fidelity.py", *data, *device, "--run", second, "--from", first, "--anneal", counts[1]],
        ["realism.py", *data, *device, "--run", third, "--from", second, "--samples", counts[2]],
        ["export.py", "--run", third, "--other", second, "--share", str(_SHIPPED_SHARE), "--out", str(args.out)],
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--faces", type=Path, required=True, help="folder of aligned faces, 256 or 512 px")
    parser.add_argument("--held-out", type=Path, required=True, help="folder with hq, lq_light, lq_medium, lq_heavy")
    parser.add_argument("--runs", type=Path, default=Path("runs"), help="folder of the checkpoints")
    parser.add_argument("--out", type=Path, default=Path("weights/face-unet.safetensors"))
    parser.add_argument("--gpu", action="store_true", help="on CUDA, with more samples")
    parser.add_argument("--samples", type=float, help="times as many samples as without --gpu")
    project = str(_HERE.parents[1])
    environment = os.environ | {"PYTHONPATH": os.pathsep.join((project, os.environ.get("PYTHONPATH", "")))}
    for program, *arguments in commands(parser.parse_args()):
        subprocess.run([sys.executable, str(_HERE / program), *arguments], check=True, env=environment)


if __name__ == "__main__":
    main()
