"""Stand-in for ComfyUI's progress bar."""

from __future__ import annotations


class ProgressBar:
    bars: list[ProgressBar] = []

    def __init__(self, total: int) -> None:
        self.total = total
        self.values: list[int] = []
        ProgressBar.bars.append(self)

    def update_absolute(self, value: int, total: int | None = None) -> None:
        self.values.append(value)
