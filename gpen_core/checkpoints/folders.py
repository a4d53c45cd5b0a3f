"""Where weight files are looked for, and where fetched ones go.

Searched in this order; the first match wins:
1. the folder named by the environment variable GPEN_WEIGHTS;
2. folders that a host program has registered with `add_folder`;
3. models/facerestore_models, models/gpen and models/facedetection of the ComfyUI in whose custom_nodes this package
   lies: the folders other face-restoration packs use, so that nothing is stored twice;
4. the project's own weights folder, which holds the embedded default network;
5. the user's own folder, ~/.cache/gpen (XDG_CACHE_HOME is honoured; %LOCALAPPDATA%\\gpen on Windows);
6. the checkpoints folder of torch.hub, where face-alignment keeps its files.

Fetched files go to the first that applies of 1, 2 (registered for the kind of file), 3 and 5: never into the project's
folder, which an update or a reinstallation may replace.
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import torch

from ..errors import CheckpointError
from .catalog import Kind, all_entries, find_entry
from .reader import NETWORK_SUFFIXES

EMBEDDED_NETWORK = "face-unet"
"""Name of the network that comes with the project."""
_REPLACED = "gpen-lite-256"  # by it: workflows and scripts of before 0.2 name this one

_PROJECT = Path(__file__).absolute().parents[2]  # not resolved: a pack may be linked into custom_nodes
_COMFYUI_FOLDERS: dict[Kind, str] = {
    "generator": "facerestore_models",
    "detector": "facedetection",
    "landmarks": "facedetection",
    "recogniser": "facedetection",
}
_logger = logging.getLogger(__name__)
_registered: list[tuple[Path, Kind | None]] = []


def user_path(path: str | Path) -> Path:
    """A path as a user gives it, "~" and "~name" expanded. Raises CheckpointError for a name nobody here has."""
    try:
        return Path(path).expanduser()
    except RuntimeError as error:
        raise CheckpointError(f"{path} cannot be found: {error}\nGive the whole path.") from error


def add_folder(folder: str | Path, kind: Kind | None = None) -> None:
    """Search `folder` too; files of `kind` are fetched into the first folder registered for it."""
    entry = user_path(folder).absolute(), kind
    if entry not in _registered:
        _registered.append(entry)


def search_folders() -> list[Path]:
    """The folders searched, best first, existing or not, each once."""
    folders = [
        *_from_environment(),
        *(folder for folder, _ in _registered),
        *_comfyui_folders(),
        embedded_folder(),
        *_user_folder(),
        Path(torch.hub.get_dir()) / "checkpoints",
    ]
    return list(dict.fromkeys(folders))


def embedded_folder() -> Path:
    """The folder of what comes with the project: weights/ of a checkout, or its copy inside an installed package."""
    packaged = _PROJECT / "gpen_core" / "_weights"
    return packaged if packaged.is_dir() else _PROJECT / "weights"


def download_folder(kind: Kind = "generator") -> Path:
    """Where files of `kind` are fetched to; it may not exist yet. Raises CheckpointError where there is none."""
    if environment := _from_environment():
        return environment[0]
    if registered := [folder for folder, wanted in _registered if wanted == kind]:
        return registered[0]
    if models := _comfyui_models():
        return models / _COMFYUI_FOLDERS[kind]
    if user := _user_folder():
        return user[0]
    raise CheckpointError(
        "There is no folder to fetch files into: this user has no home directory.\n"
        "Name a folder in the environment variable GPEN_WEIGHTS, or set HOME."
    )


def find_file(name: str) -> Path | None:
    """The first file called `name` in the folders searched, or None.

    Upper and lower case are the same; the extension of a .safetensors, .pth, .pt, .bin or .onnx file may be left out,
    and .safetensors is then preferred within a folder. `name` may start with sub-folders ('gpen/GPEN-BFR-512.pth').
    """
    for folder in search_folders():
        place = folder / name
        matches = [file for file in _files(place.parent) if _matches(file, place.name)]
        if matches:
            return min(matches, key=lambda file: _preference(file, place.name))
    return None


def networks_here() -> frozenset[str]:
    """Names, such as GPEN-BFR-512, of the published networks that are in the folders searched, in whatever form."""
    names = (Path(entry.name).stem for entry in all_entries() if entry.kind == "generator")
    return frozenset(name for name in names if find_file(name) is not None)


def resolve(path_or_name: str | Path) -> Path:
    """The weight file at a path, or the one of that name in the folders searched (see `find_file`).

    Raises CheckpointError with the folders searched and, for a known file, how to get it.
    """
    path = user_path(path_or_name)
    if os.path.isfile(path):  # unlike Path.is_file, takes no offence at folders that may not be looked into
        return path
    if os.path.isdir(path):
        raise CheckpointError(f"{path} is a folder: expected a weight file.\nGive the path of one file in it.")
    if path.is_absolute():
        raise CheckpointError(f"There is no weight file {path}.\nCheck the path, or give the name of a known file.")
    if found := find_file(str(path_or_name)):
        return found
    if is_embedded(path.name) and (found := find_file(EMBEDDED_NETWORK)):
        return found
    searched = "\n".join(f"  {folder}" for folder in search_folders())
    raise CheckpointError(
        f"The weight file '{path_or_name}' was not found.\nSearched:\n{searched}\n{_advice(path.name)}"
    )


def is_embedded(name: str) -> bool:
    """Whether a file name stands for the network that comes with the project, by its present or its former name."""
    return name.casefold().removesuffix(".safetensors") in (EMBEDDED_NETWORK, _REPLACED)


def came_with_project(path: Path) -> bool:
    """Whether a file is the embedded network in its own place, which can be restored but not fetched."""
    return is_embedded(path.name) and path.parent.resolve() == embedded_folder().resolve()


def how_to_restore(name: str) -> str:
    """What to do about a missing or damaged file that comes with the project."""
    folder = embedded_folder()
    return (
        f"It comes with this project and is no download of its own: install the project again, or put {name} of the "
        f"same version back into {folder}."
    ) + (f'\nIn a clone: git -C "{folder}" checkout -- {name}' if (_PROJECT / ".git").exists() else "")


def _advice(name: str) -> str:
    if is_embedded(name):
        return how_to_restore(f"{EMBEDDED_NETWORK}.safetensors")
    try:
        entry = find_entry(name)
    except CheckpointError as unknown:
        return f"{unknown}\nPut the file into one of these folders, or give its full path."
    return f"Fetch it with: {fetch_command(entry.name)}\n{entry.instructions(download_folder(entry.kind))}"


def fetch_command(name: str) -> str:
    """What fetches a known file from a terminal: with the package installed and, from a checkout, without that."""
    command = f"gpen weights fetch {name}"
    if embedded_folder() != _PROJECT / "weights":
        return command
    return f"{command}\n(or, in the folder {_PROJECT}: python -m gpen_core.cli weights fetch {name})"


def _from_environment() -> list[Path]:
    folder = os.environ.get("GPEN_WEIGHTS")
    if not folder:
        return []
    try:
        return [user_path(folder).absolute()]
    except CheckpointError as error:  # what is found elsewhere, the embedded network above all, works without it
        _logger.warning("The folder of the environment variable GPEN_WEIGHTS is passed over. %s", error)
        return []


def _comfyui_models() -> Path | None:
    """models/ of the ComfyUI this package is a custom node of."""
    nodes = _PROJECT.parent
    return nodes.parent / "models" if nodes.name == "custom_nodes" else None


def _comfyui_folders() -> list[Path]:
    models = _comfyui_models()
    return [models / name for name in ("facerestore_models", "gpen", "facedetection")] if models else []


def _user_folder() -> list[Path]:
    """One folder, or none for a user without a home directory, as services and containers have them."""
    windows = sys.platform == "win32"
    variable, below_home = ("LOCALAPPDATA", "AppData/Local") if windows else ("XDG_CACHE_HOME", ".cache")
    try:
        return [Path(os.environ.get(variable) or Path.home() / below_home) / "gpen"]
    except RuntimeError:
        return []


def _files(folder: Path) -> Iterator[Path]:
    """The files of a folder; none of one that does not exist. One that cannot be listed is named and passed over."""
    try:
        with os.scandir(folder) as entries:
            yield from (Path(entry.path) for entry in entries if entry.is_file())
    except (FileNotFoundError, NotADirectoryError):
        return
    except OSError as error:
        _logger.warning("The folder %s cannot be searched for weight files: %s.", folder, error.strerror)


def _matches(file: Path, name: str) -> bool:
    names = (file.name, file.stem) if file.suffix.lower() in NETWORK_SUFFIXES else (file.name,)
    return name.casefold() in (known.casefold() for known in names)


def _preference(file: Path, name: str) -> tuple[bool, bool, int, str]:
    """Sorts the matches of one folder: the exact name first, then the order of NETWORK_SUFFIXES."""
    same_case, same_name = file.name != name, file.name.casefold() != name.casefold()
    suffix = file.suffix.lower()
    return same_case, same_name, NETWORK_SUFFIXES.index(suffix) if suffix in NETWORK_SUFFIXES else 0, file.name
