"""Every kind of file that people have in models/facerestore_models, through the loader, restored and saved."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from comfyui.graphs import enhance_graph, load_model_node
from comfyui.server import ComfyServer, Start
from networks import tiny_generator
from safetensors.torch import save_file

_MAKER = Path(__file__).resolve().parents[1] / "spandrel_files.py"
_PYTHON = os.environ.get("COMFYUI_PYTHON", sys.executable)
_MARKS = ("position_emb", "idx_pred_layer.1.weight", "quantize.embedding.weight")  # of CodeFormer
_KINDS = {
    "GPEN-BFR-32.pth": "GPEN, 32 px faces, fp32 on cpu",
    "GPEN-BFR-32.safetensors": "GPEN, 32 px faces, fp32 on cpu",
    "GPEN-BFR-32.onnx": "GPEN (ONNX), 32 px faces, fp32 on cpu",
    "GFPGANv1.4.pth": "GFPGAN, 512 px faces, fp32 on cpu",
    "RestoreFormer.pth": "RestoreFormer, 512 px faces, fp32 on cpu",
    "codeformer.pth": "CodeFormer, 512 px faces, fp32 on cpu",
}


@pytest.fixture(scope="module")
def comfy(start: Start) -> Iterator[ComfyServer]:
    server = start()
    folder = server.base / "models" / "facerestore_models"
    folder.mkdir(parents=True)
    tensors = tiny_generator().state_dict()
    torch.save(tensors, folder / "GPEN-BFR-32.pth")
    save_file(tensors, folder / "GPEN-BFR-32.safetensors")
    if importlib.util.find_spec("onnx"):
        from onnx_files import export, plain

        export(plain(tiny_generator()), torch.zeros(1, 3, 32, 32), folder / "GPEN-BFR-32.onnx")
    for family, name in (("GFPGAN", "GFPGANv1.4.pth"), ("RestoreFormer", "RestoreFormer.pth"), ("ESRGAN", "4x.pth")):
        subprocess.run([_PYTHON, str(_MAKER), family, str(folder / name)], check=True)
    if _has("spandrel_extra_arches"):
        subprocess.run([_PYTHON, str(_MAKER), "CodeFormer", str(folder / "codeformer.pth")], check=True)
    else:
        save_file({name: torch.zeros(2, 2) for name in _MARKS}, folder / "codeformer.safetensors")
    with server:
        yield server


def _has(package: str) -> bool:
    """Whether ComfyUI's Python has it."""
    return subprocess.run([_PYTHON, "-c", f"import {package}"], capture_output=True, check=False).returncode == 0


def test_all_of_them_are_offered(comfy: ComfyServer) -> None:
    offered = comfy.get("/object_info")["GPENLoadModel"]["input"]["required"]["model"][1]["options"]
    files = {path.name for path in (comfy.base / "models" / "facerestore_models").iterdir()}
    assert files <= set(offered)


@pytest.mark.parametrize("name", _KINDS)
def test_it_loads_restores_and_saves(name: str, comfy: ComfyServer) -> None:
    if not (comfy.base / "models" / "facerestore_models" / name).exists():
        pytest.skip("what makes or runs such a file is not installed")
    if name.endswith(".onnx") and not _has("onnxruntime"):
        pytest.skip("ComfyUI has no ONNX Runtime")
    graph = enhance_graph(strength=100) | {"model": load_model_node(model=name)}
    run = comfy.run(graph).require_success()
    assert run.texts["model"].splitlines()[0].endswith(_KINDS[name])
    assert "Terms: " in run.texts["model"]
    assert run.outputs["look"]["seen"][0]["difference"] > 0.01
    assert len(run.outputs["save"]["images"]) == 1


def test_codeformer_without_its_package_says_what_to_install(comfy: ComfyServer) -> None:
    if _has("spandrel_extra_arches"):
        pytest.skip("it is installed")
    graph = enhance_graph() | {"model": load_model_node(model="codeformer.safetensors")}
    assert "pip install --no-deps spandrel_extra_arches" in comfy.run(graph).error["exception_message"]


def test_a_network_that_enlarges_pictures_is_refused_by_name(comfy: ComfyServer) -> None:
    run = comfy.run(enhance_graph() | {"model": load_model_node(model="4x.pth")})
    assert "ESRGAN" in run.error["exception_message"]


def test_onnx_without_its_package_says_what_to_install(comfy: ComfyServer) -> None:
    if _has("onnxruntime") or not (comfy.base / "models" / "facerestore_models" / "GPEN-BFR-32.onnx").exists():
        pytest.skip("it is installed, or no such file could be made")
    graph = enhance_graph() | {"model": load_model_node(model="GPEN-BFR-32.onnx")}
    assert "pip install onnxruntime" in comfy.run(graph).error["exception_message"]
