"""What the user sees while a node works: its progress bar, the text inside it; and the way to cancel it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, TypeVar

import comfy.model_management as mm
from comfy.utils import ProgressBar

from ..gpen_core.progress import Progress

Item = TypeVar("Item")


def progress() -> Progress:
    """A callback (done, total) that moves the bar of the running node and stops the work when the user cancels."""
    bars: dict[int, ProgressBar] = {}

    def report(done: int, total: int | None) -> None:
        # The bar looks for a cancelled run too, but not at every call.
        mm.throw_exception_if_processing_interrupted()
        if total:
            if total not in bars:
                bars[total] = ProgressBar(total)
            bars[total].update_absolute(done, total)

    return report


def counted(items: Sequence[Item]) -> Iterator[Item]:
    """The items one by one, with a bar that counts them and stops before the next when the user cancels."""
    moved = progress()
    for number, item in enumerate(items):
        moved(number, len(items))
        yield item
    moved(len(items), len(items))


def show(node: Any, text: str) -> None:
    """Put `text` inside the node in the user's graph. node: the class ComfyUI hands to `execute`."""
    from server import PromptServer

    server = getattr(PromptServer, "instance", None)  # absent where graphs run without a server
    unique_id = getattr(getattr(node, "hidden", None), "unique_id", None)
    if server is not None and unique_id is not None:
        server.send_progress_text(text, unique_id)
