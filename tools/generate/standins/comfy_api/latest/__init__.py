"""Stand-in for ComfyUI's node API: as much of it as the pack uses, with the same names and meanings.

The suite in tests/comfy checks against a real ComfyUI that the schemas made here are those made there.
"""

from . import _input_impl as InputImpl  # noqa: N812 - its name in ComfyUI
from . import _io as io
from . import _types as Types  # noqa: N812
from . import _ui as ui


class ComfyExtension:
    async def on_load(self) -> None: ...

    async def get_node_list(self) -> list[type[io.ComfyNode]]:
        return []


__all__ = ["ComfyExtension", "InputImpl", "Types", "io", "ui"]
