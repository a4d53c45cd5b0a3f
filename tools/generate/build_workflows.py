"""The example workflows.

Each is described here by its nodes and their connections; ids, places, link tables and the order of widget values come
from the schemas of the nodes, so that a workflow cannot disagree with them.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from build_schemas import load_schemas
from pack_loader import PROJECT, Nodes
from workflow_graph import WIDGETS

FOLDER = PROJECT / "example_workflows"
NEEDS_DOWNLOADS = frozenset({"03 After Stable Diffusion - fix faces"})

_WIDTH, _GAP = 320, 60  # px of a node, between columns
_WIDER = {"GPENEnhance": 480, "GPENFaceCrop": 440, "GPENAdvisor": 440}
_TITLE, _ROW = 40, 26  # px of a node's head, of each of its lines
_PREVIEWS = {"PreviewImage", "GPENEnhance", "GPENFaceCrop", "GPENAdvisor", "GPENSaveImage"}
_PREVIEW = 300  # px that a picture inside a node takes
_GPEN_512 = {
    "name": "GPEN-BFR-512.pth",
    "url": "https://huggingface.co/akhaliq/GPEN-BFR-512/resolve/main/GPEN-BFR-512.pth",
    "directory": "facerestore_models",
}
_STABLE_DIFFUSION = {
    "name": "v1-5-pruned-emaonly-fp16.safetensors",
    "url": "https://huggingface.co/Comfy-Org/stable-diffusion-v1-5-archive/resolve/main/"
    "v1-5-pruned-emaonly-fp16.safetensors",
    "directory": "checkpoints",
}
_CHOOSE_MODEL = (
    "face-unet comes with the pack. For more detail on large faces choose **GPEN-BFR-512** in "
    "*Load GPEN Model*; entries marked (download) are fetched and verified when you press Run."
)

Link = tuple["Node", int]


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

    def __getitem__(self, output: str | int) -> Link:
        """An output by number or name."""
        if isinstance(output, int):
            return self, output
        return self, [each["name"] for each in self.schema["outputs"]].index(output)

    @property
    def column(self) -> int:
        """Number of nodes on the longest way here."""
        return 1 + max((source.column for source, _ in self.sources.values()), default=-1)

    @property
    def sockets(self) -> list[dict[str, Any]]:
        """Inputs that are no widgets."""
        return [each for each in self.schema["inputs"] if each["type"] not in WIDGETS]

    @property
    def width(self) -> int:
        return _WIDER.get(self.type, _WIDTH)

    @property
    def height(self) -> int:
        rows = len(self.schema["inputs"]) + len(self.schema["outputs"])
        return _TITLE + _ROW * rows + (_PREVIEW if self.type in _PREVIEWS else 0)

    def widget_values(self) -> list[Any]:
        """In the order of the schema, defaults where nothing else was said."""
        values: list[Any] = []
        for each in self.schema["inputs"]:
            if each["type"] in WIDGETS:
                values.append(self.values.get(each["name"], each.get("default")))
                if each.get("control_after_generate"):
                    values.append("fixed")
        return values


class Workflow:
    """A graph under construction."""

    def __init__(self, name: str, note: str) -> None:
        self.name, self.note = name, note
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

    def as_json(self) -> dict[str, Any]:
        """In the format 0.4 of ComfyUI's front end."""
        links = [[node, name, source, output] for node in self.nodes for name, (source, output) in node.sources.items()]
        table = [
            [number, source.id, output, node.id, _socket(node, name), source.schema["outputs"][output]["type"]]
            for number, (node, name, source, output) in enumerate(links, 1)
        ]
        places = _places(self.nodes)
        nodes = [_node_json(node, table, places[node.id], order) for order, node in enumerate(self.nodes)]
        note = {
            "id": len(self.nodes) + 1,
            "type": "MarkdownNote",
            "pos": [0, -270],
            "size": [2 * _WIDTH + _GAP, 190],
            "flags": {},
            "order": len(nodes),
            "mode": 0,
            "inputs": [],
            "outputs": [],
            "title": self.name,
            "properties": {},
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


def _places(nodes: list[Node]) -> dict[int, list[int]]:
    """Columns from left to right, nodes below each other."""
    columns = range(1 + max(node.column for node in nodes))
    widths = [max(node.width for node in nodes if node.column == column) for column in columns]
    bottoms: dict[int, int] = {}
    places = {}
    for node in nodes:
        top = bottoms.get(node.column, 0)
        places[node.id] = [sum(width + _GAP for width in widths[: node.column]), top]
        bottoms[node.column] = top + node.height + _GAP
    return places


def _node_json(node: Node, table: list[list[Any]], place: list[int], order: int) -> dict[str, Any]:
    inputs = [
        {
            "name": each["name"],
            "type": each["type"],
            "link": next((row[0] for row in table if row[3:5] == [node.id, index]), None),
        }
        for index, each in enumerate(node.sockets)
    ]
    outputs = [
        {
            "name": each["name"],
            "type": each["type"],
            "links": [row[0] for row in table if row[1:3] == [node.id, index]],
            "slot_index": index,
        }
        for index, each in enumerate(node.schema["outputs"])
    ]
    properties: dict[str, Any] = {"Node name for S&R": node.type}
    if node.models:
        properties["models"] = node.models
    entry = {
        "id": node.id,
        "type": node.type,
        "pos": place,
        "size": [node.width, node.height],
        "flags": {},
        "order": order,
        "mode": 0,
        "inputs": inputs,
        "outputs": outputs,
        "properties": properties,
        "widgets_values": node.widget_values(),
    }
    return entry | ({"title": node.title} if node.title else {})


def restore_a_photo() -> Workflow:
    flow = Workflow(
        "01 Restore a photo",
        "Restores every face; nothing else changes. *GPEN Enhance* shows before and after. Put *Load Image* in the "
        f"place of *Example Picture* for your own photo.\n\n{_CHOOSE_MODEL}",
    )
    model = flow.add("GPENLoadModel")
    photo = flow.add("GPENExamplePicture", picture="portrait")
    restored = flow.add("GPENEnhance", model=model[0], image=photo[0], strength=80)
    flow.add("GPENSaveImage", images=restored["image"], filename_prefix="GPEN/restored")
    return flow


def group_photo() -> Workflow:
    flow = Workflow(
        "02 Group photo - choose faces",
        "*Face Crop* finds and numbers the faces and shows them. Choose by number in **indices** (such as 0,2), by "
        "**max_faces** and **order**, or connect a mask to **region**. *GPEN Enhance* then restores just those.",
    )
    model = flow.add("GPENLoadModel")
    photo = flow.add("GPENExamplePicture", picture="group")
    crops = flow.add("GPENFaceCrop", image=photo[0], indices="0,2")
    restored = flow.add("GPENEnhance", model=model[0], image=photo[0], faces=crops["faces"], strength=80)
    flow.add("PreviewImage", images=crops["crops"], title="The faces chosen")
    flow.add("GPENSaveImage", images=restored["image"], filename_prefix="GPEN/group")
    return flow


def after_stable_diffusion() -> Workflow:
    flow = Workflow(
        "03 After Stable Diffusion - fix faces",
        "Text to image, then the broken faces of full-body pictures are restored. The GPEN network shares the GPU with "
        "the checkpoint: ComfyUI moves it out when it needs the room.\n\nNeeds a checkpoint and GPEN-BFR-512.",
    )
    checkpoint = flow.add("CheckpointLoaderSimple", ckpt_name=_STABLE_DIFFUSION["name"], models=[_STABLE_DIFFUSION])
    model = flow.add("GPENLoadModel", model=_GPEN_512["name"], models=[_GPEN_512])
    latent = flow.add("EmptyLatentImage", width=512, height=768)
    positive = flow.add(
        "CLIPTextEncode",
        text="full body photo of three friends walking through a market, smiling, natural light",
        clip=checkpoint[1],
        title="What the picture shows",
    )
    negative = flow.add("CLIPTextEncode", text="blurry, deformed", clip=checkpoint[1], title="What it must not show")
    sampled = flow.add(
        "KSampler",
        model=checkpoint[0],
        positive=positive[0],
        negative=negative[0],
        latent_image=latent[0],
        seed=42,
    )
    decoded = flow.add("VAEDecode", samples=sampled[0], vae=checkpoint[2])
    fixed = flow.add("GPENEnhance", model=model[0], image=decoded[0], strength=70)
    flow.add("GPENSaveImage", images=fixed["image"], filename_prefix="GPEN/generated")
    return flow


def old_photo() -> Workflow:
    flow = Workflow(
        "04 Old photo",
        "A faded print: brought to size and exposure, local contrast lifted, faces restored, and the skin's own tone "
        "and texture brought back. The sepia stays.",
    )
    model = flow.add("GPENLoadModel")
    photo = flow.add("GPENExamplePicture", picture="old_photo")
    standard = flow.add("GPENStandardise", image=photo[0], short_side=1024, auto_exposure=True)
    contrast = flow.add("GPENCLAHE", image=standard[0], clip_limit=1.5)
    restored = flow.add(
        "GPENEnhance",
        model=model[0],
        image=contrast[0],
        strength=80,
        mode="strong",
        denoise=50,
        sharpen=60,
        contrast=45,
        brightness=45,
    )
    blended = flow.add("GPENSkinProtectBlend", original=contrast[0], enhanced=restored["image"])
    flow.add("GPENSaveImage", images=blended["image"], filename_prefix="GPEN/old_photo")
    return flow


def low_vram() -> Workflow:
    flow = Workflow(
        "05 Low VRAM",
        "For cards with 2 GB: half precision, the pruned variant (face-unet is small as it is), one face at a time. "
        "When memory still runs out, the network is evaluated in strips and then on the CPU; the report says so.\n\n"
        + _CHOOSE_MODEL,
    )
    model = flow.add("GPENLoadModel", precision="fp16", variant="pruned")
    photo = flow.add("GPENExamplePicture", picture="portrait")
    restored = flow.add(
        "GPENEnhance",
        model=model[0],
        image=photo[0],
        strength=80,
        tile_size=256,
        overlap=32,
        batch_size=1,
    )
    flow.add("GPENSaveImage", images=restored["image"], filename_prefix="GPEN/low_vram")
    return flow


def batch() -> Workflow:
    flow = Workflow(
        "06 Batch of images",
        "Every picture of a batch is restored, in order; faces of several pictures share a pass of the network. "
        "Pictures of different sizes: bring them to one size first, or use the command line for folders.",
    )
    model = flow.add("GPENLoadModel")
    first = flow.add("GPENExamplePicture", picture="portrait")
    second = flow.add("GPENExamplePicture", picture="old_photo")
    images = flow.add("ImageBatch", image1=first[0], image2=second[0])
    restored = flow.add("GPENEnhance", model=model[0], image=images[0], strength=80)
    flow.add(
        "GPENSaveImage", images=restored["image"], filename_prefix="GPEN/batch", format="jpeg", title="Save as JPEG"
    )
    return flow


def crop_edit_paste() -> Workflow:
    flow = Workflow(
        "07 Crop, edit, paste",
        "The restored faces can be edited by any node before they go back: here they are enlarged and sharpened. "
        "*Paste Faces* takes crops of any size, and a picture of any scale.",
    )
    model = flow.add("GPENLoadModel")
    photo = flow.add("GPENExamplePicture", picture="portrait")
    restored = flow.add("GPENEnhance", model=model[0], image=photo[0], strength=100)
    edited = flow.add("ImageScale", image=restored["crops"], upscale_method="bicubic", width=512, height=512)
    sharper = flow.add("ImageSharpen", image=edited[0], sharpen_radius=1, sigma=0.7, alpha=0.4)
    pasted = flow.add("GPENPasteFaces", image=photo[0], crops=sharper[0], faces=restored["faces"], strength=80)
    flow.add("PreviewImage", images=sharper[0], title="The edited face")
    flow.add("GPENSaveImage", images=pasted["image"], filename_prefix="GPEN/pasted")
    return flow


def advisor() -> Workflow:
    flow = Workflow(
        "08 Advisor",
        "*GPEN Advisor* measures the picture and its faces and proposes settings, each with its reason; the chart "
        "shows the measures against their thresholds. The settings are connected: the sliders of *GPEN Enhance* rest.",
    )
    model = flow.add("GPENLoadModel")
    photo = flow.add("GPENExamplePicture", picture="portrait")
    advice = flow.add("GPENAdvisor", image=photo[0])
    restored = flow.add("GPENEnhance", model=model[0], image=photo[0], settings=advice["settings"])
    flow.add("PreviewImage", images=advice["chart"], title="Measures")
    flow.add("GPENSaveImage", images=restored["image"], filename_prefix="GPEN/advised")
    return flow


WORKFLOWS = (
    restore_a_photo,
    group_photo,
    after_stable_diffusion,
    old_photo,
    low_vram,
    batch,
    crop_edit_paste,
    advisor,
)


def files(nodes: Nodes) -> dict[Path, str]:
    """example_workflows/*.json, from the schemas that are stored."""
    flows = [make() for make in WORKFLOWS]
    return {
        FOLDER / f"{flow.name}.json": json.dumps(flow.as_json(), indent=2, ensure_ascii=False) + "\n" for flow in flows
    }
