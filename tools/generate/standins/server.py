"""Stand-in for ComfyUI's server."""

from __future__ import annotations

from typing import Any


class PromptServer:
    instance: PromptServer

    def __init__(self) -> None:
        self.client_id = "browser"
        self.sent: list[tuple[str, dict[str, Any]]] = []

    def send_sync(self, event: str, data: dict[str, Any], sid: str | None = None) -> None:
        self.sent.append((event, data))


PromptServer.instance = PromptServer()
