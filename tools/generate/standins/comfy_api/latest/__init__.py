"""Stand-in for ComfyUI's node API: as much of it as the pack uses, with the same names and meanings.

The suite in tests/comfy checks against a real ComfyUI that the schemas made here are those made there.
"""

from . import _io as io
from . import _ui as ui


class ComfyExtension:
    async def on_load(self) -> None: ...

    async def get_node_list(self) -> list[type[io.ComfyNode]]:
        return []


__all__ = ["ComfyExtension", "io", "ui"]
