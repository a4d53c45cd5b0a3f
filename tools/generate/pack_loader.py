"""The pack, imported as ComfyUI imports it, with small stand-ins for ComfyUI's own modules."""

from __future__ import annotations

import asyncio
import importlib.util
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import torch

PROJECT = Path(__file__).resolve().parents[2]
PACK = "gpen_pack"  # a custom node's folder can have any name

_STANDINS = Path(__file__).with_name("standins")


def load_pack() -> ModuleType:
    """The pack as a package of its own name, as `load_custom_node` makes it."""
    if PACK not in sys.modules:
        if str(_STANDINS) not in sys.path:
            sys.path.insert(0, str(_STANDINS))
        spec = importlib.util.spec_from_file_location(
            PACK, PROJECT / "__init__.py", submodule_search_locations=[str(PROJECT)]
        )
        assert spec is not None and spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[PACK] = module
        spec.loader.exec_module(module)
    return sys.modules[PACK]


class Nodes:
    """The node classes by id."""

    def __init__(self, classes: list[type]) -> None:
        self.classes = {each.define_schema().node_id: each for each in classes}  # type: ignore[attr-defined]

    def run(self, node_id: str, **inputs: Any) -> Any:
        """Execute a node as ComfyUI does: a clone of the class with its hidden values, in inference mode."""
        node = self.classes[node_id]
        hidden = SimpleNamespace(unique_id="7", prompt={"7": {}}, extra_pnginfo={"workflow": {"nodes": []}})
        clone = type(node.__name__, (node,), {"hidden": hidden})
        with torch.inference_mode():
            return clone.execute(**{**self.defaults(node_id), **inputs})

    def defaults(self, node_id: str) -> dict[str, Any]:
        """Values of the widgets as the front end would send them."""
        inputs = self.classes[node_id].define_schema().inputs
        return {each.id: each.options["default"] for each in inputs if "default" in each.options}


def load_nodes() -> Nodes:
    """The nodes that the pack gives ComfyUI."""

    async def classes() -> list[type]:
        extension = await load_pack().comfy_entrypoint()
        return await extension.get_node_list()

    return Nodes(asyncio.run(classes()))
