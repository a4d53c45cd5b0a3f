"""What the user sees while a node works: its progress bar, the text inside it; and the way to cancel it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, TypeVar

import comfy.model_management as mm
from comfy.utils import ProgressBar

from ..gpen_core.message import Joined, Message, plain
from ..gpen_core.progress import Progress

Item = TypeVar("Item")

TEXT, MESSAGE = "gpen_text", "gpen_message"  # keys that web/texts.js knows: in English, and as JSON to be translated


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
