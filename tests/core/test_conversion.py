"""Converting to safetensors."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file

from gpen_core.checkpoints import convert, load_generator_from
from gpen_core.errors import CheckpointError
from gpen_core.network import Generator, GPENConfig


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A training file as GPEN's own code writes it, with more in it than is needed."""
    torch.manual_seed(0)
    generator = Generator(GPENConfig(size=16, narrow=1 / 64, channel_multiplier=1, style_dim=8, mapping_depth=1))
    tensors = {f"module.{name}": tensor for name, tensor in generator.state_dict().items()}
    path = tmp_path / "training.pth"
    torch.save({"g": {}, "g_ema": tensors | {"module.generator.noises.noise_0": torch.zeros(1)}}, path)
    return path


def put(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


def test_converted_weights_are_the_same_under_the_published_names(tmp_path: Path, source: Path) -> None:
    target = convert(source, tmp_path / "net.safetensors")
    expected = load_generator_from(source).state_dict()
    found = load_file(target)
    assert found.keys() == expected.keys()
    assert all(torch.equal(found[name], tensor) for name, tensor in expected.items())


def test_half_precision_halves_the_file(tmp_path: Path, source: Path) -> None:
    full = convert(source, tmp_path / "full.safetensors")
    half = convert(source, tmp_path / "half.safetensors", half=True)
    before, after = load_file(full), load_file(half)
    assert all(torch.equal(after[name], tensor.half()) for name, tensor in before.items())
    assert sum(t.nbytes for t in after.values()) * 2 == sum(t.nbytes for t in before.values())


def test_the_origin_is_recorded_in_the_file(tmp_path: Path, source: Path) -> None:
    with safe_open(convert(source, tmp_path / "net.safetensors"), "pt") as file:
        assert file.metadata()["source"] == "training.pth"
        assert file.metadata()["source_sha256"] == hashlib.sha256(source.read_bytes()).hexdigest()


def test_an_existing_file_is_kept_unless_asked(tmp_path: Path, source: Path) -> None:
    target = put(tmp_path / "net.safetensors", b"precious")
    with pytest.raises(CheckpointError, match="exists already"):
        convert(source, target)
    assert target.read_bytes() == b"precious"
    convert(source, target, overwrite=True)
    assert load_generator_from(target).config.size == 16


def test_values_beyond_half_precision_are_refused(tmp_path: Path, source: Path) -> None:
    tensors = load_generator_from(source).state_dict()
    tensors["ecd0.0.1.bias"] = torch.full_like(tensors["ecd0.0.1.bias"], 1e6)
    torch.save(tensors, source)
    with pytest.raises(CheckpointError, match=r"'ecd0\.0\.1\.bias'.*float16"):
        convert(source, tmp_path / "net.safetensors", half=True)
    convert(source, tmp_path / "net.safetensors")


def test_the_target_must_be_called_safetensors(tmp_path: Path, source: Path) -> None:
    with pytest.raises(CheckpointError, match=r"does not end in \.safetensors"):
        convert(source, tmp_path / "net.pth")


def test_a_failed_write_leaves_nothing_behind(tmp_path: Path, source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full_disk(*args: object) -> None:
        put(Path(str(args[1])), b"half of it")
        raise OSError("No space left on device")

    monkeypatch.setattr("gpen_core.checkpoints.conversion.save_file", full_disk)
    with pytest.raises(CheckpointError, match=r"cannot be written: No space left"):
        convert(source, tmp_path / "net.safetensors")
    assert list(tmp_path.iterdir()) == [source]


def test_a_file_that_reads_back_differently_is_not_kept(
    tmp_path: Path, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def bad_disk(path: Path) -> dict[str, torch.Tensor]:
        return {name: tensor + 1 for name, tensor in load_file(path).items()}

    monkeypatch.setattr("gpen_core.checkpoints.conversion.load_file", bad_disk)
    with pytest.raises(CheckpointError, match="reads back differently"):
        convert(source, tmp_path / "net.safetensors")
    assert list(tmp_path.iterdir()) == [source]


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such permissions")
def test_others_may_read_what_the_umask_lets_them(tmp_path: Path, source: Path) -> None:
    (tmp_path / "ordinary").touch()
    written = convert(source, tmp_path / "net.safetensors")
    assert written.stat().st_mode == (tmp_path / "ordinary").stat().st_mode
