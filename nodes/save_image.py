"""Save Image (PNG/JPEG)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import folder_paths
import numpy as np
from comfy_api.latest import io, ui
from numpy.typing import NDArray
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from torch import Tensor

from ..gpen_core.message import Message
from ..gpen_core.restore.warnings import JPEG_LOSES
from . import feedback
from .schema import schema
from .tensors import as_pictures

_EXIF_MAKE, _EXIF_MODEL = 0x010F, 0x0110  # where ComfyUI keeps workflow and prompt in files that are not PNG
_MOST_EXIF = 60_000  # bytes; a JPEG segment ends at 65,535
_SUFFIXES = {"png": ".png", "jpeg": ".jpg"}


class SaveImage(io.ComfyNode):
    """Writes a batch into ComfyUI's output folder."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        return schema(
            node_id="GPENSaveImage",
            display_name="Save Image PNG/JPEG (GPEN)",
            description="Saves pictures into ComfyUI's output folder, as PNG without loss or as JPEG of a chosen "
            "quality. The workflow is kept in the file, so that dropping it onto ComfyUI opens it again (PNG).",
            search_aliases=["save jpeg", "save jpg", "export", "保存图片", "保存jpg", "导出图片"],
            is_output_node=True,
            hidden=[io.Hidden.prompt, io.Hidden.extra_pnginfo],
            inputs=[
                io.Image.Input("images"),
                io.String.Input(
                    "filename_prefix",
                    default="GPEN",
                    tooltip="Start of the file name; may hold a folder and ComfyUI's %date:yyyy-MM-dd% and the like.",
                ),
                io.Combo.Input(
                    "format",
                    options=list(_SUFFIXES),
                    default="png",
                    tooltip="png keeps every pixel: for archives and for further work. jpeg is smaller and loses "
                    "fine detail each time it is saved.",
                ),
                io.Int.Input(
                    "quality", default=95, min=1, max=100, tooltip="Of JPEG. 90 to 95 is hard to tell from PNG."
                ),
                io.Boolean.Input(
                    "save_workflow",
                    default=True,
                    tooltip="Keep the workflow in the file. A PNG dropped onto ComfyUI opens it; of a JPEG ComfyUI "
                    "takes only the picture, and the workflow stays in its EXIF for other programs.",
                ),
            ],
            outputs=[],
        )

    @classmethod
    def execute(
        cls, images: Tensor, filename_prefix: str, format: str, quality: int, save_workflow: bool
    ) -> io.NodeOutput:
        pictures = as_pictures(images)
        workflow = _workflow(cls.hidden) if save_workflow and not _metadata_disabled() else {}
        folder, name, counter, subfolder, _ = folder_paths.get_save_image_path(
            filename_prefix, folder_paths.get_output_directory(), pictures.width, pictures.height
        )
        results, notes = [], dict.fromkeys([JPEG_LOSES] if format == "jpeg" else [])
        for number, image in enumerate(pictures.like(pictures.pixels())):
            file = f"{name.replace('%batch_num%', str(number))}_{counter + number:05}_{_SUFFIXES[format]}"
            picture = _as_eight_bit(image)
            if format == "png":
                picture.save(Path(folder, file), pnginfo=_png_text(workflow), compress_level=4)
            elif not _save_jpeg(picture, Path(folder, file), quality, workflow):
                notes[Message("The workflow is too large for a JPEG and was left out: PNG keeps it")] = None
            results.append(ui.SavedResult(file, subfolder, io.FolderType.output))
        several = "{count} picture saved as {format}" if len(results) == 1 else "{count} pictures saved as {format}"
        saved = Message(several, count=len(results), format=format.upper())
        return io.NodeOutput(ui=feedback.shown(feedback.noted(saved, notes), ui.SavedImages(results)))


def _as_eight_bit(image: Tensor) -> Image.Image:
    values: NDArray[np.float32] = image.detach().float().cpu().numpy()
    array = (np.clip(values, 0.0, 1.0) * 255.0 + 0.5).astype(np.uint8)
    return Image.fromarray(array[..., 0] if array.shape[-1] == 1 else array)


def _workflow(hidden: Any) -> dict[str, str]:
    """What ComfyUI needs to show the graph again: name -> JSON."""
    texts = {"prompt": hidden.prompt, **(hidden.extra_pnginfo or {})}
    return {name: json.dumps(value) for name, value in texts.items() if value is not None}


def _metadata_disabled() -> bool:
    from comfy.cli_args import args

    return bool(args.disable_metadata)


def _png_text(workflow: dict[str, str]) -> PngInfo:
    info = PngInfo()
    for name, text in workflow.items():
        info.add_text(name, text)
    return info


def _save_jpeg(picture: Image.Image, path: Path, quality: int, workflow: dict[str, str]) -> bool:
    """Returns whether the workflow found room in the file."""
    if picture.mode == "RGBA":
        opaque = Image.new("RGB", picture.size, "white")
        opaque.paste(picture, mask=picture.getchannel("A"))
        picture = opaque
    exif = picture.getexif()
    if "prompt" in workflow:
        exif[_EXIF_MODEL] = f"prompt:{workflow['prompt']}"
    if "workflow" in workflow:
        exif[_EXIF_MAKE] = f"workflow:{workflow['workflow']}"
    fits = len(exif.tobytes()) <= _MOST_EXIF
    if not fits:
        exif.clear()
    picture.save(path, "JPEG", quality=quality, subsampling=0 if quality >= 90 else 2, exif=exif)
    return fits
