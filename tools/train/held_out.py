"""Held-out faces, to see on the way what a network has learnt.

PSNR gained over the bicubic enlargement, and the share of the sharp face's fine detail that comes back.
"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor, nn

_SIZE = 256  # px
_SEVERITIES = ("light", "medium", "heavy")


class HeldOut:
    """Faces of a folder with hq/*.jpg and lq_light, lq_medium, lq_heavy/*.png of the same names."""

    def __init__(self, folder: Path, count: int) -> None:
        names = [path.stem for path in sorted((folder / "hq").glob("*.jpg"))[:count]]
        self.sharp = torch.stack([_read(folder / "hq" / f"{name}.jpg", cv2.INTER_AREA) for name in names])
        self.degraded = {
            severity: torch.stack([_read(folder / f"lq_{severity}" / f"{name}.png", cv2.INTER_CUBIC) for name in names])
            for severity in _SEVERITIES
        }

    @torch.no_grad()
    def gains(self, net: nn.Module) -> dict[str, float]:
        """dB gained and share of detail at each severity, and for "hq" the PSNR of restored sharp faces."""
        result: dict[str, float] = {}
        for severity, faces in self.degraded.items():
            after = restored(net, faces)
            result[severity] = round(_psnr(after, self.sharp) - _psnr(faces, self.sharp), 3)
            result[f"{severity} detail"] = round(_detail(after, self.sharp), 3)
        return result | {"hq": round(_psnr(restored(net, self.sharp), self.sharp), 2)}


def restored(net: nn.Module, faces: Tensor) -> Tensor:
    """Faces (N, 3, H, W) in [-1, 1] through the network one by one, clamped, in float32 on the CPU."""
    device = next(net.parameters()).device
    with torch.no_grad():
        return torch.cat([net(face.to(device)).float().clamp(-1, 1).cpu() for face in faces.split(1)])


def _psnr(x: Tensor, y: Tensor) -> float:
    """Mean PSNR of 8-bit faces, dB."""
    error = ((x + 1) * 127.5).round() - ((y + 1) * 127.5).round()
    return float((10 * torch.log10(255.0**2 / error.square().mean((1, 2, 3)))).mean())


def _detail(x: Tensor, y: Tensor) -> float:
    """Median over the faces: energy of the luminance above a quarter of Nyquist, x's over y's, in a Hann window."""
    side = x.shape[-1]
    window = torch.hann_window(side, periodic=False)
    along, across = torch.fft.fftfreq(side), torch.fft.rfftfreq(side)
    fine = (along[:, None] ** 2 + across**2).sqrt() > 0.125  # cycles per pixel; Nyquist is 0.5
    energies = []
    for faces in (x, y):
        light = (faces * torch.tensor([0.2126, 0.7152, 0.0722])[:, None, None]).sum(1)
        powers = torch.fft.rfft2((light - light.mean((1, 2), keepdim=True)) * window * window[:, None]).abs().square()
        energies.append((powers * fine).sum((1, 2)))
    return float((energies[0] / energies[1]).median())


def _read(path: Path, interpolation: int) -> Tensor:
    pixels = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if pixels is None:
        raise SystemExit(f"{path} is no picture.")
    pixels = cv2.resize(np.ascontiguousarray(pixels[:, :, ::-1]), (_SIZE, _SIZE), interpolation=interpolation)
    return torch.from_numpy(pixels).permute(2, 0, 1).float() / 127.5 - 1.0
