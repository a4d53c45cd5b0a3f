"""The weight files a user can choose from, as ComfyUI's folders hold them."""

from __future__ import annotations

import os
from pathlib import Path

import folder_paths

from ..gpen_core.checkpoints import (
    EMBEDDED_NETWORK,
    NETWORK_SUFFIXES,
    PRUNED_MARK,
    add_folder,
    all_entries,
    fetch,
    find_entry,
    is_embedded,
)
from ..gpen_core.checkpoints import resolve as resolve_name
from ..gpen_core.checkpoints.catalog import Kind
from ..gpen_core.errors import CheckpointError
from ..gpen_core.progress import Progress

_SHARED = "facerestore_models"  # with other face restorers
_FOLDERS = (_SHARED, "gpen")
_FETCHED_INTO: dict[str, tuple[Kind | None, ...]] = {
    _SHARED: ("generator",),
    "gpen": (None,),
    "facedetection": ("detector", "landmarks", "recogniser"),
}
DOWNLOAD = " (download)"
"""Ends the choices that fetch their files."""
# Other networks that live in the shared folder. A file of another name is offered; a wrong one says what it is.
_OTHERS = ("detection_", "parsing_", "rp_")


def register_folders() -> None:
    """Make ComfyUI and the core look into models/facerestore_models, models/gpen and models/facedetection.

    A folder that other packs or extra_model_paths.yaml have registered keeps its places and its file types; no types
    at all stands for every type.
    """
    for name, kinds in _FETCHED_INTO.items():
        folder_paths.add_model_folder_path(name, os.path.join(folder_paths.models_dir, name))
        places, suffixes = folder_paths.folder_names_and_paths[name]
        if suffixes:
            # A new set: packs hand over ComfyUI's own, which other folders share.
            folder_paths.folder_names_and_paths[name] = (places, {*suffixes, *NETWORK_SUFFIXES})
        for place in places:
            for kind in kinds:
                add_folder(place, kind)


def choices() -> list[str]:
    """What the loader offers: the embedded network, the files found, the published ones that can be fetched."""
    files = sorted({name for folder in _FOLDERS for name in folder_paths.get_filename_list(folder) if _is_ours(name)})
    files.sort(key=lambda name: "gpen" not in name.casefold())
    present = {Path(name).name.casefold() for name in files}
    absent = [
        entry.name + DOWNLOAD
        for entry in all_entries()
        if entry.kind == "generator" and entry.name.casefold() not in present
    ]
    return [EMBEDDED_NETWORK, *files, *absent]


def locate(choice: str) -> Path | None:
    """The file of a choice, or None where it is not there yet."""
    name = choice.removesuffix(DOWNLOAD)
    if is_embedded(name):
        return resolve_name(name)
    for folder in _FOLDERS:
        path = folder_paths.get_full_path(folder, name)
        if path is not None:
            return Path(path)
    return None


def obtain(choice: str, progress: Progress) -> Path:
    """The file of a choice, fetched and verified first where the user chose to.

    Raises CheckpointError for a file that is not there, with the folder it belongs in and where to get it.
    """
    path = locate(choice)
    if path is not None:
        return path
    if choice.endswith(DOWNLOAD):
        return fetch(find_entry(choice.removesuffix(DOWNLOAD)), progress=progress)
    folder = Path(folder_paths.get_folder_paths(_SHARED)[0])
    raise CheckpointError(f"The weight file '{choice}' was not found in {folder}.\n{_advice(choice, folder)}")


def _advice(choice: str, folder: Path) -> str:
    try:
        entry = find_entry(Path(choice).name)
    except CheckpointError:
        return "Put it there, or choose another file in Load GPEN Model."
    return (
        f"Choose '{entry.name}{DOWNLOAD}' in Load GPEN Model to fetch it, or:\n{entry.instructions(folder)}\n"
        f"Terms: {entry.terms}"
    )


def _is_ours(name: str) -> bool:
    path = Path(name)
    known_other = path.name.casefold().startswith(_OTHERS)
    # The kept files of variant pruned are no choice of their own.
    kept = PRUNED_MARK in path.name or is_embedded(path.name)
    return path.suffix.lower() in NETWORK_SUFFIXES and not known_other and not kept
