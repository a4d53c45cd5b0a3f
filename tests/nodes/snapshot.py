"""What is public of the nodes: ids, inputs in order, outputs. Rewrite the file: `python tests/nodes/snapshot.py`."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

FILE = Path(__file__).with_name("schemas.json")
_FACTS = ("default", "min", "max", "options")
_MACHINE = {("GPENLoadModel", "model"), ("GPENLoadModel", "device")}  # options depend on where it runs


def describe(schema: Any) -> dict[str, list[dict[str, Any]]]:
    """A schema made with the stand-in of ComfyUI's API, in the form of `workflow_graph.describe`."""
    return {
        "inputs": [_input(schema.node_id, each) for each in schema.inputs],
        "outputs": [{"name": each.display_name, "type": each.io_type} for each in schema.outputs],
    }


def _input(node_id: str, each: Any) -> dict[str, Any]:
    known = {fact: each.options[fact] for fact in _FACTS if fact in each.options}
    if (node_id, each.id) in _MACHINE:
        known.pop("options")
    if each.extra_dict:
        known |= each.extra_dict
    return {"name": each.id, "type": each.io_type, **({"optional": True} if each.optional else {}), **known}


def main() -> None:
    import asyncio

    project = Path(__file__).resolve().parents[2]
    sys.path[:0] = [str(project), str(project / "tests" / "nodes" / "standins"), str(Path(__file__).parent)]
    from conftest import load_pack

    extension = asyncio.run(load_pack().comfy_entrypoint())
    classes = asyncio.run(extension.get_node_list())
    schemas = [node.define_schema() for node in classes]
    text = json.dumps({schema.node_id: describe(schema) for schema in schemas}, indent=2)
    FILE.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
