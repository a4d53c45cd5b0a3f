"""Reading weight files: formats, training files, and an explanation for everything that is no weight file."""

from __future__ import annotations

import io
import pickle
import struct
from collections import OrderedDict
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from gpen_core.checkpoints import load_generator_from, read_state_dict
from gpen_core.errors import CheckpointError
from gpen_core.network import Generator, GPENConfig

CONFIG = GPENConfig(size=16, narrow=1 / 64, channel_multiplier=1, style_dim=8, mapping_depth=2)
TENSORS = {"a.weight": torch.arange(6.0).reshape(2, 3), "a.bias": torch.tensor([0.5, -0.5])}


class Dangerous:
    """Would create a file when unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, tuple[str, str]]:
        return open, (str(self.path), "w")


@pytest.fixture
def generator() -> Generator:
    torch.manual_seed(0)
    return Generator(CONFIG)


def assert_same(found: dict[str, Tensor], expected: dict[str, Tensor]) -> None:
    assert found.keys() == expected.keys()
    for name, tensor in expected.items():
        assert torch.equal(found[name], tensor), name


@pytest.mark.parametrize("suffix", [".pth", ".pt", ".bin", ".pth.tar"])
def test_reads_plain_torch_files(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"net{suffix}"
    torch.save(OrderedDict(TENSORS), path)
    assert_same(read_state_dict(path), TENSORS)


def test_reads_the_old_pickle_format(tmp_path: Path) -> None:
    path = tmp_path / "net.pth"
    torch.save(TENSORS, path, _use_new_zipfile_serialization=False)
    assert_same(read_state_dict(path), TENSORS)


def test_reads_safetensors(tmp_path: Path) -> None:
    path = tmp_path / "net.safetensors"
    save_file(TENSORS, path)
    assert_same(read_state_dict(path), TENSORS)


def test_goes_by_the_content_and_not_by_the_extension(tmp_path: Path) -> None:
    path = tmp_path / "net.pth"
    save_file(TENSORS, path)
    assert_same(read_state_dict(path), TENSORS)


@pytest.mark.parametrize("key", ["g_ema", "params_ema", "params", "state_dict", "model"])
def test_finds_the_state_dict_of_a_training_file(tmp_path: Path, key: str) -> None:
    path = tmp_path / "net.pth"
    torch.save({"iteration": 7, key: TENSORS, "optimiser": {"state": {0: torch.zeros(1)}}}, path)
    assert_same(read_state_dict(path), TENSORS)


@pytest.mark.parametrize(("average", "current"), [("g_ema", "g"), ("params_ema", "params")])
def test_prefers_the_running_average(tmp_path: Path, average: str, current: str) -> None:
    path = tmp_path / "net.pth"
    torch.save({current: {"a": torch.zeros(1)}, average: {"a": torch.ones(1)}}, path)
    assert read_state_dict(path)["a"].item() == 1


def test_finds_a_state_dict_nested_twice(tmp_path: Path) -> None:
    path = tmp_path / "net.pth"
    torch.save({"model": {"state_dict": TENSORS}}, path)
    assert_same(read_state_dict(path), TENSORS)


def test_survives_a_file_that_contains_itself(tmp_path: Path) -> None:
    endless: dict[str, object] = {}
    endless["model"] = endless
    path = tmp_path / "net.pth"
    torch.save(endless, path)
    with pytest.raises(CheckpointError, match="no named tensors"):
        read_state_dict(path)


def test_strips_the_prefix_of_data_parallel_training(tmp_path: Path) -> None:
    path = tmp_path / "net.pth"
    torch.save({f"module.{name}": tensor for name, tensor in TENSORS.items()}, path)
    assert_same(read_state_dict(path), TENSORS)


def torch_bytes(content: object, **options: bool) -> bytes:
    buffer = io.BytesIO()
    torch.save(content, buffer, **options)
    return buffer.getvalue()


def safetensors_bytes(tmp_path: Path) -> bytes:
    save_file(TENSORS, tmp_path / "whole.safetensors")
    return (tmp_path / "whole.safetensors").read_bytes()


BIG = {"a": torch.zeros(5000)}
LFS_POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 284085738\n"


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("net.pth", b"", "is empty"),
        ("net.pth", b"\n<!DOCTYPE html><html>Not found</html>", "web page"),
        ("net.pth", b'<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>', "web page"),
        ("net.pth", b'{"Code": 404, "Message": "not found"}', "web page"),
        ("net.safetensors", b"<html>" + b" " * 600, "web page"),
        ("net.pth", LFS_POINTER, "Git LFS pointer.*\n.*\n.*git lfs pull"),
        ("net.onnx", b"\x08\x06\x12\x07pytorch", "ONNX network.*\n.*\n.*\\.pth"),
        ("net.pth", b"\x08\x06\x12\x07pytorch", "ONNX network"),
        ("net.pth", bytes(100), "unknown format"),
        ("net.pth", torch_bytes(BIG)[:-500], "incomplete or damaged"),
        ("net.pth", torch_bytes(BIG, _use_new_zipfile_serialization=False)[:-500], "incomplete or damaged"),
        ("net.pth", b"PK\x03\x04" + bytes(100), "incomplete or damaged"),
        ("net.pth", b"\x80\x02garbage", "incomplete or damaged"),
        ("net.safetensors", struct.pack("<Q", 10**9) + b'{"a"', "incomplete or damaged"),
        ("net.pth", torch_bytes({"epoch": 3}), "no named tensors.*'epoch'"),
        ("net.pth", torch_bytes({}), "no named tensors"),
        ("net.pth", torch_bytes([torch.zeros(1)]), "no named tensors.*list"),
        ("net.pth", torch_bytes(nn.Linear(1, 1)), "more than tensors.*Linear.*not opened"),
        ("net.pth", pickle.dumps(io.BytesIO(), protocol=2), "more than tensors.*BytesIO.*not opened"),
    ],
)
def test_explains_what_is_no_weight_file(tmp_path: Path, name: str, data: bytes, message: str) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(CheckpointError, match=message) as error:
        read_state_dict(path)
    assert name in str(error.value)
    assert str(path) in str(error.value)


def test_explains_truncated_safetensors(tmp_path: Path) -> None:
    path = tmp_path / "net.safetensors"
    path.write_bytes(safetensors_bytes(tmp_path)[:-4])
    with pytest.raises(CheckpointError, match=r"net\.safetensors is incomplete or damaged"):
        read_state_dict(path)


@pytest.mark.filterwarnings("ignore")  # newer versions of torch advise against TorchScript
def test_explains_torchscript(tmp_path: Path) -> None:
    path = tmp_path / "net.pt"
    torch.jit.save(torch.jit.script(nn.Linear(1, 1)), path)
    with pytest.raises(CheckpointError, match="TorchScript"):
        read_state_dict(path)


@pytest.mark.parametrize("new_format", [True, False])
def test_never_executes_what_a_pickle_asks_for(tmp_path: Path, new_format: bool) -> None:
    path, trap = tmp_path / "net.pth", tmp_path / "executed"
    torch.save({"a": torch.zeros(1), "b": Dangerous(trap)}, path, _use_new_zipfile_serialization=new_format)
    with pytest.raises(CheckpointError, match="more than tensors .*open"):
        read_state_dict(path)
    assert not trap.exists()


def test_explains_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="There is no weight file .*net.pth"):
        read_state_dict(tmp_path / "net.pth")


def test_explains_a_folder(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="is not a file"):
        read_state_dict(tmp_path)


def test_loaded_generator_restores_the_same(tmp_path: Path, generator: Generator) -> None:
    path = tmp_path / "net.pth"
    torch.save(generator.state_dict(), path)
    face = torch.rand(1, 3, 16, 16)
    loaded = load_generator_from(path)
    assert loaded.config == CONFIG
    with torch.no_grad():
        assert torch.equal(loaded(face), generator(face))


def test_a_state_dict_is_taken_over_without_a_copy(generator: Generator) -> None:
    tensors = generator.state_dict()
    loaded = load_generator_from(tensors).state_dict()
    assert all(loaded[name].data_ptr() == tensor.data_ptr() for name, tensor in tensors.items())


@pytest.mark.parametrize("name", ["net.pth", "net.safetensors"])
def test_a_loaded_generator_survives_its_file_being_overwritten(
    tmp_path: Path, generator: Generator, name: str
) -> None:
    path = tmp_path / name
    tensors = generator.state_dict()
    torch.save(tensors, path) if name.endswith(".pth") else save_file(tensors, path)
    loaded = load_generator_from(path).state_dict()
    path.write_bytes(bytes(path.stat().st_size))
    assert_same(dict(loaded), dict(tensors))


def test_building_draws_no_random_numbers(generator: Generator) -> None:
    before = torch.random.get_rng_state()
    load_generator_from(generator.state_dict())
    assert torch.equal(torch.random.get_rng_state(), before)


def test_half_precision_files_load_as_float32(tmp_path: Path, generator: Generator) -> None:
    path = tmp_path / "net.safetensors"
    halves = {name: tensor.half() for name, tensor in generator.state_dict().items()}
    save_file(halves, path)
    loaded = load_generator_from(path).state_dict()
    assert_same(dict(loaded), {name: tensor.float() for name, tensor in halves.items()})


def test_noise_buffers_of_training_files_are_ignored(generator: Generator) -> None:
    noises = {"generator.noises.noise_0": torch.zeros(1, 1, 4, 4)}
    assert load_generator_from({**generator.state_dict(), **noises}).config == CONFIG


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"generator.conv1.noise.weight": None}, r"1 missing: generator\.conv1\.noise\.weight"),
        ({"discriminator.0.weight": torch.zeros(1)}, r"1 unexpected: discriminator\.0\.weight"),
        (
            {"generator.to_rgb1.bias": torch.zeros(1, 4, 1, 1)},
            r"1 of the wrong shape: generator\.to_rgb1\.bias \(1, 4, 1, 1\) instead of \(1, 3, 1, 1\)",
        ),
        ({f"x{k}": torch.zeros(1) for k in range(5)}, r"5 unexpected: x0, x1, x2, \.\.\."),
    ],
)
def test_wrong_tensors_are_named(
    tmp_path: Path, generator: Generator, change: dict[str, Tensor | None], message: str
) -> None:
    path = tmp_path / "net.pth"
    tensors = {**generator.state_dict(), **change}
    torch.save({name: tensor for name, tensor in tensors.items() if tensor is not None}, path)
    with pytest.raises(CheckpointError, match=message) as error:
        load_generator_from(path)
    assert str(error.value).startswith("net.pth: ")
    assert str(path) in str(error.value)


def test_the_file_of_another_network_is_named(tmp_path: Path) -> None:
    path = tmp_path / "upscaler.pth"
    torch.save(TENSORS, path)
    with pytest.raises(CheckpointError, match=r"upscaler\.pth: Not a GPEN generator"):
        load_generator_from(path)


def test_pickles_wait_for_a_torch_that_reads_them_safely(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    torch.save(TENSORS, tmp_path / "net.pth")
    save_file(TENSORS, tmp_path / "net.safetensors")
    monkeypatch.setattr(torch, "__version__", "2.5.1+cu121")
    with pytest.raises(CheckpointError, match=r"in torch 2\.5\.1\+cu121 a prepared file of this kind can run code"):
        read_state_dict(tmp_path / "net.pth")
    assert read_state_dict(tmp_path / "net.safetensors").keys() == TENSORS.keys()
