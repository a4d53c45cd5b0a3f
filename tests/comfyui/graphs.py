"""Pictures and API graphs that the tests against ComfyUI begin with."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from comfyui.server import Graph
from PIL import Image
from skimage import data

PORTRAIT = "gpen_test_portrait.png"
"""One face of about 90 px in 256 x 256 px: NASA's portrait of Eileen Collins, in the public domain."""
CROWD = "gpen_test_crowd.png"
"""That face six times."""


def save_pictures(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    portrait = Image.fromarray(data.astronaut()).resize((256, 256), Image.Resampling.LANCZOS)
    portrait.save(folder / PORTRAIT)
    Image.fromarray(np.tile(np.asarray(portrait), (2, 3, 1))).save(folder / CROWD)


def enhance_graph(picture: str = PORTRAIT, **changes: Any) -> Graph:
    """load -> enhance -> look: nodes "model", "image", "enhance", "look", and "save" for the picture.

    changes: inputs of GPEN Enhance.
    """
    return {
        "model": load_model_node(),
        "image": load_image_node(picture),
        "enhance": enhance_node(**changes),
        "look": look_node(["enhance", 0], ["image", 0]),
        "save": {"class_type": "SaveImage", "inputs": {"images": ["enhance", 0], "filename_prefix": "enhanced"}},
    }


def load_image_node(picture: str = PORTRAIT) -> dict[str, Any]:
    return {"class_type": "LoadImage", "inputs": {"image": picture}}


def load_model_node(**changes: Any) -> dict[str, Any]:
    inputs = {"model": "face-unet", "device": "auto", "precision": "fp32", "variant": "full"}
    return {"class_type": "GPENLoadModel", "inputs": {**inputs, **changes}}


def enhance_node(**changes: Any) -> dict[str, Any]:
    inputs = {
        "model": ["model", 0],
        "image": ["image", 0],
        "strength": 60,
        "mode": "natural",
        "denoise": 30,
        "sharpen": 50,
        "contrast": 50,
        "brightness": 50,
        "skin_protect": True,
        "detail_enhance": False,
        "detector": "embedded",
    }
    return {"class_type": "GPENEnhance", "inputs": {**inputs, **changes}}


def look_node(value: Any, other: Any = None) -> dict[str, Any]:
    """What `seen` of a run tells about afterwards."""
    return {"class_type": "GPENProbeLook", "inputs": {"value": value, **({} if other is None else {"other": other})}}


def value_node(text: str) -> dict[str, Any]:
    """Any value, as JSON; see GPENProbeValue."""
    return {"class_type": "GPENProbeValue", "inputs": {"text": text}}


def picture_node(form: str, image: Any = None) -> dict[str, Any]:
    """The picture of node "image" in another form; see GPENProbePicture."""
    return {"class_type": "GPENProbePicture", "inputs": {"image": image or ["image", 0], "form": form}}


def numbered(graph: Graph) -> Graph:
    """The graph with the ids that the front end gives to nodes."""
    numbers = {name: str(number) for number, name in enumerate(graph, 1)}

    def renamed(value: Any) -> Any:
        return [numbers[value[0]], value[1]] if isinstance(value, list) else value

    return {
        numbers[name]: {**node, "inputs": {key: renamed(value) for key, value in node["inputs"].items()}}
        for name, node in graph.items()
    }
