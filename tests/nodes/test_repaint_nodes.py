"""GPEN Colourise, GPEN Inpaint, GPEN Face from Segmentation."""

from __future__ import annotations

from pathlib import Path

import folder_paths
import pytest
import torch
from networks import tiny_generator
from safetensors.torch import save_file


@pytest.fixture
def model(nodes):
    folder = Path(folder_paths.get_folder_paths("facerestore_models")[0])
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "GPEN-Colorization-Inpainting-64.safetensors"
    save_file(tiny_generator(64).state_dict(), file)
    yield nodes.run("GPENLoadModel", model=file.name).args[0]
    file.unlink()


def example(nodes, name):
    return nodes.run("GPENExamplePicture", picture=name).args[0]


def test_a_grey_picture_gets_colours_and_keeps_its_alpha(nodes, model, shown):
    grey = example(nodes, "portrait").mean(dim=-1, keepdim=True).expand(-1, -1, -1, 3)
    picture = torch.cat([grey, torch.full_like(grey[..., :1], 0.5)], dim=-1)
    image, mask, report = nodes.run("GPENColourise", model=model, image=picture).args
    assert image.shape == picture.shape and torch.equal(image[..., 3], picture[..., 3])
    assert (image[..., 0] != image[..., 1]).any()
    assert mask.shape == image.shape[:3]
    assert shown() == "1 of 1 face coloured" and "face 0" in report


def test_without_spread_what_is_around_stays(nodes, model):
    picture = example(nodes, "portrait")
    image, mask, _ = nodes.run("GPENColourise", model=model, image=picture, spread=0).args
    assert torch.equal(image[mask == 0], picture[mask == 0]) and (mask == 0).any()


def test_only_the_mask_is_filled_in(nodes, model, shown):
    picture = example(nodes, "portrait")
    mask = torch.zeros(1, *picture.shape[1:3])
    mask[:, 180:200, 270:300] = 1.0
    image, changed, _ = nodes.run("GPENInpaint", model=model, image=picture, mask=mask).args
    assert torch.equal(image[mask == 0], picture[mask == 0])
    assert not torch.equal(image, picture) and changed.sum() > 0
    assert "1 of 1 face filled in" in shown()


def test_white_strokes_do_without_a_mask(nodes, model, shown):
    picture = example(nodes, "scratched")
    image, changed, _ = nodes.run("GPENInpaint", model=model, image=picture).args
    assert not torch.equal(image, picture)
    assert torch.equal(image[changed == 0], picture[changed == 0])


def test_an_empty_mask_says_so(nodes, model, shown):
    picture = example(nodes, "portrait")
    image = nodes.run("GPENInpaint", model=model, image=picture, mask=torch.zeros(1, 8, 8)).args[0]
    assert torch.equal(image, picture)
    assert "nothing is masked" in shown()


def test_a_drawing_becomes_a_face(nodes, model, shown):
    drawn = example(nodes, "segmentation")
    faces = nodes.run("GPENSeg2Face", model=model, segmentation=drawn).args[0]
    assert faces.shape == (1, 64, 64, 3)
    assert shown() == "1 face made"


def test_no_face_passes_through(nodes, model, shown):
    flat = torch.full((1, 200, 200, 3), 0.5)
    image = nodes.run("GPENColourise", model=model, image=flat).args[0]
    assert torch.equal(image, flat)
    assert "no face" in shown()
