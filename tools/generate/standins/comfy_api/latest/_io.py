"""Stand-in for `comfy_api.latest.io`."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import Any


class Hidden(str, Enum):
    unique_id = "UNIQUE_ID"
    prompt = "PROMPT"
    extra_pnginfo = "EXTRA_PNGINFO"


class NumberDisplay(str, Enum):
    number = "number"
    slider = "slider"


class FolderType(str, Enum):
    input = "input"
    output = "output"
    temp = "temp"


class Input:
    io_type = "*"

    def __init__(
        self,
        id: str,
        display_name: str | None = None,
        optional: bool = False,
        tooltip: str | None = None,
        extra_dict: dict[str, Any] | None = None,
        advanced: bool | None = None,
        **options: Any,
    ) -> None:
        self.id, self.optional, self.tooltip, self.extra_dict = id, optional, tooltip, extra_dict
        self.advanced = bool(advanced)
        self.options = {name: value for name, value in options.items() if value is not None}


class Output:
    io_type = "*"

    def __init__(
        self,
        id: str | None = None,
        display_name: str | None = None,
        tooltip: str | None = None,
        is_output_list: bool = False,
    ) -> None:
        self.display_name, self.tooltip = display_name, tooltip


class _Type:
    Input: type[Input]
    Output: type[Output]


def Custom(io_type: str) -> type[_Type]:  # noqa: N802 - its name in ComfyUI
    of = {"io_type": io_type}
    return type(io_type, (_Type,), {"Input": type("Input", (Input,), of), "Output": type("Output", (Output,), of)})


Boolean, Combo, Float, Image, Int, Mask, String, Video = map(
    Custom, ("BOOLEAN", "COMBO", "FLOAT", "IMAGE", "INT", "MASK", "STRING", "VIDEO")
)


@dataclass
class Schema:
    node_id: str
    display_name: str | None = None
    category: str = "sd"
    inputs: list[Input] = field(default_factory=list)
    outputs: list[Output] = field(default_factory=list)
    hidden: list[Hidden] = field(default_factory=list)
    description: str = ""
    search_aliases: list[str] = field(default_factory=list)
    is_output_node: bool = False
    has_intermediate_output: bool = False


class NodeOutput:
    def __init__(self, *args: Any, ui: Any = None) -> None:
        self.args = args
        self.ui = ui


class ComfyNode:
    hidden: Any = None
