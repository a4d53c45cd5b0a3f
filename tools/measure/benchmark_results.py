"""The numbers of a benchmark in a file, and those of several files together."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from benchmark_memory import MemoryUse
from benchmark_speed import Speed


@dataclass
class Results:
    """machines: descriptions of what the numbers were measured on."""

    machines: list[str] = field(default_factory=list)
    speed: list[Speed] = field(default_factory=list)
    memory: list[MemoryUse] = field(default_factory=list)

    def write(self, path: Path) -> None:
        path.write_text(json.dumps(asdict(self), indent=1))


def read_results(paths: Sequence[Path]) -> Results:
    """What Results.write wrote, all files together, ordered by size, threads and batch."""
    joined = Results()
    for path in paths:
        values = json.loads(path.read_text())
        joined.machines += [machine for machine in values["machines"] if machine not in joined.machines]
        joined.speed += [Speed(**{**each, "seconds": tuple(each["seconds"])}) for each in values["speed"]]
        joined.memory += [MemoryUse(**each) for each in values["memory"]]
    joined.speed.sort(key=lambda speed: (speed.size, speed.threads, speed.batch))
    joined.memory.sort(key=lambda use: use.size)
    return joined
