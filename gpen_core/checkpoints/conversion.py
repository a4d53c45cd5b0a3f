"""Writes a GPEN generator as safetensors: no code inside, quick to open, optionally half the size."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from ..errors import CheckpointError
from ..network import Generator
from .build import load_generator_from
from .verification import sha256_of


def convert(source: str | Path, target: str | Path, half: bool = False, overwrite: bool = False) -> Path:
    """Write the generator in `source` (anything `read_state_dict` reads) to `target` under the published names.

    half: store float16, half the size; float32 otherwise.
    The result is read back and compared before it takes its name, so that no half-written file is ever seen.
    Raises CheckpointError when the source is no whole GPEN generator, the target exists (unless `overwrite`), is not
    called .safetensors or cannot be written, or a weight is beyond the range of float16.
    """
    return rewrite(Path(source), Path(target), lambda generator: generator, {}, half, overwrite)


def rewrite(
    source: Path,
    target: Path,
    change: Callable[[Generator], Generator],
    facts: Mapping[str, str],
    half: bool,
    overwrite: bool,
) -> Path:
    """As `convert`, but writes what `change` makes of the generator. facts: for the file's metadata."""
    if target.suffix.lower() != ".safetensors":
        raise CheckpointError(f"{target.name} does not end in .safetensors.\nName the converted file so.")
    if target.exists() and not overwrite:
        raise CheckpointError(f"{target} exists already.\nChoose another name, or ask for it to be overwritten.")
    generator = change(load_generator_from(source))
    dtype = torch.float16 if half else torch.float32
    # Cloned, because safetensors refuses tensors that share memory, as constant filters may in a training file.
    tensors = {name: tensor.to(dtype, copy=True).contiguous() for name, tensor in generator.state_dict().items()}
    _check_range(source, tensors)
    try:
        write_tensors(tensors, {"source": source.name, "source_sha256": sha256_of(source), **facts}, target)
    except (OSError, SafetensorError) as error:
        raise CheckpointError(f"{target.name} cannot be written: {error}.\nFolder: {target.parent}") from error
    return target


def write_tensors(tensors: dict[str, Tensor], facts: Mapping[str, str], target: Path) -> None:
    """Write contiguous tensors whole or not at all. facts: for the metadata. Raises OSError or SafetensorError."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".gpen-convert-", dir=target.parent) as folder:
        temporary = Path(folder) / target.name
        save_file(tensors, temporary, {"format": "pt", **facts})
        _read_back(tensors, temporary, target)
        ordinary = Path(folder) / "ordinary"  # safetensors lets nobody else read its file, whatever the umask says
        ordinary.touch()
        shutil.copymode(ordinary, temporary)
        os.replace(temporary, target)


def _check_range(source: Path, tensors: dict[str, Tensor]) -> None:
    for name, tensor in tensors.items():
        if not torch.isfinite(tensor).all():
            raise CheckpointError(
                f"{source.name}: '{name}' has values beyond the range of {str(tensor.dtype).removeprefix('torch.')}.\n"
                "Convert without half precision; if that fails too, the file is damaged."
            )


def _read_back(tensors: dict[str, Tensor], written: Path, target: Path) -> None:
    found = load_file(written)
    if found.keys() != tensors.keys() or any(not torch.equal(found[name], tensors[name]) for name in tensors):
        raise CheckpointError(
            f"{target.name} reads back differently from what was written.\nCheck the disk and try again."
        )
