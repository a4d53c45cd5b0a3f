"""Graphs run in ComfyUI to their end, or to where they are cancelled."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from comfyui.graphs import CROWD, enhance_graph, look_node
from comfyui.server import ComfyServer
from PIL import Image
from workflow_graph import describe, to_prompt

_WORKFLOWS = sorted((Path(__file__).resolve().parents[2] / "example_workflows").glob("*.json"))


def test_a_face_is_restored_and_nothing_else_changes_size(comfy: ComfyServer) -> None:
    run = comfy.run(enhance_graph()).require_success()
    seen = run.outputs["look"]["seen"][0]
    assert seen["shape"] == [1, 256, 256, 3]
    assert seen["finite"]
    assert seen["difference"] > 0.02
    assert Image.open(io.BytesIO(comfy.file(run.outputs["save"]["images"][0]))).size == (256, 256)


def test_strength_zero_gives_the_picture_back(comfy: ComfyServer) -> None:
    run = comfy.run(enhance_graph(strength=0)).require_success()
    assert run.outputs["look"]["seen"][0]["difference"] == 0


def test_progress_reaches_the_end(comfy: ComfyServer) -> None:
    run = comfy.run(enhance_graph(CROWD, batch_size=1, strength=61)).require_success()
    values = run.progress("enhance")
    assert values[-1] == (6, 6)
    assert values == sorted(values)


def test_the_node_says_what_it_did(comfy: ComfyServer) -> None:
    run = comfy.run(enhance_graph(CROWD, strength=62)).require_success()
    assert run.texts["enhance"] == "6 of 6 faces restored"


def test_the_node_says_that_there_was_no_face(comfy: ComfyServer) -> None:
    graph = enhance_graph(image=["faceless", 0])
    graph["faceless"] = {"class_type": "GPENProbePicture", "inputs": {"image": ["image", 0], "form": "faceless"}}
    graph["look"] = look_node(["enhance", 0], ["faceless", 0])
    run = comfy.run(graph).require_success()
    assert "no face" in run.texts["enhance"]
    assert run.outputs["look"]["seen"][0]["difference"] == 0


def test_the_second_run_of_an_unchanged_graph_executes_nothing(comfy: ComfyServer) -> None:
    graph = enhance_graph(strength=63)
    comfy.run(graph).require_success()
    assert comfy.run(graph).require_success().executed == []


def test_a_slider_runs_its_node_and_those_behind_it_only(comfy: ComfyServer) -> None:
    comfy.run(enhance_graph(strength=64)).require_success()
    again = comfy.run(enhance_graph(strength=65)).require_success()
    assert set(again.executed) == {"enhance", "look", "save"}


def test_a_changed_weight_file_is_loaded_again(comfy: ComfyServer) -> None:
    weights = Path(__file__).resolve().parents[2] / "weights" / "face-unet.safetensors"
    copy = comfy.base / "models" / "facerestore_models" / "gpen-changing.safetensors"
    copy.parent.mkdir(exist_ok=True)
    copy.write_bytes(weights.read_bytes())
    graph = enhance_graph()
    graph["model"]["inputs"]["model"] = copy.name
    comfy.run(graph).require_success()
    copy.write_bytes(weights.read_bytes())  # the same, at another time
    assert "model" in comfy.run(graph).require_success().executed


def test_cancelling_stops_between_two_faces(comfy: ComfyServer) -> None:
    def cancel(kind: str, data: dict[str, Any]) -> None:
        if kind == "progress" and data["node"] == "enhance":
            comfy.post("/interrupt", {})

    run = comfy.run(enhance_graph(CROWD, batch_size=1, strength=66, scope="both", tile_size=128), cancel)
    assert run.ending == "execution_interrupted"
    value, total = run.progress("enhance")[-1]
    assert value < total


def test_after_cancelling_everything_works(comfy: ComfyServer) -> None:
    test_cancelling_stops_between_two_faces(comfy)
    run = comfy.run(enhance_graph(strength=67)).require_success()
    assert run.outputs["look"]["seen"][0]["difference"] > 0.02


@pytest.mark.parametrize("path", _WORKFLOWS, ids=lambda path: path.stem)
def test_an_example_workflow_runs(path: Path, comfy: ComfyServer, object_info: dict[str, Any]) -> None:
    workflow = json.loads(path.read_text())
    missing = {node["type"] for node in workflow["nodes"]} - {*object_info, "Note", "MarkdownNote"}
    if missing:
        pytest.skip(f"this ComfyUI has no {', '.join(sorted(missing))}")
    wanted = [model["name"] for node in workflow["nodes"] for model in node["properties"].get("models", [])]
    if wanted:
        pytest.skip(f"needs {', '.join(wanted)}")
    run = comfy.run(to_prompt(workflow, describe(object_info))).require_success()
    assert any("images" in output for output in run.outputs.values())
