"""Stage one: teach the embedded network to give back what was there. Noise and blocks go, edges firm up.

    python tools/train/fidelity.py --faces DIR --held-out DIR --run runs/fidelity
    python tools/train/fidelity.py --faces DIR --held-out DIR --run runs/annealed --from runs/fidelity --anneal 30000

The first goes on for as long as it is left to, at a constant rate after a warm-up, and takes up its checkpoint when
started again. The second ends a copy of it: the rate falls to zero over the given samples, worth 0.05 to 0.1 dB
(the warm-up, stable, decay schedule of Hu et al., "MiniCPM", 2024), on faces degraded after the published equation,
worth another 0.1 dB on such. So training can go on while a release is made.

Loss: the logarithm of each face's Charbonnier distance, so that a tenth of a light picture's error counts as much as
a tenth of a heavy one's; at the end of its square error, which is what PSNR measures. AdamW without decay, bfloat16
convolutions, a running average of the weights.
"""

from __future__ import annotations

import argparse
import copy
import re
from collections.abc import Callable
from pathlib import Path

import torch
from held_out import HeldOut
from pairs import FacePairs, load_faces, loader
from progress import Progress, update_average
from safetensors import safe_open
from safetensors.torch import load_file
from torch import Tensor, nn

from gpen_core.network.unet import ResidualUNet

_WARM_UP = 4_000  # samples, each time training is started
_HALF_LIFE = 8_000  # samples, of the running average
_LOG_EVERY = 5_000  # samples
_SMOOTH = 4e-3  # of the Charbonnier distance: half a level of 255 in [-1, 1]
_IN_A_BLOCK = re.compile(r"(encoder\.\d+|middle|decoder\.\d+)\.\d+\.")
_FLOOR = 0.01  # distance below which a face counts no more


def fidelity_loss(restored: Tensor, sharp: Tensor) -> Tensor:
    """Mean logarithm of the faces' Charbonnier distances. Both (B, 3, H, W) float32 in [-1, 1]."""
    distance = ((restored - sharp).square() + _SMOOTH**2).sqrt().mean((1, 2, 3))
    return (distance + _FLOOR).log().mean()


def square_loss(restored: Tensor, sharp: Tensor) -> Tensor:
    """Mean logarithm of the faces' root mean square errors, as of `fidelity_loss`."""
    error = (restored - sharp).square().mean((1, 2, 3))
    return 0.5 * (error + _FLOOR**2).log().mean()


def start_from(net: ResidualUNet, weights: Path) -> None:
    """Take over a weight file. Blocks that it lacks stay the identity: the picture is the same."""
    tensors = {name: tensor.float() for name, tensor in load_file(weights).items()}
    missing, unexpected = net.load_state_dict(tensors, strict=False)
    if unexpected or not all(_IN_A_BLOCK.match(name) for name in missing):
        raise SystemExit(f"{weights} is no smaller version of this network: {(unexpected or missing)[0]}.")


def samples_of(weights: Path) -> int:
    """How many samples of this stage a weight file has seen, by its own account (see export.py)."""
    with safe_open(weights, "pt") as file:
        facts = file.metadata() or {}
    return int(facts.get("earlier samples") or facts.get("samples", 0))


def train(args: argparse.Namespace) -> None:
    device = torch.device(args.device)
    torch.manual_seed(0)
    net = ResidualUNet()
    if args.weights:
        start_from(net, args.weights)
    net = net.to(device)
    average = copy.deepcopy(net).requires_grad_(False)
    optimiser = torch.optim.AdamW(net.parameters(), lr=args.rate, betas=(0.9, 0.95), weight_decay=0.0)
    progress = Progress(args.run, {"net": net, "average": average, "optimiser": optimiser})
    if args.from_run and not (args.run / "checkpoint.pt").exists():
        start = Progress(args.from_run, progress.parts)
        start.resume()
        progress.samples, progress.seconds, progress.begun = start.samples, start.seconds, start.samples
    if args.weights and not progress.samples:
        progress.samples = samples_of(args.weights)
    progress.resume()
    held_out = HeldOut(args.held_out, 24)
    first = progress.samples
    ending = bool(args.anneal)
    pairs = FacePairs(load_faces(args.faces), args.patch, seed=progress.samples, middling=ending)
    data = loader(pairs, args.batch, args.workers)
    loss_of = square_loss if ending else fidelity_loss
    running, logged = 0.0, progress.samples
    for degraded, sharp in data:
        rate = args.rate
        if not ending:
            rate *= min(1.0, (progress.samples - first + args.batch) / _WARM_UP)
        else:
            rate *= 1.0 - (progress.samples - progress.begun) / args.anneal
        if rate <= 0.0 or (args.samples and progress.samples >= args.samples):
            break
        loss = _step(net, optimiser, rate, degraded.to(device), sharp.to(device), loss_of)
        running += 0.01 * (loss - running) if running else loss
        progress.advance(args.batch)
        update_average(average, net, progress.samples, _HALF_LIFE, args.batch)
        if progress.samples - logged >= _LOG_EVERY:
            logged = progress.samples
            progress.log({"loss": round(running, 4), **held_out.gains(average)})
    progress.log({"loss": round(running, 4), **held_out.gains(average)})
    progress.save()


def _step(
    net: nn.Module,
    optimiser: torch.optim.Optimizer,
    rate: float,
    degraded: Tensor,
    sharp: Tensor,
    loss_of: Callable[[Tensor, Tensor], Tensor],
) -> float:
    for group in optimiser.param_groups:
        group["lr"] = rate
    with torch.autocast(degraded.device.type, torch.bfloat16):
        restored = net(degraded.contiguous(memory_format=torch.channels_last))
    loss = loss_of(restored.float(), sharp)
    optimiser.zero_grad(set_to_none=True)
    loss.backward()
    nn.utils.clip_grad_norm_(net.parameters(), 1.0)
    optimiser.step()
    return loss.item()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--faces", type=Path, required=True, help="folder of aligned faces, 256 or 512 px")
    parser.add_argument("--held-out", type=Path, required=True, help="folder with hq, lq_light, lq_medium, lq_heavy")
    parser.add_argument("--run", type=Path, required=True, help="folder of the checkpoint and the log")
    parser.add_argument("--from", dest="from_run", type=Path, help="run to start from, if this one is new")
    parser.add_argument("--weights", type=Path, help="weight file to start from: this network or a smaller one")
    parser.add_argument("--anneal", type=int, default=0, help="let the rate fall to zero over so many samples, and end")
    parser.add_argument("--samples", type=int, default=0, help="end after so many in all (default: never)")
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--patch", type=int, default=192, help="px")
    parser.add_argument("--rate", type=float, default=8e-4)
    parser.add_argument("--workers", type=int, default=1, help="processes that prepare pictures")
    parser.add_argument("--device", default="cpu")
    train(parser.parse_args())


if __name__ == "__main__":
    main()
