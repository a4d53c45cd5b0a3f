"""Reads the tensors out of a weight file, without executing anything the file contains."""

from __future__ import annotations

import pickle
import re
import struct
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from ..errors import CheckpointError
from .signature import HEAD_BYTES, Content, identify

WEIGHT_SUFFIXES = (".safetensors", ".pth", ".pt", ".bin")
NETWORK_SUFFIXES = (*WEIGHT_SUFFIXES, ".onnx")
"""Those of files that can be loaded: the tensors of an ONNX file cannot be read, but the network can be run."""

# Where training files keep the generator, running averages of the weights first: these are what is published.
_STATE_KEYS = ("g_ema", "params_ema", "params", "state_dict", "model_state_dict", "model", "g")
_MAX_NESTING = 3  # a pickle may even contain itself

# What a damaged or foreign file has been seen to raise inside torch.load; a pickle can break in any of these ways.
_LOADING_ERRORS = (
    pickle.UnpicklingError,
    RuntimeError,
    OSError,
    EOFError,
    LookupError,
    ValueError,
    TypeError,
    AttributeError,
    AssertionError,
    struct.error,
)

# How torch.load(weights_only=True) names what it refuses to create.
_REFUSED = re.compile(r"(?:GLOBAL|[Uu]nsupported class|but got) (?:<class ')?([\w.]+)")

# Before this release torch.load(weights_only=True) could be made to run code (CVE-2025-32434).
_SAFE_TORCH = (2, 6)

_FETCH_AGAIN = "Delete the file and fetch it again; 'gpen weights list' names the known files."


def read_state_dict(path: Path) -> dict[str, Tensor]:
    """Named tensors of a .safetensors, .pth, .pt or .bin file, on the CPU, in the precision of the file.

    Of a training file the generator's running average is preferred (`g_ema`, `params_ema`); a leading `module.` is
    taken off the names.
    Raises CheckpointError when the file is missing, damaged, no weight file, would execute code, is a pickle that calls
    itself .safetensors, or holds tensors that no network can take.
    """
    content = _identify_file(path)
    if content is Content.SAFETENSORS:
        tensors = _read_safetensors(path)
    elif content in (Content.ZIP, Content.PICKLE):
        if path.suffix.lower() == ".safetensors":
            raise _pickle_in_disguise(path, content)
        tensors = _find_tensors(_load_pickle(path), path)
    else:
        raise _not_weights(path, content)
    for name, tensor in tensors.items():
        if trouble := _unusable(tensor):
            raise CheckpointError(
                f"{path.name} holds tensors that are no weights: '{name}' {trouble}.\n"
                f"File: {path}\nExpected plain arrays of numbers. Take the published file of the same network."
            )
    return {name.removeprefix("module."): tensor for name, tensor in tensors.items()}


def _unusable(tensor: Tensor) -> str | None:
    """Why nothing can be done with a tensor, or None. Whether its values are weights is for the network to say."""
    if tensor.is_meta:
        return "has a shape but no values (a meta tensor)"
    if tensor.is_quantized:
        return f"is quantised ({str(tensor.dtype).removeprefix('torch.')})"
    if tensor.layout is not torch.strided:
        return f"is not stored in full ({str(tensor.layout).removeprefix('torch.')})"
    if tensor.is_complex():
        return "has complex values"
    if tensor.numel() * tensor.element_size() > tensor.untyped_storage().nbytes():  # one value repeated at will
        return f"claims shape {tuple(tensor.shape)} with fewer values than that behind it"
    return None


def _pickle_in_disguise(path: Path, content: Content) -> CheckpointError:
    return CheckpointError(
        f"{path.name} is {content.value}, not safetensors as its name says, and was not opened.\nFile: {path}\n"
        "A pickle that bears this name may want to pass for a safe file. Fetch the published one; if you renamed it "
        "yourself, give it its ending .pth back."
    )


def _identify_file(path: Path) -> Content:
    if not path.exists():
        raise CheckpointError(
            f"There is no weight file {path}.\nCheck the path; 'gpen weights list' names known files."
        )
    if not path.is_file():
        raise CheckpointError(f"{path} is not a file.\nGive the path of one {', '.join(WEIGHT_SUFFIXES)} file.")
    try:
        with path.open("rb") as file:
            head = file.read(HEAD_BYTES)
    except OSError as error:
        raise CheckpointError(f"{path.name} cannot be read: {error}.\nFile: {path}") from error
    if not head:
        raise CheckpointError(f"{path.name} is empty: expected network weights.\nFile: {path}\n{_FETCH_AGAIN}")
    return identify(head)


