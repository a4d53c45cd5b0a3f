"""Stage two: give the embedded network back the texture that the first stage takes for noise.

    python tools/train/realism.py --faces DIR --held-out DIR --run runs/realism --from runs/annealed --samples 100000

A small discriminator looks at patches of a restored and of a sharp face, each beside the degraded one, so that detail
must fit what is there (conditional patch discriminator: Isola et al., CVPR 2017; spectral normalisation: Miyato et al.,
ICLR 2018; hinge loss: Lim and Ye, 2017). The restored face is also drawn towards the sharp one in the discriminator's
features (feature matching: Wang et al., CVPR 2018). Stage one's loss stays: its logarithm holds faces that were good,
and lets those go that were not. Both networks work on a grid of a few pixels, which must not show: the discriminator
sees the faces from a corner drawn anew for each batch, and what the grid leaves is a
loss (grid.py). The rate falls to zero over the samples given; what is kept is a running average.
"""

from __future__ import annotations

import argparse
import copy
from pathlib import Path

import torch
import torch.nn.functional as F
from fidelity import fidelity_loss
from grid import grid_loss
from held_out import HeldOut
from pairs import FacePairs, load_faces, loader
from progress import Progress, update_average
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

from gpen_core.network.unet import ResidualUNet

_HALF_LIFE = 4_000  # samples, of the running average
_LOG_EVERY = 4_000  # samples
_STRIDE = 8  # px, of the discriminator's grid


class Discriminator(nn.Module):
    """Scores patches of about 40 px of (B, 6, H, W), a face beside its degraded version, as sharp (> 0) or restored."""

    def __init__(self, widths: tuple[int, ...] = (48, 96, 160)) -> None:
        super().__init__()
        steps = zip((6, *widths), widths, strict=False)
        self.layers = nn.ModuleList(spectral_norm(nn.Conv2d(a, b, 4, stride=2, padding=1)) for a, b in steps)
        self.layers.append(spectral_norm(nn.Conv2d(widths[-1], widths[-1], 3, padding=1)))
        self.score = spectral_norm(nn.Conv2d(widths[-1], 1, 3, padding=1))

    def forward(self, face: Tensor, degraded: Tensor) -> tuple[Tensor, list[Tensor]]:
        """Scores (B, 1, H/8, W/8), and the features of all layers."""
        x, features = torch.cat([face, degraded], 1), []
        for layer in self.layers:
            x = F.leaky_relu(layer(x), 0.2)
            features.append(x)
        return self.score(x).float(), features


class Trainer:
    """Both networks, their optimisers, and one step of each."""

    def __init__(self, net: ResidualUNet, args: argparse.Namespace) -> None:
        self.net, self.args = net, args
        self.judge = Discriminator().to(args.device)
        self.optimiser = torch.optim.Adam(net.parameters(), lr=args.rate, betas=(0.5, 0.99))
        self.judging = torch.optim.Adam(self.judge.parameters(), lr=2 * args.rate, betas=(0.5, 0.99))

    def step(self, degraded: Tensor, sharp: Tensor, rate: float) -> dict[str, float]:
        """Train on a batch in [-1, 1] at `rate` times the full rate; returns the losses."""
        for optimiser, full in ((self.optimiser, self.args.rate), (self.judging, 2 * self.args.rate)):
            for group in optimiser.param_groups:
                group["lr"] = full * rate
        with torch.autocast(degraded.device.type, torch.bfloat16):
            restored = self.net(degraded).float()
        top, left = torch.randint(_STRIDE, (2,)).tolist()
        seen = [faces[:, :, top:, left:] for faces in (restored, degraded, sharp)]
        judged = self._judge(seen[0].detach(), *seen[1:])
        return judged | self._restore(restored, sharp, *seen)

    def _judge(self, restored: Tensor, degraded: Tensor, sharp: Tensor) -> dict[str, float]:
        with torch.autocast(degraded.device.type, torch.bfloat16):
            real, fake = self.judge(torch.cat([sharp, restored]), degraded.repeat(2, 1, 1, 1))[0].chunk(2)
        loss = F.relu(1.0 - real).mean() + F.relu(1.0 + fake).mean()
        self.judging.zero_grad(set_to_none=True)
        loss.backward()
        self.judging.step()
        return {"judge": loss.item()}

    def _restore(
        self, restored: Tensor, sharp: Tensor, seen: Tensor, seen_degraded: Tensor, seen_sharp: Tensor
    ) -> dict[str, float]:
        """`seen`: what the discriminator sees of the three."""
        self.judge.requires_grad_(False)
        with torch.autocast(restored.device.type, torch.bfloat16):
            fake, features = self.judge(seen, seen_degraded)
            with torch.no_grad():
                _, wanted = self.judge(seen_sharp, seen_degraded)
        pairs = zip(features, wanted, strict=True)
        matching = torch.stack([F.l1_loss(x.float(), y.float()) for x, y in pairs]).mean()
        fidelity, realism, grid = fidelity_loss(restored, sharp), -fake.mean(), grid_loss(restored, sharp)
        loss = fidelity + self.args.realism * realism + self.args.matching * matching + self.args.grid * grid
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(self.net.parameters(), 1.0)
        self.optimiser.step()
        self.judge.requires_grad_(True)
        losses = {"fidelity": fidelity, "realism": realism, "matching": matching, "grid": grid}
        return {name: loss.item() for name, loss in losses.items()}


