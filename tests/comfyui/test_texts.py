"""The texts inside nodes: of large batches, of cached runs, in both renderers and on the blueprint."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from comfyui.browser import FrontEnd, front_end
from comfyui.graphs import enhance_graph, look_node, numbered, picture_node
from comfyui.server import ComfyServer, Graph

_PROJECT = Path(__file__).resolve().parents[2]
_BLUEPRINT = _PROJECT / "subgraphs" / "Restore faces (GPEN).json"
_FORTY = [
    "40 pictures: 38 of 38 faces restored, 2 pictures without a face",
    "pictures 7, 31: no face found: passed through unchanged",
]
_RENDERERS = pytest.mark.parametrize("vue", [False, True], ids=["canvas", "nodes 2.0"])


def _forty(**changes: Any) -> Graph:
    """40 pictures, two without a face, through every node that says something of faces."""
    graph = enhance_graph(image=["forty", 0], **changes)
    graph |= {"forty": picture_node("forty"), "look": look_node(["paste", 0], ["blend", 0])}
    del graph["save"]
    inputs = {"image": ["forty", 0], "method": "aligned", "crop_size": 64, "detector": "embedded"}
    graph["crop"] = {"class_type": "GPENFaceCrop", "inputs": inputs}
    inputs = {"image": ["forty", 0], "crops": ["crop", 0], "faces": ["crop", 1], "strength": 100}
    graph["paste"] = {"class_type": "GPENPasteFaces", "inputs": inputs}
    inputs = {"original": ["forty", 0], "enhanced": ["enhance", 0], "faces": ["crop", 1]}
    inputs |= {"keep_colour": 50, "keep_light": 50, "texture": 0.5, "smooth": 0.0}
    graph["blend"] = {"class_type": "GPENSkinProtectBlend", "inputs": inputs}
    return graph


def test_forty_pictures_give_one_line_and_the_exceptions(comfy: ComfyServer) -> None:
    texts = comfy.run(_forty(strength=71)).require_success().texts
    without = "pictures 7, 31: no face: passed through unchanged"
    assert texts["enhance"].splitlines() == _FORTY
    assert texts["crop"].splitlines() == [_FORTY[0].replace("restored", "cut out"), _FORTY[1]]
    assert texts["paste"].splitlines() == ["38 faces pasted", without]
    assert texts["blend"].splitlines() == ["38 faces with skin of the original", without]


def test_a_cached_run_says_the_same(recent: None, comfy: ComfyServer) -> None:
    graph = _forty(strength=72)
    first, again = comfy.run(graph).require_success(), comfy.run(graph).require_success()
    assert again.executed == []
    assert again.texts == first.texts
    assert set(first.texts) == {"model", "crop", "enhance", "paste", "blend"}


def test_a_partly_cached_run_says_what_the_whole_would(recent: None, comfy: ComfyServer) -> None:
    comfy.run(_forty(strength=73)).require_success()
    texts = comfy.run(_forty(strength=74)).require_success().texts
    assert texts["enhance"].splitlines() == _FORTY
    assert "cut out" in texts["crop"] and "Terms" in texts["model"]


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the screenshots go."""
    named = os.environ.get("GPEN_SCREENSHOTS")
    return Path(named) if named else tmp_path_factory.mktemp("screenshots")


@_RENDERERS
def test_the_browser_shows_the_lines_computed_and_cached(
    vue: bool, recent: None, comfy: ComfyServer, pictures: Path
) -> None:
    graph = numbered(_forty(strength=75 + vue))
    with front_end(comfy, vue=vue) as shown:
        for number in range(2):  # the second time in an empty graph, from the cache
            shown.load_api(graph)
            ending, data = shown.press_run()
            assert ending == "execution_success", data
            shown.screenshot(pictures / f"forty {'vue' if vue else 'canvas'} {number}.png")
            assert shown.texts()["GPENEnhance"] == _FORTY
            assert len(shown.texts()["GPENLoadModel"]) == 2
            assert _to_be_scrolled(shown) == []
        assert shown.complaints == []


@_RENDERERS
def test_the_blueprint_says_that_there_is_no_face(vue: bool, recent: None, comfy: ComfyServer, pictures: Path) -> None:
    with front_end(comfy, vue=vue) as shown:
        for number in range(2):
            shown.load(_around_blueprint("faceless"))
            ending, data = shown.press_run()
            assert ending == "execution_success", data
            shown.screenshot(pictures / f"blueprint {'vue' if vue else 'canvas'} {number}.png")
            (lines,) = shown.texts().values()
            assert lines[-1] == "no face found: passed through unchanged"
            assert _to_be_scrolled(shown) == []
        assert shown.complaints == []


def _to_be_scrolled(shown: FrontEnd) -> list[str]:
    """Texts inside nodes of which not everything is in sight."""
    return shown.page.evaluate(
        """() => [...document.querySelectorAll('.dom-widget .overflow-y-auto, .comfy-markdown-content')]
            .filter(each => each.scrollHeight > each.clientHeight + 1)
            .map(each => `${each.innerText}: ${each.scrollHeight} in ${each.clientHeight} px`)"""
    )


def _around_blueprint(form: str) -> dict[str, Any]:
    """LoadImage -> a picture of that form -> the blueprint -> PreviewImage."""
    workflow = json.loads(_BLUEPRINT.read_text(encoding="utf-8"))
    (outer,) = workflow["nodes"]
    outer["id"], outer["pos"] = 3, [700, 0]
    outer["inputs"][0]["link"] = 2
    outer["outputs"][0]["links"] = [3]
    load = _node(1, "LoadImage", [0, 0], ["gpen_test_portrait.png", "image"])
    load["outputs"] = [{"name": "IMAGE", "type": "IMAGE", "links": [1]}, {"name": "MASK", "type": "MASK", "links": []}]
    form_node = _node(2, "GPENProbePicture", [350, 0], [form])
    form_node["inputs"] = [{"name": "image", "type": "IMAGE", "link": 1}]
    form_node["outputs"] = [{"name": "IMAGE", "type": "IMAGE", "links": [2]}]
    preview = _node(4, "PreviewImage", [1100, 0], [])
    preview["inputs"] = [{"name": "images", "type": "IMAGE", "link": 3}]
    links = [[1, 1, 0, 2, 0, "IMAGE"], [2, 2, 0, 3, 0, "IMAGE"], [3, 3, 0, 4, 0, "IMAGE"]]
    nodes = [load, form_node, outer, preview]
    return {**workflow, "nodes": nodes, "links": links, "last_node_id": 4, "last_link_id": 3}


def _node(number: int, kind: str, position: list[int], values: list[Any]) -> dict[str, Any]:
    node = {"id": number, "type": kind, "pos": position, "size": [300, 300], "flags": {}, "order": number, "mode": 0}
    return {**node, "inputs": [], "outputs": [], "properties": {}, "widgets_values": values}
