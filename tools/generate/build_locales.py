"""The English labels and tooltips, from the schemas of the nodes.

The other languages are translated by hand; a test holds them against the English file.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from build_schemas import MACHINE_DEPENDENT
from pack_loader import PROJECT, Nodes

FILE = PROJECT / "locales" / "en" / "nodeDefs.json"


def files(nodes: Nodes) -> dict[Path, str]:
    """locales/en/nodeDefs.json."""
    texts = {name: labels(node.define_schema()) for name, node in nodes.classes.items()}
    return {FILE: json.dumps(texts, indent=2, ensure_ascii=False) + "\n"}


def labels(schema: Any) -> dict[str, Any]:
    """All that a user reads of one node."""
    return {
        "display_name": schema.display_name,
        "description": schema.description,
        "inputs": {each.id: {**_label(each.id, each.tooltip), **_menu(schema.node_id, each)} for each in schema.inputs},
        "outputs": {str(number): _label(each.display_name, each.tooltip) for number, each in enumerate(schema.outputs)},
    }


def _menu(node: str, entry: Any) -> dict[str, dict[str, str]]:
    """Labels of what a menu offers, for web/menus.js; not of what depends on the machine."""
    options = [] if (node, entry.id) in MACHINE_DEPENDENT else entry.options.get("options", [])
    return {"options": {value: value for value in options}} if options else {}


def _label(name: str, tooltip: str | None) -> dict[str, str]:
    return {"name": name.replace("_", " "), **({"tooltip": tooltip} if tooltip else {})}
