"""Train the embedded default model, weights/gpen-lite-256.safetensors, on a CPU or a GPU.

    python tools/train_lite.py --faces DIR --hours 2 --run runs/lite

DIR holds aligned 512 px faces (see weights/README.md for those used). The run folder keeps a checkpoint: started again
with the same command, training goes on where it stopped, and `--export FILE` writes the averaged weights in float16.

The recipe: the network starts as the identity, so that it need only learn what to change; L1, SSIM and gradient
losses against the sharp face; Adam with equalised learning rates; the rate follows a cosine over the time given;
what is exported is a running average of the weights.
"""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from degradation import SIDE, degrade
from numpy.typing import NDArray
from PIL import Image
from safetensors.torch import save_file
from torch import Tensor

from gpen_core.network import Generator, GPENConfig
from gpen_core.network.generator import EqualConv, ToRGB

CONFIG = GPENConfig(size=256, narrow=0.25, channel_multiplier=1, style_dim=256, mapping_depth=4)
WARM_UP = 100  # steps
AVERAGE = 0.998  # decay of the running average of the weights, per step


def identity_generator(config: GPENConfig) -> Generator:
    """A generator that returns its input: encoder channels carry +R, -R, +G, .. to the last ToRGB.

    A pair of leaky ReLUs is linear in x: f(x) - f(-x) = c x. The features pass two of them (encoder and injection),
    each of slope 0.2 and gain sqrt(2), so c = 2 (1 + 0.2^2) = 2.08. All other ToRGBs start at zero.
    """
    torch.manual_seed(0)
    net = Generator(config)
    with torch.no_grad():
        for name, parameter in net.named_parameters():
            if name.endswith("noise.weight"):
                parameter.fill_(1.0)
            elif "to_rgb" in name and name.endswith("conv.weight"):
                parameter.zero_()
        entry, last_layer = net.get_submodule("ecd0.0.0"), net.generator.to_rgbs[-1]
        assert isinstance(entry, EqualConv) and isinstance(last_layer, ToRGB)
        last = last_layer.conv
        last.modulation.weight.zero_()
        for colour in range(3):
            for sign, channel in ((1.0, 2 * colour), (-1.0, 2 * colour + 1)):
                entry.weight[channel] = 0.0
                entry.weight[channel, colour] = sign / entry.scale
                features = config.channels(config.size)  # the encoder's half follows the decoder's
                last.weight[0, colour, features + channel, 0, 0] = sign / (2.08 * last.scale)
    return net


def load_faces(folder: Path) -> NDArray[np.uint8]:
    """All pictures of a folder as one (N, 512, 512, 3) uint8 RGB array."""
    files = sorted(p for p in folder.iterdir() if p.suffix.lower() in {".jpg", ".png"})
    if not files:
        raise SystemExit(f"No .jpg or .png faces in {folder}.\nGive a folder of aligned {SIDE} px faces.")
    sizes = {Image.open(path).size for path in files}
    if sizes != {(SIDE, SIDE)}:
        raise SystemExit(f"The faces must be {SIDE} x {SIDE} px, found {sorted(sizes)[:3]}.")
    return np.stack([np.asarray(Image.open(path).convert("RGB")) for path in files])


def batches(faces: NDArray[np.uint8], size: int, batch: int, seed: int) -> Iterator[tuple[Tensor, Tensor]]:
    """Endless degraded and sharp batches (B, 3, size, size) in [-1, 1], one prepared ahead in a thread."""
    rng = np.random.default_rng(seed)

    def one() -> tuple[Tensor, Tensor]:
        pairs = []
        for index in rng.integers(len(faces), size=batch):
            face = faces[index][:, ::-1] if rng.random() < 0.5 else faces[index]
            pairs.append(degrade(np.ascontiguousarray(face), size, rng))
        degraded, sharp = (torch.from_numpy(np.stack(side)) for side in zip(*pairs, strict=True))
        return degraded.permute(0, 3, 1, 2) / 127.5 - 1.0, sharp.permute(0, 3, 1, 2) / 127.5 - 1.0

    with ThreadPoolExecutor(1) as pool:
        following = pool.submit(one)
        while True:
            current, following = following.result(), pool.submit(one)
            yield current


def ssim_loss(x: Tensor, y: Tensor) -> Tensor:
    """1 - mean SSIM of the luminance, 7x7 windows every other pixel, for values in [-1, 1] (Wang et al., 2004)."""
    x, y = x.mean(1, keepdim=True), y.mean(1, keepdim=True)
    c1, c2 = (0.01 * 2) ** 2, (0.03 * 2) ** 2

    def mean(v: Tensor) -> Tensor:
        return F.avg_pool2d(v, 7, stride=2)

    mx, my = mean(x), mean(y)
    vx, vy, cov = mean(x * x) - mx * mx, mean(y * y) - my * my, mean(x * y) - mx * my
    ssim = (2 * mx * my + c1) * (2 * cov + c2) / ((mx * mx + my * my + c1) * (vx + vy + c2))
    return 1.0 - ssim.mean()


