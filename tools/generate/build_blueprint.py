"""The subgraph blueprint "Restore faces (GPEN)".

ComfyUI from 0.3.66 on offers it in its node search; placed, it is one node with the widgets people change.
"""

from __future__ import annotations

import json
import uuid
from pathlib import Path
from typing import Any

from pack_loader import PROJECT, Nodes
from workflow_builder import Workflow

FILE = PROJECT / "subgraphs" / "Restore faces (GPEN).json"

_NAME = "Restore faces (GPEN)"
_INPUT, _OUTPUT = -10, -20  # ids that the front end gives to the ends of a subgraph
_SHOWN = (("1", "model"), ("2", "strength"), ("2", "mode"))  # widgets of inner nodes shown outside
_OUTPUTS = ("image", "mask", "report")


def files(nodes: Nodes) -> dict[Path, str]:
    """subgraphs/Restore faces (GPEN).json, from the schemas that are stored."""
    return {FILE: json.dumps(blueprint(), indent=2) + "\n"}


def blueprint() -> dict[str, Any]:
    """The file's content: one node, and the subgraph it stands for."""
    flow = Workflow(_NAME, "")
    model = flow.add("GPENLoadModel").at(0, 0, 320)
    enhance = flow.add("GPENEnhance", model=model["model"]).at(380, 0, 480)
    inner = flow.as_json()
    nodes = [node for node in inner["nodes"] if node["type"] != "MarkdownNote"]
    links = [_link(*row) for row in inner["links"]]
    image = next(index for index, each in enumerate(enhance.sockets) if each["name"] == "image")
    entry = _link(len(links) + 1, _INPUT, 0, enhance.id, image, "IMAGE")
    nodes[1]["inputs"][image]["link"] = entry["id"]
    exits = []
    for slot, name in enumerate(_OUTPUTS):
        output = enhance[name][1]
        kind = enhance.schema["outputs"][output]["type"]
        exits.append(_link(len(links) + 2 + slot, enhance.id, output, _OUTPUT, slot, kind))
        nodes[1]["outputs"][output]["links"] = [exits[-1]["id"]]
    links += [entry, *exits]
    subgraph = {
        "id": _uuid("subgraph"),
        "version": 1,
        "state": {"lastGroupId": 0, "lastNodeId": 2, "lastLinkId": len(links), "lastRerouteId": 0},
        "revision": 0,
        "config": {},
        "name": _NAME,
        "inputNode": {"id": _INPUT, "bounding": [-200, 0, 120, 60]},
        "outputNode": {"id": _OUTPUT, "bounding": [960, 0, 120, 100]},
        "inputs": [_end("image", "IMAGE", [entry["id"]], -100, 20)],
        "outputs": [
            _end(name, exits[n]["type"], [exits[n]["id"]], 980, 20 + 20 * n) for n, name in enumerate(_OUTPUTS)
        ],
        "widgets": [],
        "nodes": nodes,
        "groups": [],
        "links": links,
        "extra": {},
        "category": "GPEN",
        "description": "Finds the faces of a picture, restores them with GPEN, and blends them back.",
    }
    return {
        "revision": 0,
        "last_node_id": 1,
        "last_link_id": 0,
        "nodes": [_outer(subgraph)],
        "links": [],
        "version": 0.4,
        "definitions": {"subgraphs": [subgraph]},
        "extra": {},
    }


def texts() -> list[str]:
    """What a placed blueprint shows that is its own: its title and the names of its ends."""
    return list(dict.fromkeys([_NAME, "image", *_OUTPUTS, *(name for _, name in _SHOWN)]))


def _outer(subgraph: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": 1,
        "type": subgraph["id"],
        "pos": [0, 0],
        "size": [320, 180],
        "flags": {},
        "order": 0,
        "mode": 0,
        "inputs": [{"name": each["name"], "type": each["type"], "link": None} for each in subgraph["inputs"]],
        "outputs": [{"name": each["name"], "type": each["type"], "links": []} for each in subgraph["outputs"]],
        "title": _NAME,
        "properties": {"proxyWidgets": [list(each) for each in _SHOWN]},
        "widgets_values": [],
    }


def _link(number: int, source: int, output: int, target: int, socket: int, kind: str) -> dict[str, Any]:
    return {
        "id": number,
        "origin_id": source,
        "origin_slot": output,
        "target_id": target,
        "target_slot": socket,
        "type": kind,
    }


def _end(name: str, kind: str, links: list[int], x: int, y: int) -> dict[str, Any]:
    return {"id": _uuid(f"{name} {x}"), "name": name, "type": kind, "linkIds": links, "label": name, "pos": [x, y]}


def _uuid(name: str) -> str:
    """Always the same, so that saved workflows keep their subgraph."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"gpen-face-restoration/{name}"))
