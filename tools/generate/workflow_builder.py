"""A workflow under construction: described by its nodes and their connections.

Ids, link tables and the order of widget values come from the schemas of the nodes, so that a workflow cannot disagree
with them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from build_schemas import load_schemas
from workflow_graph import WIDGETS

Link = tuple["Node", int]
Place = tuple[int, int, int, int]

_TITLE, _ROW, _WIDGET, _EDGE = 30, 20, 24, 14  # px of a node's head, a socket, a widget, the rim
_TEXT = 62  # px of the text that a node of the pack shows after a run
_PICTURE = 240  # px of the picture that a node shows
_SHOWS_TEXT = {
    "GPENEnhanceVideo",
    "GPENLoadModel",
    "GPENEnhance",
    "GPENFaceCrop",
    "GPENAdvisor",
    "GPENPasteFaces",
    "GPENStandardise",
    "GPENSkinProtectBlend",
    "GPENColourise",
    "GPENInpaint",
    "GPENSeg2Face",
}
_SHOWS_PICTURE = {
    "GPENEnhanceVideo",
    "GPENColourise",
    "GPENInpaint",
    "GPENSeg2Face",
    "GPENEnhance",
    "GPENFaceCrop",
    "GPENAdvisor",
    "GPENSaveImage",
}


@dataclass(eq=False)
class Node:
    """One node of a workflow. values: of its widgets, by name; sources: what its sockets are connected to."""

    id: int
    type: str
    schema: dict[str, Any]
    values: dict[str, Any]
    sources: dict[str, Link]
    title: str | None = None
    models: list[dict[str, str]] = field(default_factory=list)
    place: Place = (0, 0, 0, 0)

    def __getitem__(self, output: str | int) -> Link:
        """An output by number or name."""
        if isinstance(output, int):
            return self, output
        return self, [each["name"] for each in self.schema["outputs"]].index(output)

    def at(self, x: int, y: int, width: int, height: int | None = None) -> Node:
        """Put the node's body, without its head, there (px). height: as much as it needs after a run, by default."""
        self.place = (x, y, width, height or self.height)
        return self

    @property
    def sockets(self) -> list[dict[str, Any]]:
        """Inputs that are no widgets."""
        return [each for each in self.schema["inputs"] if each["type"] not in WIDGETS]

    @property
    def height(self) -> int:
        """Of the body, in px, with the text and the picture of a run."""
        widgets = [each for each in self.schema["inputs"] if each["type"] in WIDGETS and not each.get("hidden")]
        behind = sum(bool(each.get("advanced")) for each in widgets)
        rows = len(widgets) - behind + 1 if behind > 1 else len(widgets)  # web/advanced_inputs.js: a button for several
        height = _ROW * max(len(self.sockets), len(self.schema["outputs"])) + _WIDGET * rows + _EDGE
        return height + _TEXT * (self.type in _SHOWS_TEXT) + _PICTURE * (self.type in _SHOWS_PICTURE)

    def widget_values(self) -> list[Any]:
        """In the order of the schema, defaults where nothing else was said."""
        values: list[Any] = []
        for each in self.schema["inputs"]:
            if each["type"] in WIDGETS:
                values.append(self.values.get(each["name"], each.get("default")))
                if each.get("control_after_generate"):
                    values.append("fixed")
        return values

    def as_json(self, table: list[list[Any]], order: int) -> dict[str, Any]:
        """table: all links of the workflow."""
        inputs = [
            {
                "name": each["name"],
                **({"label": each["name"].rpartition(".")[2]} if "." in each["name"] else {}),  # images.image0
                "type": each["type"],
                "link": next((row[0] for row in table if row[3:5] == [self.id, index]), None),
            }
            for index, each in enumerate(self.sockets)
        ]
        outputs = [
            {
                "name": each["name"],
                "type": each["type"],
                "links": [row[0] for row in table if row[1:3] == [self.id, index]],
                "slot_index": index,
            }
            for index, each in enumerate(self.schema["outputs"])
        ]
        properties: dict[str, Any] = {"Node name for S&R": self.type}
        if self.models:
            properties["models"] = self.models
        entry = _entry(self.id, self.type, self.place, order) | {
            "inputs": inputs,
            "outputs": outputs,
            "properties": properties,
            "widgets_values": self.widget_values(),
        }
        return entry | ({"title": self.title} if self.title else {})


class Workflow:
    """A graph under construction. name: its title in ComfyUI; note: what it says about itself, in Markdown."""

    def __init__(self, name: str, note: str) -> None:
        self.name, self.note = name, note
        self.note_place: Place = (0, 0, 0, 0)
        self.nodes: list[Node] = []
        self.schemas = load_schemas()

    def add(
        self, node_type: str, /, *, title: str | None = None, models: list[dict[str, str]] | None = None, **inputs: Any
    ) -> Node:
        """A node; inputs are values of its widgets or outputs of other nodes."""
        schema = self.schemas[node_type]
        known = {each["name"] for each in schema["inputs"]}
        if unknown := set(inputs) - known:
            raise ValueError(f"{node_type} has no input {', '.join(sorted(unknown))}")
        sources = {name: value for name, value in inputs.items() if isinstance(value, tuple)}
        values = {name: value for name, value in inputs.items() if name not in sources}
        node = Node(len(self.nodes) + 1, node_type, schema, values, sources, title, models or [])
        self.nodes.append(node)
        return node

    def note_at(self, x: int, y: int, width: int, height: int) -> None:
        """Where the note lies, in px."""
        self.note_place = (x, y, width, height)

    def as_json(self) -> dict[str, Any]:
        """In the format 0.4 of ComfyUI's front end."""
        links = [[node, name, source, output] for node in self.nodes for name, (source, output) in node.sources.items()]
        table = [
            [number, source.id, output, node.id, _socket(node, name), source.schema["outputs"][output]["type"]]
            for number, (node, name, source, output) in enumerate(links, 1)
        ]
        nodes = [node.as_json(table, order) for order, node in enumerate(self.nodes)]
        note = _entry(len(nodes) + 1, "MarkdownNote", self.note_place, len(nodes)) | {
            "title": self.name,
            "widgets_values": [self.note],
        }
        return {
            "last_node_id": len(nodes) + 1,
            "last_link_id": len(table),
            "nodes": [*nodes, note],
            "links": table,
            "groups": [],
            "config": {},
            "extra": {},
            "version": 0.4,
        }


def _socket(node: Node, name: str) -> int:
    return [each["name"] for each in node.sockets].index(name)


def _entry(number: int, node_type: str, place: Place, order: int) -> dict[str, Any]:
    """What all nodes have, the notes included."""
    return {
        "id": number,
        "type": node_type,
        "pos": list(place[:2]),
        "size": list(place[2:]),
        "flags": {},
        "order": order,
        "mode": 0,
        "inputs": [],
        "outputs": [],
        "properties": {},
        "widgets_values": [],
    }