def gradient_loss(x: Tensor, y: Tensor) -> Tensor:
    """L1 distance of the horizontal and vertical differences: edges count more than in L1 alone."""
    d = x - y
    return (d[..., 1:] - d[..., :-1]).abs().mean() + (d[..., 1:, :] - d[..., :-1, :]).abs().mean()


def train(args: argparse.Namespace) -> None:
    """Train for the given time, counting the time of earlier runs in the same folder."""
    device = torch.device(args.device)
    dtype = torch.bfloat16
    net = identity_generator(CONFIG).to(device)
    average = identity_generator(CONFIG).to(device)
    optimiser = torch.optim.Adam(net.parameters(), lr=args.rate, betas=(0.9, 0.99), fused=True)
    state = {"step": 0, "seconds": 0.0, "samples": 0}
    checkpoint = args.run / "checkpoint.pt"
    if checkpoint.exists():
        saved = torch.load(checkpoint, map_location=device, weights_only=True)
        net.load_state_dict(saved["net"])
        average.load_state_dict(saved["average"])
        optimiser.load_state_dict(saved["optimiser"])
        state = saved["state"]
        print(f"going on at {state['samples']} samples, {state['seconds'] / 60:.0f} min")

    def compute_loss(degraded: Tensor, sharp: Tensor) -> Tensor:
        restored = net(degraded)
        return F.l1_loss(restored, sharp) + 0.1 * ssim_loss(restored, sharp) + 0.25 * gradient_loss(restored, sharp)

    run = torch.compile(compute_loss) if args.compile else compute_loss
    data = batches(load_faces(args.faces), CONFIG.size, args.batch, seed=state["step"])
    last_save, last = time.monotonic(), time.monotonic()
    running = 0.0
    while state["seconds"] < args.hours * 3600:
        fraction = state["seconds"] / (args.hours * 3600)
        rate = (
            args.rate
            * min(1.0, (state["step"] + 1) / WARM_UP)
            * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * fraction)))
        )
        for group in optimiser.param_groups:
            group["lr"] = rate
        degraded, sharp = (v.to(device) for v in next(data))
        loss = run(degraded.to(dtype), sharp)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimiser.step()
        with torch.no_grad():
            decay = min(AVERAGE, (1 + state["step"]) / (10 + state["step"]))
            for kept, current in zip(average.parameters(), net.parameters(), strict=True):
                kept.lerp_(current, 1 - decay)
        now = time.monotonic()
        state["seconds"] += now - last
        last = now
        state["step"] += 1
        state["samples"] += args.batch
        running += (loss.item() - running) / min(state["step"], 100)
        if state["step"] % 50 == 0:
            print(
                f"{state['samples']} samples, {state['seconds'] / 60:.1f} min, loss {running:.4f}, rate {rate:.2e}",
                flush=True,
            )
        if now - last_save > 120 or state["seconds"] >= args.hours * 3600:
            save(checkpoint, net, average, optimiser, state)
            last_save = now


def save(
    path: Path, net: Generator, average: Generator, optimiser: torch.optim.Optimizer, state: dict[str, float]
) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(".part")
    parts = {
        "net": net.state_dict(),
        "average": average.state_dict(),
        "optimiser": optimiser.state_dict(),
        "state": state,
    }
    torch.save(parts, temporary)
    temporary.replace(path)


def export(run: Path, target: Path) -> None:
    """Write the averaged weights of a run as float16 safetensors under the published names."""
    saved = torch.load(run / "checkpoint.pt", map_location="cpu", weights_only=True)
    tensors = {name: tensor.half().contiguous() for name, tensor in saved["average"].items()}
    metadata = {key: str(value) for key, value in asdict(CONFIG).items()} | {"samples": str(saved["state"]["samples"])}
    save_file(tensors, target, metadata={"format": "pt", **metadata})
    print(f"wrote {target}, {target.stat().st_size / 1e6:.1f} MB, {saved['state']['samples']} samples")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--faces", type=Path, help="folder of aligned 512 px faces")
    parser.add_argument("--run", type=Path, default=Path("runs/lite"), help="folder of the checkpoint")
    parser.add_argument("--hours", type=float, default=2.0, help="time of training in all, earlier runs counted in")
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--rate", type=float, default=8e-3, help="peak learning rate")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--compile", action="store_true", help="use torch.compile (needs a C++ compiler)")
    parser.add_argument("--export", type=Path, help="write the averaged weights to this file instead of training")
    args = parser.parse_args()
    if args.export:
        export(args.run, args.export)
    elif args.faces:
        train(args)
    else:
        parser.error("give --faces to train or --export to write the weights")


if __name__ == "__main__":
    main()
