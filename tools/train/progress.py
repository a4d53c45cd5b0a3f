"""What both stages of training keep: the network, its running average, the count of samples, a log, a checkpoint."""

from __future__ import annotations

import csv
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.optim import Optimizer

_SAVE_SECONDS = 120


class Progress:
    """The state of a run in a folder, from which the same command goes on.

    parts: by name, what is saved beside the counts: networks and optimisers. folder: of `checkpoint.pt` and `log.csv`.
    """

    def __init__(self, folder: Path, parts: Mapping[str, nn.Module | Optimizer]) -> None:
        self.folder, self.parts = folder, parts
        self.samples, self.seconds = 0, 0.0
        self.begun = 0  # samples seen before this run, by the one that it started from
        self._saved = self._last = time.monotonic()
        folder.mkdir(parents=True, exist_ok=True)

    def resume(self) -> None:
        """Take up the checkpoint of the folder, if there is one."""
        path = self.folder / "checkpoint.pt"
        if path.exists():
            saved: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
            for name, part in self.parts.items():
                part.load_state_dict(saved[name])
            self.samples, self.seconds = saved["samples"], saved["seconds"]
            self.begun = saved.get("begun", 0)
            print(f"going on from {self.samples} samples, {self.seconds / 60:.0f} min")

    def advance(self, samples: int) -> None:
        """Count a step, and save now and then."""
        now = time.monotonic()
        self.samples += samples
        self.seconds += now - self._last
        self._last = now
        if now - self._saved > _SAVE_SECONDS:
            self.save()

    def save(self) -> None:
        """Write the checkpoint, whole or not at all."""
        path = self.folder / "checkpoint.pt"
        temporary = path.with_suffix(".part")
        state = {name: part.state_dict() for name, part in self.parts.items()}
        counts = {"samples": self.samples, "seconds": self.seconds, "begun": self.begun}
        torch.save({**state, **counts}, temporary)
        temporary.replace(path)
        self._saved = time.monotonic()

    def log(self, values: Mapping[str, float]) -> None:
        """Append a line to the log and print it."""
        row = {"samples": self.samples, "minutes": round(self.seconds / 60, 1), **values}
        path = self.folder / "log.csv"
        new = not path.exists()
        with path.open("a", newline="") as file:
            writer = csv.DictWriter(file, row)
            if new:
                writer.writeheader()
            writer.writerow(row)
        print("  ".join(f"{name} {value:g}" for name, value in row.items()), flush=True)


def update_average(average: nn.Module, net: nn.Module, samples: int, half_life: int, batch: int) -> None:
    """Move a running average of the weights towards the present ones.

    half_life: samples after which a weight counts half; early on, a twentieth of the samples seen.
    """
    decay = 0.5 ** (batch / max(min(half_life, 0.05 * samples), 1.0))
    with torch.no_grad():
        for kept, current in zip(average.parameters(), net.parameters(), strict=True):
            kept.lerp_(current, 1.0 - decay)
