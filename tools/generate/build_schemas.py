"""What is public of the nodes: ids, inputs in order, outputs. Workflows and tests read it instead of the nodes.

Saved workflows store values by position: append new inputs, optional, at the end of a schema.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pack_loader import Nodes

FILE = Path(__file__).with_name("schemas.json")

_CORE = Path(__file__).with_name("core_schemas.json")  # of those of ComfyUI's own nodes that the workflows use
_FACTS = ("default", "min", "max", "options")
MACHINE_DEPENDENT = {("GPENLoadModel", "model"), ("GPENLoadModel", "device")}  # options depend on where it runs


def files(nodes: Nodes) -> dict[Path, str]:
    """schemas.json."""
    schemas = {name: describe(node.define_schema()) for name, node in nodes.classes.items()}
    return {FILE: json.dumps(schemas, indent=2) + "\n"}


def load_schemas() -> dict[str, dict[str, Any]]:
    """Schemas of the pack's nodes and of those of ComfyUI that the workflows use, by id."""
    return {
        name: schema for file in (FILE, _CORE) for name, schema in json.loads(file.read_text(encoding="utf-8")).items()
    }


def describe(schema: Any) -> dict[str, list[dict[str, Any]]]:
    """A schema made with the stand-in of ComfyUI's API, in the form of `workflow_graph.describe`."""
    return {
        "inputs": [_input(schema.node_id, each) for each in schema.inputs],
        "outputs": [{"name": each.display_name, "type": each.io_type} for each in schema.outputs],
    }


def _input(node_id: str, each: Any) -> dict[str, Any]:
    known = {fact: each.options[fact] for fact in _FACTS if fact in each.options}
    if (node_id, each.id) in MACHINE_DEPENDENT:
        known.pop("options")
    if each.advanced:
        known["advanced"] = True
    if each.extra_dict:
        known |= each.extra_dict
    return {"name": each.id, "type": each.io_type, **({"optional": True} if each.optional else {}), **known}