def _not_weights(path: Path, content: Content) -> CheckpointError:
    if content is Content.ONNX or path.suffix.lower() == ".onnx":
        advice = "An ONNX file can be used, but not converted or pruned: for that take the .pth or .safetensors file."
    elif content is Content.LFS_POINTER:
        advice = "Run 'git lfs pull' where it was cloned, or download the file itself."
    elif content is Content.WEB_PAGE:
        advice = f"The download failed and its error message was saved instead. {_FETCH_AGAIN}"
    else:
        advice = _FETCH_AGAIN
    return CheckpointError(
        f"{path.name} is {content.value}: expected {', '.join(WEIGHT_SUFFIXES)} weights.\nFile: {path}\n{advice}"
    )


def _read_safetensors(path: Path) -> dict[str, Tensor]:
    try:
        # Copied, because safetensors maps the file: were it overwritten later, the tensors would change or the process
        # would end. Files of torch are read, not mapped, for the same reason.
        tensors = {name: tensor.clone() for name, tensor in load_file(path, device="cpu").items()}
    except (SafetensorError, OSError, ValueError) as error:
        raise CheckpointError(
            f"{path.name} is incomplete or damaged: expected whole safetensors weights.\n"
            f"File: {path}, {path.stat().st_size} bytes ({error})\n{_FETCH_AGAIN}"
        ) from error
    if not tensors:
        raise CheckpointError(f"{path.name} holds no tensors: expected network weights.\nFile: {path}")
    return tensors


def _load_pickle(path: Path) -> object:
    if _torch_release() < _SAFE_TORCH:
        raise CheckpointError(
            f"{path.name} was not opened: in torch {torch.__version__} a prepared file of this kind can run code "
            f"(CVE-2025-32434).\nFile: {path}\nUpdate torch to 2.6 or later, or take the .safetensors file of the same "
            "network: 'gpen weights convert' makes one where torch is new enough."
        )
    try:
        return torch.load(path, map_location="cpu", weights_only=True)
    except _LOADING_ERRORS as error:
        raise _explain(path, error) from error


def _torch_release() -> tuple[int, int]:
    major, minor = re.findall(r"\d+", torch.__version__)[:2]
    return int(major), int(minor)


def _explain(path: Path, error: BaseException) -> CheckpointError:
    text = str(error)
    if refused := _REFUSED.search(text):
        return CheckpointError(
            f"{path.name} contains more than tensors ({refused[1]}) and was not opened: loading it could run code.\n"
            f"File: {path}\nGet the published file instead. If you made this one yourself, save its state dict alone, "
            "best as .safetensors."
        )
    if "TorchScript" in text:
        return CheckpointError(
            f"{path.name} is a TorchScript program: expected a plain state dict.\nFile: {path}\n"
            "Take the .pth or .safetensors file of the same network."
        )
    return CheckpointError(
        f"{path.name} is incomplete or damaged: expected a whole PyTorch weight file.\n"
        f"File: {path}, {path.stat().st_size} bytes\n"
        f"{_FETCH_AGAIN}"
    )


def _find_tensors(content: object, path: Path) -> dict[str, Tensor]:
    """The tensors of a plain state dict, or of the preferred one inside a training file."""
    outer = content
    for _ in range(_MAX_NESTING):
        if not isinstance(content, Mapping):
            break
        inner = next((content[key] for key in _STATE_KEYS if isinstance(content.get(key), Mapping)), None)
        if inner is None:
            break
        content = inner
    if isinstance(content, Mapping):
        items = content.items()
        if tensors := {name: value for name, value in items if isinstance(name, str) and isinstance(value, Tensor)}:
            return tensors
    found = ", ".join(map(repr, list(outer)[:5])) if isinstance(outer, Mapping) else type(outer).__name__
    raise CheckpointError(
        f"{path.name} holds no named tensors: expected a state dict, found {found or 'an empty dict'}.\n"
        f"File: {path}\nSave the generator's state_dict(), alone or under one of: {', '.join(_STATE_KEYS)}."
    )
