"""Weight files whose tensors are no weights: an error that says so, whatever the file format and the network."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from networks import tiny_generator
from safetensors.torch import load_file, save_file
from torch import Tensor

from gpen_core.checkpoints import EMBEDDED_NETWORK, load_generator_from, load_network, read_state_dict, resolve
from gpen_core.errors import CheckpointError
from gpen_core.network import loading, unet_network
from gpen_core.network.unet import ResidualUNet, UNetConfig

GPEN, UNET = "generator.conv1.conv.weight", "entry.weight"
Tensors = dict[str, Tensor]


def quantised(weight: Tensor) -> Tensor:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch is about to move quantised tensors elsewhere; files of them stay
        return torch.quantize_per_tensor(weight, 0.1, 0, torch.qint8)


ONE_TENSOR: dict[str, tuple[Callable[[Tensor], Tensor], str]] = {
    "int32": (Tensor.int, "holds int32 values: expected floating-point"),
    "bool": (Tensor.bool, "holds bool values: expected floating-point"),
    "complex": (lambda weight: weight.to(torch.complex64), "has complex values"),
    "sparse": (Tensor.to_sparse, r"is not stored in full \(sparse_coo\)"),
    "quantised": (quantised, r"is quantised \(qint8\)"),
    "meta": (lambda weight: weight.to("meta"), "has a shape but no values"),
    "no values": (lambda weight: weight[:0], r"has shape \(0, "),
    "scalar": (lambda weight: weight.sum(), r"has shape \(\)"),
    "one value repeated": (lambda weight: torch.zeros(1).expand(10**6, 10**7), "claims shape .* with fewer values"),
    "scaled": (lambda weight: weight * 1e30, r"has values from -.*e\+.* expected finite weights"),
    "infinite": (lambda weight: weight / 0, "has values from .*: expected finite weights"),
    "not a number": (lambda weight: weight * torch.nan, "has values from nan to nan: expected finite weights"),
}
ONLY_PICKLES = ("sparse", "quantised", "meta", "one value repeated")


@pytest.fixture(scope="module")
def networks() -> dict[str, Tensors]:
    torch.manual_seed(0)
    unet = ResidualUNet(UNetConfig((4, 8), encoder=1, middle=1, decoder=1, picture=4)).state_dict()
    return {GPEN: dict(tiny_generator().state_dict()), UNET: dict(unet)}


def written(folder: Path, tensors: Tensors, suffix: str) -> Path:
    path = folder / f"net{suffix}"
    if suffix == ".pth":
        torch.save(tensors, path)
    else:
        save_file({name: tensor.contiguous() for name, tensor in tensors.items()}, path)
    return path


@pytest.mark.filterwarnings("ignore::UserWarning:torch")
@pytest.mark.parametrize("network", [GPEN, UNET])
@pytest.mark.parametrize(
    ("kind", "suffix"),
    [(kind, suffix) for kind in ONE_TENSOR for suffix in (".pth", ".safetensors")[: 1 + (kind not in ONLY_PICKLES)]],
)
def test_a_tensor_that_is_no_weight_is_named(
    tmp_path: Path, networks: dict[str, Tensors], network: str, kind: str, suffix: str
) -> None:
    spoil, message = ONE_TENSOR[kind]
    tensors = networks[network]
    path = written(tmp_path, {**tensors, network: spoil(tensors[network])}, suffix)
    with pytest.raises(CheckpointError, match=f"'{network}' {message}") as error:
        load_network(path)
    assert path.name in str(error.value) and str(path) in str(error.value)


@pytest.mark.parametrize("network", [GPEN, UNET])
@pytest.mark.parametrize("suffix", [".pth", ".safetensors"])
@pytest.mark.parametrize("spoil", [Tensor.int, lambda t: torch.zeros([0] * t.dim()), lambda t: t * 1e30])
def test_all_tensors_spoilt(
    tmp_path: Path, networks: dict[str, Tensors], network: str, suffix: str, spoil: Callable[[Tensor], Tensor]
) -> None:
    path = written(tmp_path, {name: spoil(tensor) + 1e9 for name, tensor in networks[network].items()}, suffix)
    with pytest.raises(CheckpointError, match=r"net\."):
        load_network(path)


@pytest.mark.parametrize(
    ("network", "pattern", "shape"),
    [
        (GPEN, "ecd", (400_000, 1, 1, 1)),
        (UNET, "entry.weight", (400_000, 12, 3, 3)),
        (UNET, "enlarge.weight", (400_000, 4, 1, 1)),
    ],
)
def test_shapes_that_would_fill_all_memory_are_refused_at_once(
    networks: dict[str, Tensors], network: str, pattern: str, shape: tuple[int, ...], tmp_path: Path
) -> None:
    tensors = {
        name: torch.zeros(shape) if name.startswith(pattern) and tensor.dim() == 4 else tensor
        for name, tensor in networks[network].items()
    }
    path = written(tmp_path, tensors, ".safetensors")
    start = time.perf_counter()
    with pytest.raises(CheckpointError, match="a network of at least [0-9,]+ values, but there are"):
        load_network(path)
    assert time.perf_counter() - start < 10


@pytest.mark.parametrize("size", [16, 32, 64])
@pytest.mark.parametrize("concat", [True, False])
def test_the_least_of_a_generator_is_no_more_than_it_has(size: int, concat: bool) -> None:
    generator = tiny_generator(size, concat=concat, narrow=1 / 16, mapping_depth=8)
    held = sum(tensor.numel() for tensor in generator.state_dict().values())
    assert held / 20 < loading._least_values(generator.config) <= held  # pyright: ignore[reportPrivateUsage]


@pytest.mark.parametrize("config", [UNetConfig(), UNetConfig((8,), 0, 0, 0, 1), UNetConfig((4, 64), 1, 0, 2, 32)])
def test_the_least_of_a_unet_is_no_more_than_it_has(config: UNetConfig) -> None:
    held = sum(tensor.numel() for tensor in ResidualUNet(config).state_dict().values())
    assert held / 2 < unet_network._least_values(config) <= held  # pyright: ignore[reportPrivateUsage]


@pytest.mark.parametrize("new_format", [True, False])
def test_a_pickle_named_safetensors_is_not_opened(tmp_path: Path, new_format: bool) -> None:
    path = tmp_path / "net.safetensors"
    torch.save({"a": torch.zeros(1)}, path, _use_new_zipfile_serialization=new_format)
    with pytest.raises(CheckpointError, match="not safetensors as its name says, and was not opened(.|\n)*ending .pth"):
        read_state_dict(path)


def test_a_state_dict_is_checked_as_a_file_is(networks: dict[str, Tensors]) -> None:
    with pytest.raises(CheckpointError, match="holds int32 values"):
        load_generator_from({**networks[GPEN], GPEN: networks[GPEN][GPEN].int()})


def test_the_embedded_network_is_far_within_the_limits() -> None:
    tensors = load_file(resolve(EMBEDDED_NETWORK))
    assert max(float(tensor.float().abs().max()) for tensor in tensors.values()) < 100
