"""Builds the network a weight file belongs to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

from torch import Tensor

from ..errors import CheckpointError
from ..network import FaceNetwork, Generator, GPENNetwork, OnnxNetwork, family_of, foreign_name
from ..network.loading import load_generator
from .folders import came_with_project, how_to_restore
from .reader import read_state_dict
from .signature import Content, identify_file

Built = TypeVar("Built")


def load_network(path: Path) -> FaceNetwork:
    """The face network of a weight file, of whatever registered family, in float32 on the CPU; or of an ONNX file.

    `FaceNetwork.prepare` is left to the caller. Raises CheckpointError naming the file and what is wrong with it.
    """
    if _is_onnx(path):
        return OnnxNetwork(path)
    return _of_file(path, lambda tensors: _family(tensors).from_state_dict(tensors))


def family_in(path: Path) -> type[FaceNetwork]:
    """The kind of network a weight file holds, without building it. Raises CheckpointError for an unreadable file."""
    if _is_onnx(path):
        return OnnxNetwork
    return _of_file(path, _family)


def _is_onnx(path: Path) -> bool:
    try:
        return identify_file(path) is Content.ONNX
    except OSError:  # reading its tensors will say what is wrong
        return False


def _family(tensors: Mapping[str, Tensor]) -> type[FaceNetwork]:
    family = family_of(tensors)
    if family is not None:
        return family
    foreign = foreign_name(tensors)
    if foreign is None:
        return GPENNetwork  # whose error says what is missing
    raise CheckpointError(
        f"This is a network of another kind: {foreign}.\nExpected a face restorer: GPEN, GFPGAN, RestoreFormer, "
        "CodeFormer. A network that enlarges pictures belongs in ComfyUI's Load Upscale Model."
    )


def load_generator_from(source: str | Path | Mapping[str, Tensor]) -> Generator:
    """The GPEN generator of a weight file, or of a state dict, in float32 on the CPU with all its weights loaded.

    float32 tensors are taken over without a copy. `Generator.prepare` is left to the caller.
    Raises CheckpointError naming the file and the first tensors that are missing, unexpected or misshapen.
    """
    if isinstance(source, Mapping):
        return load_generator(source)
    return _of_file(Path(source), load_generator)


def _of_file(path: Path, build: Callable[[Mapping[str, Tensor]], Built]) -> Built:
    try:
        return _built(path, build)
    except CheckpointError as error:
        if not came_with_project(path):
            raise
        trouble = str(error).splitlines()[0]  # the advice below it is to fetch the file, and nobody offers this one
        raise CheckpointError(f"{trouble}\nFile: {path}\n{how_to_restore(path.name)}") from error


def _built(path: Path, build: Callable[[Mapping[str, Tensor]], Built]) -> Built:
    tensors = read_state_dict(path)
    try:
        return build(tensors)
    except CheckpointError as error:
        raise CheckpointError(f"{path.name}: {error}\nFile: {path}") from error
