"""Whatever form other nodes give pictures, masks and faces in."""

from __future__ import annotations

import json
from typing import Any

import pytest
from comfyui.graphs import CROWD, enhance_graph, look_node, picture_node, value_node
from comfyui.server import ComfyServer, Graph, Start

_FACE = {"x": 84, "y": 20, "width": 56, "height": 80, "score": 0.9}  # of the portrait, in px
_POINTS = [[103, 56], [124, 54], [116, 69], [106, 80], [125, 79]]
_FORMS = {
    "rgb": [1, 256, 256, 3],
    "half": [1, 256, 256, 3],
    "grey": [1, 256, 256, 1],
    "alpha": [1, 256, 256, 4],
    "hdr": [1, 256, 256, 3],
    "batch": [3, 256, 256, 3],
    "large": [1, 512, 512, 3],
}


def _seen(comfy: ComfyServer, graph: Graph, node: str = "look") -> dict[str, Any]:
    return comfy.run(graph).require_success().outputs[node]["seen"][0]


@pytest.mark.parametrize(("form", "shape"), _FORMS.items())
def test_a_picture_of_any_form_is_restored_in_that_form(form: str, shape: list[int], comfy: ComfyServer) -> None:
    graph = enhance_graph(image=["form", 0])
    graph |= {"form": picture_node(form), "look": look_node(["enhance", 0], ["form", 0])}
    del graph["save"]  # core saves no grey pictures
    seen = _seen(comfy, graph)
    assert (seen["shape"], seen["dtype"], seen["finite"]) == (shape, "torch.float32", True)
    assert seen["difference"] > 0.02


@pytest.mark.parametrize("shape", [[256, 256], [1, 256, 256], [1, 64, 64], [1, 1, 128, 128], [3, 100, 30]])
def test_a_mask_of_any_shape_chooses_faces(shape: list[int], comfy: ComfyServer) -> None:
    graph = enhance_graph(image=["form", 0], region=["mask", 0])
    graph |= {"form": picture_node("batch"), "look": look_node(["enhance", 0], ["form", 0])}
    graph["mask"] = value_node(json.dumps({"tensor": shape, "fill": 1}))
    assert _seen(comfy, graph)["difference"] > 0.02


def test_an_empty_mask_means_no_face(comfy: ComfyServer) -> None:
    graph = enhance_graph(region=["mask", 0])
    graph["mask"] = value_node('{"tensor": [1, 256, 256], "fill": 0}')
    assert _seen(comfy, graph)["difference"] == 0


@pytest.mark.parametrize("boxes", [_FACE, [_FACE], [[_FACE]]], ids=["one", "list", "list per picture"])
def test_boxes_of_other_detectors_are_used(boxes: Any, comfy: ComfyServer) -> None:
    graph = enhance_graph(bboxes=["boxes", 0])
    graph["boxes"] = value_node(json.dumps(boxes))
    assert _seen(comfy, graph)["difference"] > 0.02


def test_landmarks_of_other_detectors_are_used(comfy: ComfyServer) -> None:
    graph = enhance_graph(landmarks=["landmarks", 0])
    frames = [[{"landmarks_xy": _POINTS, "bbox_xyxy": [84, 20, 140, 100], "score": 0.9}]]
    graph["landmarks"] = value_node(json.dumps({"frames": frames, "image_size": [256, 256]}))
    assert _seen(comfy, graph)["difference"] > 0.02


def test_no_boxes_means_no_face(comfy: ComfyServer) -> None:
    graph = enhance_graph(bboxes=["boxes", 0])
    graph["boxes"] = value_node("[[]]")
    assert _seen(comfy, graph)["difference"] == 0


def _crop_graph(**paste: Any) -> Graph:
    """load -> Face Crop -> another size -> Paste Faces."""
    crop = {"image": ["image", 0], "method": "aligned", "crop_size": 256, "detector": "embedded"}
    size = {"width": 300, "height": 300, "upscale_method": "bilinear", "crop": "disabled"}
    inputs = {"image": ["image", 0], "crops": ["edited", 0], "faces": ["crop", 1], "strength": 100, **paste}
    return {
        "image": {"class_type": "LoadImage", "inputs": {"image": CROWD}},
        "crop": {"class_type": "GPENFaceCrop", "inputs": crop},
        "edited": {"class_type": "ImageScale", "inputs": {"image": ["crop", 0], **size}},
        "paste": {"class_type": "GPENPasteFaces", "inputs": inputs},
        "look": look_node(["paste", 0], ["image", 0]),
        "crops": look_node(["crop", 0]),
    }


def test_crops_of_another_size_go_back_to_their_place(comfy: ComfyServer) -> None:
    run = comfy.run(_crop_graph()).require_success()
    assert run.outputs["crops"]["seen"][0]["shape"] == [6, 256, 256, 3]
    assert run.outputs["look"]["seen"][0]["difference"] < 0.25  # the same faces, only resampled twice


def test_crops_go_onto_an_enlarged_picture(comfy: ComfyServer) -> None:
    graph = _crop_graph(image=["enlarged", 0])
    scale = {"image": ["image", 0], "upscale_method": "bicubic", "scale_by": 2.0}
    graph |= {"enlarged": {"class_type": "ImageScaleBy", "inputs": scale}}
    graph["look"] = look_node(["paste", 0], ["enlarged", 0])
    seen = _seen(comfy, graph)
    assert seen["shape"] == [1, 1024, 1536, 3]
    assert seen["difference"] < 0.35


def test_half_precision_between_nodes(recent: None, start: Start) -> None:
    with start("--fp16-intermediates") as comfy:
        seen = _seen(comfy, enhance_graph())
        assert (seen["dtype"], seen["finite"]) == ("torch.float16", True)
        assert seen["difference"] > 0.02
        pasted = _seen(comfy, _crop_graph())
        assert pasted["dtype"] == "torch.float16"
