"""Write locales/en/nodeDefs.json from the schemas of the nodes: `python tools/build_locales.py`.

The other languages are translated by hand; a test holds them against the English file.
"""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parents[1]
FILE = PROJECT / "locales" / "en" / "nodeDefs.json"
_STANDINS = [PROJECT, PROJECT / "tests" / "nodes", PROJECT / "tests" / "nodes" / "standins"]


def labels(schema: Any) -> dict[str, Any]:
    """All that a user reads of one node."""
    return {
        "display_name": schema.display_name,
        "description": schema.description,
        "inputs": {each.id: _label(each.id, each.tooltip) for each in schema.inputs},
        "outputs": {str(number): _label(each.display_name, each.tooltip) for number, each in enumerate(schema.outputs)},
    }


def _label(name: str, tooltip: str | None) -> dict[str, str]:
    return {"name": name.replace("_", " "), **({"tooltip": tooltip} if tooltip else {})}


def main() -> None:
    sys.path[:0] = [str(path) for path in _STANDINS]
    from conftest import load_pack

    extension = asyncio.run(load_pack().comfy_entrypoint())
    schemas = [node.define_schema() for node in asyncio.run(extension.get_node_list())]
    FILE.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps({schema.node_id: labels(schema) for schema in schemas}, indent=2, ensure_ascii=False)
    FILE.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
