"""Workflows as users load them, as the graph that ComfyUI's server runs ("API format").

Schemas are those of schemas.json: node id -> {"inputs": [{"name", "type", and where it applies "optional",
"default", "min", "max", "options", "advanced", "forceInput", "control_after_generate", "image_upload"}, ..] in order,
"outputs": [{"name", "type"}, ..]}.
"""

from __future__ import annotations

from typing import Any

WIDGETS = ("INT", "FLOAT", "STRING", "BOOLEAN", "COMBO")

_NOTES = ("Note", "MarkdownNote")
_MUTED, _BYPASSED = 2, 4
_FACTS = (
    "default",
    "min",
    "max",
    "options",
    "advanced",
    "hidden",
    "forceInput",
    "control_after_generate",
    "image_upload",
)

Schema = dict[str, list[dict[str, Any]]]
Prompt = dict[str, dict[str, Any]]


def to_prompt(workflow: dict[str, Any], schemas: dict[str, Schema]) -> Prompt:
    """The API graph of a workflow: node id -> {"class_type", "inputs"}.

    Muted nodes and notes are left out. Raises ValueError for a node without schema, for more or fewer widget values
    than the node has widgets, and for what this does not know: bypassed nodes and subgraphs.
    """
    if workflow.get("definitions", {}).get("subgraphs"):
        raise ValueError("This workflow holds subgraphs.")
    nodes = [node for node in workflow["nodes"] if node["type"] not in _NOTES and node.get("mode") != _MUTED]
    sources = _sources(workflow, {node["id"] for node in nodes})
    prompt: Prompt = {}
    for node in nodes:
        if node.get("mode") == _BYPASSED:
            raise ValueError(f"{node['type']} {node['id']} is bypassed.")
        if node["type"] not in schemas:
            raise ValueError(f"There is no schema of '{node['type']}'.")
        sockets = node.get("inputs", [])
        links = {socket["name"]: sources[socket["link"]] for socket in sockets if socket.get("link") in sources}
        values = widget_values(node, schemas[node["type"]])
        prompt[str(node["id"])] = {"class_type": node["type"], "inputs": {**values, **links}}
    return prompt


def widget_values(node: dict[str, Any], schema: Schema) -> dict[str, Any]:
    """Name -> value of a node's widgets, stored by position. Raises ValueError when their number does not fit."""
    values = list(node.get("widgets_values") or [])
    found: dict[str, Any] = {}
    for entry in schema["inputs"]:
        if entry["type"] not in WIDGETS or entry.get("forceInput"):
            continue
        if values:
            found[entry["name"]] = values.pop(0)
            if values and (entry.get("control_after_generate") or entry.get("image_upload")):
                values.pop(0)  # of the button below: "randomize", or "image"
        elif not entry.get("optional"):
            raise ValueError(f"{node['type']} {node['id']} has no value for '{entry['name']}'.")
    if values:
        raise ValueError(f"{node['type']} {node['id']} has values without a widget: {values}.")
    return found


def describe(object_info: dict[str, Any]) -> dict[str, Schema]:
    """The schemas in an answer of ComfyUI's /object_info."""
    return {name: _schema(info) for name, info in object_info.items()}


def _sources(workflow: dict[str, Any], running: set[int]) -> dict[int, list[Any]]:
    """Link number -> [node id, output] of the API format."""
    return {number: [str(source), output] for number, source, output, *_ in workflow["links"] if source in running}


def _schema(info: dict[str, Any]) -> Schema:
    inputs = [
        _input(name, info["input"][group][name], optional=group == "optional")
        for group in ("required", "optional")
        for name in info["input_order"].get(group, [])
    ]
    outputs = zip(info["output_name"], info["output"], strict=True)
    return {
        "inputs": inputs,
        "outputs": [{"name": name, "type": "COMBO" if isinstance(kind, list) else kind} for name, kind in outputs],
    }


def _input(name: str, declared: list[Any], *, optional: bool) -> dict[str, Any]:
    kind, facts = declared[0], dict(declared[1]) if len(declared) > 1 else {}
    if isinstance(kind, list):  # the older spelling of a combo
        kind, facts["options"] = "COMBO", kind
    known = {fact: facts[fact] for fact in _FACTS if facts.get(fact) is not None}
    return {"name": name, "type": kind, **({"optional": True} if optional else {}), **known}
