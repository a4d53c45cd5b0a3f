"""Schemas that both current and older versions of ComfyUI accept.

Older versions lack fields that newer ones understand (search aliases, advanced inputs, kept previews): these are given
where they exist and left out where they do not.
"""

from __future__ import annotations

import dataclasses
import inspect
from typing import Any

from comfy_api.latest import io

CATEGORY = "GPEN"

Model = io.Custom("GPEN_MODEL")
Faces = io.Custom("GPEN_FACES")
Settings = io.Custom("GPEN_SETTINGS")
Segs = io.Custom("SEGS")
Landmarks = io.Custom("FACE_LANDMARKS")
BoundingBoxes = io.Custom("BOUNDING_BOX")  # io.BoundingBox draws an editor; here the value comes from other nodes

_FIELDS = {field.name for field in dataclasses.fields(io.Schema)}
_ADVANCED = {"advanced": True} if "advanced" in inspect.signature(io.Input.__init__).parameters else {}


def schema(**fields: Any) -> io.Schema:
    """`io.Schema` in the pack's category, of a node that shows its text and pictures on cached runs too."""
    known = {name: value for name, value in {"has_intermediate_output": True, **fields}.items() if name in _FIELDS}
    return io.Schema(category=CATEGORY, **known)


def advanced() -> dict[str, Any]:
    """Keywords that put an input behind "Show advanced inputs", where ComfyUI can do that."""
    return dict(_ADVANCED)


def percent(name: str, default: int, tooltip: str, **more: Any) -> io.Input:
    """A slider from 0 to 100."""
    return io.Int.Input(
        name, default=default, min=0, max=100, step=1, display_mode=io.NumberDisplay.slider, tooltip=tooltip, **more
    )


def batch_size_input(what: str) -> io.Input:
    """How many at once. what: goes through the network, in the plural."""
    return io.Int.Input(
        "batch_size",
        default=0,
        min=0,
        max=64,
        optional=True,
        tooltip=f"{what} through the network at once; 0 takes as many as free memory allows.",
        **advanced(),
    )
