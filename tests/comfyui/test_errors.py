"""What users read when something is wrong: a full first line, then advice."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from comfyui.graphs import enhance_graph, picture_node, value_node
from comfyui.server import ComfyServer, Graph
from safetensors.torch import save_file


def _message(comfy: ComfyServer, graph: Graph) -> list[str]:
    """The lines of the error, and that it has advice."""
    lines = comfy.run(graph).error["exception_message"].strip().splitlines()
    assert len(lines) > 1
    assert lines[0].rstrip()[-1] in ".:"
    return lines


def _with_model(name: str) -> Graph:
    graph = enhance_graph()
    graph["model"]["inputs"]["model"] = name
    return graph


@pytest.fixture
def models(comfy: ComfyServer) -> Path:
    folder = comfy.base / "models" / "facerestore_models"
    folder.mkdir(exist_ok=True)
    return folder


def test_a_missing_weight_file(comfy: ComfyServer, models: Path) -> None:
    lines = _message(comfy, _with_model("GPEN-BFR-512.pth"))
    assert "GPEN-BFR-512.pth" in lines[0]
    assert str(models) in lines[0]
    assert any("https://" in line for line in lines[1:])


def test_a_file_that_is_no_checkpoint(comfy: ComfyServer, models: Path) -> None:
    (models / "gpen-page.pth").write_text("<!DOCTYPE html><html>Not found</html>")
    assert "gpen-page.pth" in _message(comfy, _with_model("gpen-page.pth"))[0]


def test_a_checkpoint_of_something_else(comfy: ComfyServer, models: Path) -> None:
    save_file({"conv_first.weight": torch.zeros(3, 3)}, models / "gpen-other.safetensors")
    assert "gpen-other.safetensors" in _message(comfy, _with_model("gpen-other.safetensors"))[0]


def test_a_tensor_that_is_no_picture(comfy: ComfyServer) -> None:
    graph = enhance_graph(image=["form", 0])
    graph["form"] = picture_node("latent-like")
    assert "(1, 3, 256, 256)" in _message(comfy, graph)[0]


def test_masks_for_another_number_of_pictures(comfy: ComfyServer) -> None:
    graph = enhance_graph(region=["mask", 0])
    graph["mask"] = value_node('{"tensor": [2, 64, 64], "fill": 1}')
    assert "2 masks" in _message(comfy, graph)[0]


def test_face_numbers_that_are_none(comfy: ComfyServer) -> None:
    assert "'first'" in _message(comfy, enhance_graph(indices="first"))[0]


def test_boxes_that_are_none(comfy: ComfyServer) -> None:
    graph = enhance_graph(bboxes=["boxes", 0])
    graph["boxes"] = value_node('[{"left": 1}]')
    assert "BOUNDING_BOX" in _message(comfy, graph)[0]


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        ({"strength": 101}, "value_bigger_than_max"),
        ({"denoise": -1}, "value_smaller_than_min"),
        ({"model": ["image", 0]}, "return_type_mismatch"),
    ],
)
def test_values_out_of_range_are_refused_before_anything_runs(
    change: dict[str, Any], kind: str, comfy: ComfyServer
) -> None:
    errors = comfy.refusal(enhance_graph(**change))["node_errors"]["enhance"]["errors"]
    assert [error["type"] for error in errors] == [kind]


def test_an_unknown_mode(comfy: ComfyServer, object_info: dict[str, Any]) -> None:
    graph = enhance_graph(mode="fancy")
    if comfy.version() < (0, 7):  # these check no V3 combos: the node itself says it
        assert "fancy" in _message(comfy, graph)[0]
    else:
        assert comfy.refusal(graph)["node_errors"]["enhance"]["errors"][0]["type"] == "value_not_in_list"


def test_after_errors_everything_works(comfy: ComfyServer) -> None:
    test_a_tensor_that_is_no_picture(comfy)
    comfy.run(enhance_graph(strength=59)).require_success()