def train(args: argparse.Namespace) -> None:
    torch.manual_seed(0)
    net = ResidualUNet().to(args.device)
    average = copy.deepcopy(net).requires_grad_(False)
    trainer = Trainer(net, args)
    parts = {"net": net, "average": average, "judge": trainer.judge}
    progress = Progress(args.run, parts | {"optimiser": trainer.optimiser, "judging": trainer.judging})
    if not (args.run / "checkpoint.pt").exists():
        Progress(args.from_run, {"average": average}).resume()
        net.load_state_dict(average.state_dict())
    progress.resume()
    held_out = HeldOut(args.held_out, 24)
    data = loader(FacePairs(load_faces(args.faces), args.patch, seed=1 + progress.samples), args.batch, args.workers)
    running: dict[str, float] = {}
    logged = progress.samples
    for degraded, sharp in data:
        rate = min(1.0, 2.0 * (1.0 - progress.samples / args.samples))  # constant, then falling over the second half
        if rate <= 0.0:
            break
        losses = trainer.step(degraded.to(args.device), sharp.to(args.device), rate)
        running = {name: value + 0.99 * (running.get(name, value) - value) for name, value in losses.items()}
        progress.advance(args.batch)
        update_average(average, net, progress.samples, _HALF_LIFE, args.batch)
        if progress.samples - logged >= _LOG_EVERY:
            logged = progress.samples
            progress.log({name: round(value, 4) for name, value in running.items()} | held_out.gains(average))
    progress.save()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--faces", type=Path, required=True, help="folder of aligned faces, 256 or 512 px")
    parser.add_argument("--held-out", type=Path, required=True, help="folder with hq, lq_light, lq_medium, lq_heavy")
    parser.add_argument("--run", type=Path, required=True, help="folder of the checkpoint and the log")
    parser.add_argument("--from", dest="from_run", type=Path, required=True, help="run of stage one")
    parser.add_argument("--samples", type=int, default=100_000, help="how many in all")
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--patch", type=int, default=128, help="px")
    parser.add_argument("--rate", type=float, default=2e-4)
    parser.add_argument("--realism", type=float, default=0.1, help="weight of the discriminator")
    parser.add_argument("--matching", type=float, default=0.5, help="weight of feature matching")
    parser.add_argument("--grid", type=float, default=20.0, help="weight of what the networks' grid leaves")
    parser.add_argument("--workers", type=int, default=1, help="processes that prepare pictures")
    parser.add_argument("--device", default="cpu")
    train(parser.parse_args())


if __name__ == "__main__":
    main()
