"""Everything but the files that need them works without the optional packages, and never imports them by itself."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import torch
from safetensors.torch import save_file

PROJECT = Path(__file__).resolve().parents[2]
OPTIONAL = ("onnx", "onnxruntime", "spandrel", "spandrel_extra_arches", "torchvision", "einops", "pillow_heif")
_PROGRAM = """
import importlib, json, pkgutil, sys
optional, onnx_file, gfpgan_file, picture = json.loads(sys.argv[1])

class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in optional:
            raise ModuleNotFoundError(f"No module named '{name}'", name=name)

sys.meta_path.insert(0, Blocker())
import gpen_core
for module in pkgutil.walk_packages(gpen_core.__path__, "gpen_core."):
    if not module.name.endswith("__main__"):
        importlib.import_module(module.name)
from gpen_core.image import read_picture
from gpen_core.quality import advise_picture
from gpen_core.faces import make_detector
from gpen_core.restore import find_faces

pixels = read_picture(picture).pixels
model = gpen_core.load_model(device="cpu")
result = gpen_core.restore(pixels, model, detector="yunet")
found = find_faces(pixels.numpy(), make_detector("yunet"))
advice = advise_picture(pixels.numpy(), found).advice
told = {"changed": bool((result.image != pixels).any()), "advice": len(advice.faces)}
for name, path in (("onnx", onnx_file), ("gfpgan", gfpgan_file)):
    try:
        gpen_core.load_model(path, "cpu")
    except gpen_core.GPENError as error:
        told[name] = str(error)
told["imported"] = [name for name in optional if name in sys.modules]
print(json.dumps(told))
"""


def test_without_them_everything_else_works(tmp_path: Path) -> None:
    (tmp_path / "GPEN-BFR-512.onnx").write_bytes(b"\x08\x06\x12\x07pytorch" + bytes(600))
    marks = {"toRGB.0.weight": torch.zeros(2, 2), "stylegan_decoder.style_mlp.1.weight": torch.zeros(2, 2)}
    save_file(marks, tmp_path / "GFPGANv1.4.safetensors")
    picture = PROJECT / "example_workflows" / "pictures" / "portrait.jpg"
    given = [OPTIONAL, str(tmp_path / "GPEN-BFR-512.onnx"), str(tmp_path / "GFPGANv1.4.safetensors"), str(picture)]
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM, json.dumps(given)], capture_output=True, text=True, cwd=PROJECT, check=False
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout.splitlines()[-1])
    assert told["changed"] and told["advice"] == 1 and told["imported"] == []
    assert "pip install onnxruntime" in told["onnx"]
    assert "pip install --no-deps spandrel" in told["gfpgan"]
