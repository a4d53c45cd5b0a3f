"""Runs API graphs through the node classes, without ComfyUI."""

from __future__ import annotations

from typing import Any

import torch
from pack_loader import Nodes
from torch.nn import functional as F


class Core:
    """The few nodes of ComfyUI that the workflows use."""

    @staticmethod
    def BatchImagesNode(**images):  # noqa: N802
        return (torch.cat(list(images.values())),)

    @staticmethod
    def ImageScale(image, upscale_method, width, height, crop):  # noqa: N802
        return (F.interpolate(image.movedim(-1, 1), (height, width), mode=upscale_method).movedim(1, -1),)

    @staticmethod
    def ImageScaleBy(image, upscale_method, scale_by):  # noqa: N802
        return (F.interpolate(image.movedim(-1, 1), scale_factor=scale_by, mode="bicubic").movedim(1, -1),)

    @staticmethod
    def SaveWEBM(images, filename_prefix, codec, fps, crf):  # noqa: N802
        return (images,)

    @staticmethod
    def ImageSharpen(image, sharpen_radius, sigma, alpha):  # noqa: N802
        return (image,)


def run(nodes: Nodes, prompt: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """The result of every node of an API graph. nodes: the pack's."""
    done: dict[str, Any] = {}

    def result(number: str) -> Any:
        if number not in done:
            node = prompt[number]
            inputs = {
                name: outputs(value[0])[value[1]] if isinstance(value, list) else value
                for name, value in node["inputs"].items()
            }
            own = node["class_type"] in nodes.classes
            done[number] = (
                nodes.run(node["class_type"], **inputs) if own else getattr(Core, node["class_type"])(**inputs)
            )
        return done[number]

    def outputs(number: str) -> Any:
        return getattr(result(number), "args", result(number))

    return {number: result(number) for number in prompt}
