"""Stand-in for `comfy_execution.graph_utils`."""

from __future__ import annotations


class ExecutionBlocker:
    def __init__(self, message: str) -> None:
        self.message = message
