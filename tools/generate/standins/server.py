"""Stand-in for ComfyUI's server."""

from __future__ import annotations


class PromptServer:
    instance: PromptServer

    def __init__(self) -> None:
        self.texts: list[tuple[str, str]] = []

    def send_progress_text(self, text: str, node_id: str) -> None:
        self.texts.append((text, node_id))


PromptServer.instance = PromptServer()
