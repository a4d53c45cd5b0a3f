"""Load GPEN Model."""

from __future__ import annotations

from typing import Any

import comfy.model_management as mm
from comfy_api.latest import io

from ..gpen_core.device import PRECISIONS
from ..gpen_core.message import Joined, Message
from ..gpen_core.network import DEFAULT_FIDELITY
from ..gpen_core.progress import Progress
from ..gpen_core.registry import VARIANTS
from . import feedback, model_files
from .handle import load_handle
from .schema import Model, advanced, schema


class LoadGPENModel(io.ComfyNode):
    """Any GPEN checkpoint, found or fetched, and other people's face restorers."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        return schema(
            node_id="GPENLoadModel",
            display_name="Load GPEN Model",
            description="Loads a face restoration network. face-unet comes with the pack; GPEN, GFPGAN, RestoreFormer "
            "and CodeFormer files (.pth, .safetensors, GPEN's .onnx too) are found in models/facerestore_models and "
            "models/gpen, and GPEN files marked (download) are fetched and verified.",
            search_aliases=[
                "gpen loader",
                "face restore model",
                "face model",
                "gpen-bfr",
                "gfpgan",
                "codeformer",
                "restoreformer",
                "onnx",
                "checkpoint",
                "人脸修复模型",
                "加载模型",
            ],
            inputs=[
                io.Combo.Input(
                    "model",
                    options=model_files.choices(),
                    default=model_files.choices()[0],
                    tooltip="The weight file. GPEN-BFR-512 is the usual choice; -256 is smaller and faster, -1024 and "
                    "-2048 are for large faces. Files marked (download) are fetched when the workflow runs.",
                ),
                io.Combo.Input(
                    "device",
                    options=_devices(),
                    default="auto",
                    tooltip="Where the network runs. auto is ComfyUI's own device.",
                ),
                io.Combo.Input(
                    "precision",
                    options=list(PRECISIONS),
                    default="auto",
                    tooltip="auto is fp16 on GPUs that are fast in it, else fp32. fp16 and bf16 halve the memory; "
                    "bf16 is also faster on recent CPUs.",
                ),
                io.Combo.Input(
                    "variant",
                    options=list(VARIANTS),
                    default=VARIANTS[0],
                    tooltip="pruned is a smaller network made from the same file: faster and lighter, a little less "
                    "exact. For faces only.",
                ),
                io.Float.Input(
                    "fidelity",
                    default=DEFAULT_FIDELITY,
                    min=0.0,
                    max=1.0,
                    step=0.05,
                    optional=True,
                    tooltip="Of CodeFormer: 0 gives the best-looking face, 1 the one most like the picture. Other "
                    "networks have no such choice.",
                    **advanced(),
                ),
            ],
            hidden=[io.Hidden.unique_id],
            outputs=[Model.Output(display_name="model", tooltip="For GPEN Enhance.")],
        )

    @classmethod
    def validate_inputs(cls, model: str | None) -> bool | str:
        # Named here, so that ComfyUI does not refuse "X (download)" after X has arrived, nor X before. None: another
        # node gives the name, when it runs.
        return "Choose a GPEN model." if model == "" else True

    @classmethod
    def fingerprint_inputs(cls, model: str | None, **_: Any) -> Any:
        """Runs again when the file has changed; of a name that another node gives nothing is known yet."""
        path = model_files.locate(model) if model else None
        if path is None:
            return None
        state = path.stat()
        return [str(path), state.st_mtime_ns, state.st_size]

    @classmethod
    def execute(
        cls, model: str, device: str, precision: str, variant: str, fidelity: float = DEFAULT_FIDELITY
    ) -> io.NodeOutput:
        path = model_files.obtain(model, feedback.progress())
        handle = load_handle(path, device, precision, variant, _making_smaller(cls, path.name), fidelity)
        loaded = handle.model
        kind = Message(
            "{name}: {family}, {sizes} px faces, {precision} on {device}",
            name=loaded.name,
            family=loaded.network.family,
            sizes=", ".join(map(str, loaded.network.sizes)),
            precision=loaded.precision,
            device=str(loaded.device),
        )
        terms = Message("Terms: {terms}", terms=loaded.network.terms)
        return io.NodeOutput(handle, ui=feedback.shown(Joined("\n", [kind, terms, *loaded.network.limits])))


def _making_smaller(node: type[LoadGPENModel], name: str) -> Progress:
    """Says what takes so long, once it begins, and moves the bar."""
    moved, told = feedback.progress(), False

    def report(done: int, total: int | None) -> None:
        nonlocal told
        if not told:
            told = True
            template = "Making the pruned variant of {name}: a minute or a few, once. It is kept for later."
            feedback.say(node, Message(template, name=name))
        moved(done, total)

    return report


def _devices() -> list[str]:
    # Older versions of ComfyUI know of one GPU only.
    devices = mm.get_all_torch_devices() if hasattr(mm, "get_all_torch_devices") else [mm.get_torch_device()]
    gpus = [str(device) for device in devices if device.type != "cpu"]
    return ["auto", "cpu", *gpus]
