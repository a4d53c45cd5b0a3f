"""One shared model."""

from __future__ import annotations

import gc
import os
import weakref
from pathlib import Path

import pytest
import torch
from networks import tiny_generator
from safetensors.torch import save_file

from gpen_core import CheckpointError, GPENError, load_generator, load_model


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    path = tmp_path / "tiny.safetensors"
    save_file(tiny_generator().state_dict(), path)
    return path


def test_the_same_settings_share_one_model(weights: Path) -> None:
    model = load_model(weights, device="cpu")
    assert model.name == "tiny.safetensors"
    assert model.size == 32
    assert load_model(str(weights), device="cpu", precision="fp32") is model


def test_another_precision_is_another_model(weights: Path) -> None:
    assert load_model(weights, device="cpu", precision="bf16") is not load_model(weights, device="cpu")


def test_a_link_to_the_file_shares_its_model(weights: Path) -> None:
    link = weights.with_name("link.safetensors")
    link.symlink_to(weights)
    assert load_model(link, device="cpu") is load_model(weights, device="cpu")


def test_a_changed_file_is_loaded_again(weights: Path) -> None:
    model = load_model(weights, device="cpu")
    save_file(tiny_generator(seed=1).state_dict(), weights)
    os.utime(weights, ns=(1, 1))
    assert load_model(weights, device="cpu") is not model


def test_a_model_nobody_holds_is_let_go(weights: Path) -> None:
    model = weakref.ref(load_model(weights, device="cpu"))
    gc.collect()
    assert model() is None


def test_unknown_variants_and_missing_files_are_refused(weights: Path) -> None:
    with pytest.raises(GPENError, match="full"):
        load_model(weights, variant="tiny")
    with pytest.raises(CheckpointError, match="absent"):
        load_model("absent.pth")


def test_load_generator_takes_paths_and_state_dicts(weights: Path) -> None:
    from_file, from_tensors = load_generator(weights), load_generator(tiny_generator().state_dict())
    assert from_file.config == from_tensors.config
    assert not any(parameter.requires_grad for parameter in from_file.parameters())


def test_a_state_dict_is_copied() -> None:
    source, face = tiny_generator(), torch.rand(1, 3, 32, 32)
    loaded = load_generator(dict(source.named_parameters()) | dict(source.named_buffers()))
    with torch.inference_mode():
        before = loaded(face)
    with torch.no_grad():
        for parameter in source.parameters():
            assert parameter.requires_grad
            parameter.zero_()
    with torch.inference_mode():
        assert torch.equal(loaded(face), before)
