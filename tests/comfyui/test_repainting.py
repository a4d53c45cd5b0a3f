"""GPEN's networks for other work, of random weights, in ComfyUI: each changes what it should and saves it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from comfyui.graphs import enhance_graph, load_model_node
from comfyui.server import ComfyServer, Graph, Start
from networks import tiny_generator
from safetensors.torch import save_file

_EXAMPLES = {"GPENColourise": "old_photo", "GPENInpaint": "scratched", "GPENSeg2Face": "segmentation"}


@pytest.fixture(scope="module")
def comfy(start: Start) -> Iterator[ComfyServer]:
    server = start()
    folder = server.base / "models" / "facerestore_models"
    folder.mkdir(parents=True)
    save_file(tiny_generator().state_dict(), folder / "GPEN-tiny.safetensors")
    with server:
        yield server


def graph_of(node: str, **inputs: Any) -> Graph:
    """model, example picture -> node -> look, save; the names are those of `enhance_graph`."""
    pictures = {"segmentation" if node == "GPENSeg2Face" else "image": ["image", 0]}
    kept = {name: part for name, part in enhance_graph().items() if name in ("look", "save")}
    return kept | {
        "model": load_model_node(model="GPEN-tiny.safetensors"),
        "image": {"class_type": "GPENExamplePicture", "inputs": {"picture": _EXAMPLES[node]}},
        "enhance": {"class_type": node, "inputs": {"model": ["model", 0], **pictures, **inputs}},
    }


@pytest.mark.parametrize(
    ("node", "inputs"),
    [("GPENColourise", {"spread": 100, "feather": 0.2, "keep_light": True}), ("GPENInpaint", {}), ("GPENSeg2Face", {})],
)
def test_it_runs_and_saves(node: str, inputs: dict[str, Any], comfy: ComfyServer) -> None:
    graph = graph_of(node, **inputs)
    if node == "GPENSeg2Face":  # its faces are of the network's size, not of the picture's
        graph["look"]["inputs"].pop("other")
    run = comfy.run(graph).require_success()
    assert len(run.outputs["save"]["images"]) == 1
    assert run.texts["enhance"]
    if node != "GPENSeg2Face":
        assert run.outputs["look"]["seen"][0]["difference"] > 0.0
