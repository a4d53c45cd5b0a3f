"""Nodes and a route by which the tests look into a running ComfyUI. Linked beside the pack, for tests only."""

from __future__ import annotations

import gc
import importlib
import inspect
import json
from operator import attrgetter
from typing import Any

import comfy.model_management as mm
import torch
from aiohttp import web
from comfy_api.latest import ComfyExtension, io
from server import PromptServer
from torch import Tensor

Anything = io.Custom("*")


def _hdr(image: Tensor) -> Tensor:
    return image * 3.0 - 1.0


def _forty(image: Tensor) -> Tensor:
    """40 pictures, without a face in the 8th and the 32nd."""
    pictures = image.repeat(40, 1, 1, 1)
    pictures[[7, 31]] = 0.4
    return pictures


_FORMS = {
    "rgb": lambda image: image,
    "half": lambda image: image.half(),
    "grey": lambda image: image.mean(-1, keepdim=True),
    "alpha": lambda image: torch.cat([image, torch.full_like(image[..., :1], 0.5)], -1),
    "hdr": _hdr,
    "batch": lambda image: torch.cat([image, 1.0 - image, image], 0),
    "faceless": lambda image: torch.full_like(image, 0.4),
    "forty": _forty,
    "latent-like": lambda image: image.movedim(-1, 1),
    "large": lambda image: image.repeat(1, 2, 2, 1),
}


class Picture(io.ComfyNode):
    """An IMAGE as some other node might hand it over."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id="GPENProbePicture",
            category="probe",
            inputs=[io.Image.Input("image"), io.Combo.Input("form", options=list(_FORMS))],
            outputs=[io.Image.Output()],
        )

    @classmethod
    def execute(cls, image: Tensor, form: str) -> io.NodeOutput:
        return io.NodeOutput(_FORMS[form](image))


class Value(io.ComfyNode):
    """Any value, written as JSON; {"tensor": [..]} becomes a tensor of that shape filled with "fill"."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id="GPENProbeValue",
            category="probe",
            inputs=[io.String.Input("text", multiline=True)],
            outputs=[Anything.Output()],
        )

    @classmethod
    def execute(cls, text: str) -> io.NodeOutput:
        value = json.loads(text)
        if isinstance(value, dict) and "tensor" in value:
            value = torch.full(value["tensor"], float(value["fill"]))
        return io.NodeOutput(value)


class Look(io.ComfyNode):
    """Tells the test about a value: dtype, shape and range of a tensor, the text of anything else."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id="GPENProbeLook",
            category="probe",
            is_output_node=True,
            inputs=[Anything.Input("value"), Anything.Input("other", optional=True)],
            outputs=[],
        )

    @classmethod
    def execute(cls, value: Any, other: Any = None) -> io.NodeOutput:
        seen: dict[str, Any] = {"text": str(value)}
        if isinstance(value, Tensor):
            seen = {"dtype": str(value.dtype), "shape": list(value.shape), "device": value.device.type}
            if value.numel():
                seen |= {"min": float(value.min()), "max": float(value.max()), "finite": bool(value.isfinite().all())}
        if isinstance(other, Tensor):
            same = value.shape == other.shape
            seen["difference"] = float((value.float() - other.float()).abs().max()) if same else None
        return io.NodeOutput(ui={"seen": [seen]})


@PromptServer.instance.routes.get("/gpen_probe/state")
async def state(_: web.Request) -> web.Response:
    """The models ComfyUI holds in memory, and every face network alive with where its weights lie."""
    gc.collect()
    loaded = [type(entry.model.model).__name__ for entry in mm.current_loaded_models if entry.model is not None]
    networks = [
        found
        for found in gc.get_objects()
        if isinstance(found, torch.nn.Module) and "FaceNetwork" in (kind.__name__ for kind in type(found).__mro__)
    ]
    places = [sorted({tensor.device.type for tensor in found.parameters()}) for found in networks]
    return web.json_response({"loaded": loaded, "networks": places})


@PromptServer.instance.routes.post("/gpen_probe/parameters")
async def parameters(request: web.Request) -> web.Response:
    """["comfy.utils:ProgressBar.update", ..] -> {name: its parameters, or null where ComfyUI has no such thing}."""
    return web.json_response({name: _parameters(name) for name in await request.json()})


def _parameters(name: str) -> list[str] | None:
    module, _, path = name.partition(":")
    try:
        found = attrgetter(path)(importlib.import_module(module))
    except (ImportError, AttributeError):
        return None
    try:
        return list(inspect.signature(found).parameters)
    except ValueError:  # of a built-in, such as an exception's constructor
        return []


class Probe(ComfyExtension):
    async def get_node_list(self) -> list[type[io.ComfyNode]]:
        return [Picture, Value, Look]


async def comfy_entrypoint() -> Probe:
    return Probe()
