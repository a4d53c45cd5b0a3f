"""Degraded and sharp faces to train on, without end: faces moved, mirrored and toned a little, then degraded."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import torch
from degradation import degrade, degrade_middling
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import DataLoader, IterableDataset, get_worker_info

Picture = NDArray[np.uint8]

_FACE = 256  # px, the size at which the network sees most faces
_LARGE = 0.3  # share of faces seen at twice that size
_LARGE_SEVEREST = 0.55  # a large face is not restored at its full size when it is worse than this


def load_faces(folder: Path) -> list[Picture]:
    """All faces of a folder, square (N, N, 3) uint8 RGB, aligned to the template of FFHQ."""
    faces: list[Picture] = []
    for path in sorted(p for p in folder.iterdir() if p.suffix.lower() in {".jpg", ".png", ".webp"}):
        face = cv2.imread(str(path), cv2.IMREAD_COLOR)
        if face is None or face.shape[0] != face.shape[1]:
            raise SystemExit(f"{path} is no square picture.\nGive a folder of aligned, square faces.")
        faces.append(np.ascontiguousarray(face[:, :, ::-1]).astype(np.uint8))
    if not faces:
        raise SystemExit(f"No .jpg, .png or .webp faces in {folder}.\nGive a folder of aligned, square faces.")
    return faces


class FacePairs(IterableDataset[tuple[Tensor, Tensor]]):
    """Pairs (degraded, sharp), both (3, patch, patch) uint8 RGB: a part of a face of 256 px, now and then of 512 px.

    middling: of 256 px alone, degraded as of `degrade_middling`.
    """

    def __init__(self, faces: list[Picture], patch: int, seed: int, middling: bool = False) -> None:
        super().__init__()
        self.faces, self.patch, self.seed, self.middling = faces, patch, seed, middling

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor]]:
        cv2.setNumThreads(0)  # a process for each core, no threads in it
        worker = get_worker_info()
        rng = np.random.default_rng((self.seed, worker.id if worker else 0))
        while True:
            degraded, sharp = self.pair(rng)
            yield torch.from_numpy(degraded).permute(2, 0, 1), torch.from_numpy(sharp).permute(2, 0, 1)

    def pair(self, rng: np.random.Generator) -> tuple[Picture, Picture]:
        """One pair, both (patch, patch, 3) uint8 RGB."""
        face = self.faces[int(rng.integers(len(self.faces)))]
        large = not self.middling and rng.random() < _LARGE
        side = 2 * _FACE if large else _FACE
        sharp = _part(face, min(self.patch / side, 1.0), rng)
        if rng.random() < 0.3:
            sharp = _toned(sharp, rng)
        if self.middling:
            return degrade_middling(sharp, len(face) / 512.0, self.patch, rng)
        return degrade(sharp, len(face) / 512.0, self.patch, rng, _LARGE_SEVEREST if large else 1.0)


def loader(pairs: FacePairs, batch: int, workers: int) -> Iterator[tuple[Tensor, Tensor]]:
    """Endless batches (B, 3, patch, patch) in [-1, 1], prepared by `workers` processes (0: when asked for)."""
    for degraded, sharp in DataLoader(pairs, batch_size=batch, num_workers=workers):
        yield degraded.float() / 127.5 - 1.0, sharp.float() / 127.5 - 1.0


def _part(face: Picture, share: float, rng: np.random.Generator) -> Picture:
    """A square part of `share` of the face's side: mirrored, turned, scaled and moved a little, as detectors err."""
    side = len(face)
    part = round(share * side)
    scale, turn = rng.uniform(0.92, 1.1), rng.normal(0.0, 3.0)
    turned = cv2.getRotationMatrix2D((side / 2.0, side / 2.0), turn, scale)
    if rng.random() < 0.5:
        turned = turned @ np.array([[-1.0, 0.0, side - 1.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]])
    turned[:, 2] += rng.normal(0.0, 0.015 * side, 2)
    turned[:, 2] -= rng.uniform(0.0, side - part, 2) if part < side else 0.0
    return cv2.warpAffine(face, turned, (part, part), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT).astype(
        np.uint8
    )


def _toned(face: Picture, rng: np.random.Generator) -> Picture:
    """Another light: gamma, gain of each channel, saturation."""
    levels = np.arange(256, dtype=np.float32) / 255.0
    gamma, gain = rng.uniform(0.7, 1.4), rng.uniform(0.85, 1.1, 3) * rng.uniform(0.8, 1.0)
    table = np.clip(255.0 * levels[:, None] ** gamma * gain + 0.5, 0, 255).astype(np.uint8)
    face = cv2.LUT(face, np.ascontiguousarray(table[None])).astype(np.uint8)
    grey = cv2.cvtColor(cv2.cvtColor(face, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
    saturation = rng.uniform(0.5, 1.2)
    return cv2.addWeighted(face, saturation, grey, 1.0 - saturation, 0.0).astype(np.uint8)
