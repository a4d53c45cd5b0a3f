"""Save Image."""

from __future__ import annotations

import importlib
import json
from pathlib import Path

import folder_paths
import numpy as np
import pytest
import torch
from PIL import Image

PICTURE = torch.linspace(0, 1, 12 * 16 * 3).reshape(1, 12, 16, 3)


def saved(result) -> list[Path]:
    folder = Path(folder_paths.get_output_directory())
    return [folder / each["subfolder"] / each["filename"] for each in result.ui["images"]]


def test_png_keeps_every_level_and_the_workflow(nodes):
    (file,) = saved(nodes.run("GPENSaveImage", images=PICTURE, filename_prefix="GPEN/plain"))
    with Image.open(file) as picture:
        stored = np.asarray(picture)
        np.testing.assert_array_equal(stored, (PICTURE[0].numpy() * 255 + 0.5).astype(np.uint8))
        assert json.loads(picture.info["workflow"]) == {"nodes": []}
        assert json.loads(picture.info["prompt"]) == {"7": {}}


def test_jpeg_keeps_the_workflow_where_comfyui_looks_for_it(nodes):
    (file,) = saved(nodes.run("GPENSaveImage", images=PICTURE, format="jpeg", filename_prefix="GPEN/jpeg"))
    with Image.open(file) as picture:
        assert picture.format == "JPEG"
        assert picture.getexif()[0x010F] == 'workflow:{"nodes": []}'


def test_the_workflow_is_left_out_on_request(nodes):
    (file,) = saved(nodes.run("GPENSaveImage", images=PICTURE, save_workflow=False))
    with Image.open(file) as picture:
        assert "workflow" not in picture.info


def test_nothing_is_overwritten_and_the_order_is_kept(nodes):
    batch = torch.cat([PICTURE, 1 - PICTURE])
    first = saved(nodes.run("GPENSaveImage", images=batch, filename_prefix="order"))
    second = saved(nodes.run("GPENSaveImage", images=batch, filename_prefix="order"))
    assert len({*first, *second}) == 4
    assert np.asarray(Image.open(first[0]))[0, 0, 0] == 0 and np.asarray(Image.open(first[1]))[0, 0, 0] == 255


@pytest.mark.parametrize(("channels", "mode"), [(1, "L"), (3, "RGB"), (4, "RGBA")])
def test_png_takes_every_number_of_channels(nodes, channels, mode):
    (file,) = saved(nodes.run("GPENSaveImage", images=torch.rand(1, 8, 8, channels)))
    assert Image.open(file).mode == mode


def test_jpeg_shows_transparent_pictures_on_white(nodes):
    (file,) = saved(nodes.run("GPENSaveImage", images=torch.zeros(1, 8, 8, 4), format="jpeg"))
    assert np.asarray(Image.open(file)).min() == 255


def test_jpeg_is_no_archive_and_png_needs_no_note(nodes, shown):
    nodes.run("GPENSaveImage", images=PICTURE, format="jpeg")
    assert "store as PNG" in shown()
    nodes.run("GPENSaveImage", images=PICTURE)
    assert shown() == "1 picture saved as PNG"


def test_a_workflow_too_large_for_a_jpeg_is_left_out_and_the_node_says_so(nodes, pack, shown, monkeypatch):
    monkeypatch.setattr(importlib.import_module(f"{pack.__name__}.nodes.save_image"), "_MOST_EXIF", 10)
    (file,) = saved(nodes.run("GPENSaveImage", images=PICTURE, format="jpeg"))
    assert not Image.open(file).getexif()
    assert "too large for a JPEG" in shown() and "store as PNG" in shown()
