"""GPEN face restoration for ComfyUI.

ComfyUI calls `comfy_entrypoint` when it loads custom nodes. Nothing is imported before, so that a start of ComfyUI
costs nothing and a missing package is reported with its name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .nodes import GPENExtension

WEB_DIRECTORY = "./web"

__all__ = ["WEB_DIRECTORY", "comfy_entrypoint"]


async def comfy_entrypoint() -> GPENExtension:
    """The nodes of this pack."""
    from .nodes import GPENExtension

    return GPENExtension()
