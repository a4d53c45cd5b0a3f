"""ComfyUI manages the networks' memory as it does that of its own models."""

from __future__ import annotations

from typing import Any

from comfyui.graphs import enhance_graph, enhance_node, load_model_node, look_node
from comfyui.server import ComfyServer, Graph


def _two_loaders(device: str) -> Graph:
    """Two loaders, one with device "auto", one with what that means: ComfyUI itself takes them for two."""
    graph = enhance_graph(strength=71, mode="strong")  # crops the network has not seen, so that it has to run
    graph["second model"] = load_model_node(device=device)
    graph["second"] = enhance_node(model=["second model", 0], strength=72)
    graph["second look"] = look_node(["second", 0])
    return graph


def _state(comfy: ComfyServer) -> dict[str, Any]:
    return comfy.get("/gpen_probe/state")


def test_comfyui_knows_the_loaded_network(comfy: ComfyServer) -> None:
    comfy.free()
    # Of other crops than those of the tests before, which the network need not see again.
    comfy.run(enhance_graph(strength=73, template="ffhq")).require_success()
    assert _state(comfy)["loaded"] == ["UNetNetwork"]


def test_two_loaders_share_one_network(comfy: ComfyServer, object_info: dict[str, Any]) -> None:
    device = object_info["GPENLoadModel"]["input"]["required"]["device"][1]["options"][-1]
    comfy.run(enhance_graph(strength=70)).require_success()
    alone = len(_state(comfy)["networks"])
    assert alone == 1
    comfy.free()  # or ComfyUI would take the first loader from its cache
    run = comfy.run(_two_loaders(device)).require_success()
    assert {"model", "second model"} <= set(run.executed)
    assert _state(comfy)["loaded"] == ["UNetNetwork"]
    assert len(_state(comfy)["networks"]) == alone


def test_two_workflows_share_one_network(comfy: ComfyServer) -> None:
    comfy.run(enhance_graph(strength=74)).require_success()
    alone = len(_state(comfy)["networks"])
    assert alone == 1
    other = {"image": enhance_graph()["image"], "look": look_node(["image", 0])}
    comfy.run(other).require_success()  # ComfyUI forgets what the last graph did not use
    comfy.run(enhance_graph(strength=75)).require_success()
    assert len(_state(comfy)["networks"]) == alone


def test_free_gives_the_memory_back(comfy: ComfyServer) -> None:
    comfy.run(enhance_graph(strength=76)).require_success()
    comfy.free()
    state = _state(comfy)
    assert state["loaded"] == []
    assert all(places == ["cpu"] for places in state["networks"])


def test_free_after_another_workflow_leaves_no_network_behind(comfy: ComfyServer) -> None:
    comfy.run(enhance_graph(strength=78)).require_success()
    comfy.run({"image": enhance_graph()["image"], "look": look_node(["image", 0])}).require_success()
    comfy.free()
    assert _state(comfy)["networks"] == []


def test_after_free_the_network_comes_back(comfy: ComfyServer) -> None:
    comfy.free()
    run = comfy.run(enhance_graph(strength=77)).require_success()
    assert run.outputs["look"]["seen"][0]["difference"] > 0.02
    assert _state(comfy)["loaded"] == ["UNetNetwork"]
