"""Write what a run has learnt as the embedded network's weight file.

    python tools/train/export.py --run runs/realism [--other runs/annealed --share 0.8]

The running average in float16. With `--other` the weights lie between two runs that started from one another: 0 gives
`--other`, 1 gives `--run` (network interpolation: Wang et al., "ESRGAN", ECCVW 2018).
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor


def average_of(run: Path) -> tuple[dict[str, Tensor], int]:
    """The averaged weights of a run, and the samples it has seen."""
    saved = torch.load(run / "checkpoint.pt", map_location="cpu", weights_only=True)
    return saved["average"], saved["samples"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--run", type=Path, required=True, help="folder of the run")
    parser.add_argument("--other", type=Path, help="folder of the run it started from")
    parser.add_argument("--share", type=float, default=1.0, help="0 to 1, of --run over --other")
    parser.add_argument("--out", type=Path, default=Path("weights/face-unet.safetensors"))
    args = parser.parse_args()
    tensors, samples = average_of(args.run)
    facts = {"samples": str(samples)}
    if args.other:
        start, earlier = average_of(args.other)
        tensors = {name: torch.lerp(start[name], tensor, args.share) for name, tensor in tensors.items()}
        facts |= {"earlier samples": str(earlier), "share": f"{args.share:g}"}
    halves = {name: tensor.half().contiguous() for name, tensor in tensors.items()}
    save_file(halves, args.out, {"format": "pt", **facts})
    print(f"wrote {args.out}, {args.out.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
