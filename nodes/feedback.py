"""What the user sees while a node works: its progress bar, the text inside it; and the way to cancel it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, TypeVar

import comfy.model_management as mm
from comfy.utils import ProgressBar

from ..gpen_core.message import Joined, Message, plain
from ..gpen_core.progress import Progress, part_of

Item = TypeVar("Item")

TEXT, MESSAGE = "gpen_text", "gpen_message"  # keys that web/texts.js knows: in English, and as JSON to be translated
_WORKING = "gpen_working"  # the event that it knows


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


def cancellable(done: int = 0, total: int | None = None) -> None:
    """Stops the work when the user cancels: a `Progress` of work that moves no bar."""
    mm.throw_exception_if_processing_interrupted()


def in_parts(items: Sequence[Item]) -> Iterator[tuple[Item, Progress]]:
    """The items one by one, each with the progress of the work on it: one bar for all, of hundredths of each."""
    moved = progress()
    for number, item in enumerate(items):
        yield item, part_of(moved, 100 * number, 100 * (number + 1), 100 * len(items))


def counted(items: Sequence[Item]) -> Iterator[Item]:
    """The items one by one, with a bar that counts them and stops before the next when the user cancels."""
    moved = progress()
    for number, item in enumerate(items):
        moved(number, len(items))
        yield item
    moved(len(items), len(items))


def say(node: Any, text: str) -> None:
    """Put `text` inside the node while it works, until what it hands over as `shown` takes its place.

    node: the class that ComfyUI hands to `execute`, of a schema that asks for `Hidden.unique_id`.
    """
    from server import PromptServer

    server = getattr(PromptServer, "instance", None)  # absent where graphs run without a server
    if server is not None:
        data = {"node": node.hidden.unique_id, MESSAGE: [json.dumps(plain(text))]}
        server.send_sync(_WORKING, data, server.client_id)


def shown(text: str, pictures: Any = None) -> dict[str, Any]:
    """The `ui` of a NodeOutput: `text` inside the node, and `pictures` (ComfyUI's own `ui` value) below it.

    The text is there in English for whoever reads the history, and as the messages it is made of for the browser.

    ComfyUI keeps it with the node's outputs and sends it again on a run that finds these in the cache; web/texts.js
    puts it into the node, and onto the subgraphs around it.
    """
    own = {TEXT: [text], MESSAGE: [json.dumps(plain(text))]}
    return {**({} if pictures is None else pictures.as_dict()), **own}


def noted(text: str, notes: Iterable[str]) -> str:
    """`text`, and under it the notes, marked as such."""
    return Joined("\n", [text, *(Message("Note: {note}", note=note) for note in notes)])
