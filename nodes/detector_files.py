"""The face detectors a user can choose from, and the files one of them fetches."""

from __future__ import annotations

from ..gpen_core.checkpoints import download_folder, fetch, find_entry
from ..gpen_core.errors import CheckpointError
from ..gpen_core.faces.auto import DETECTORS
from ..gpen_core.progress import Progress
from .model_files import DOWNLOAD

_FETCHED = "face-alignment"  # the others come with the pack


def detector_choices() -> list[str]:
    """What the nodes offer. The entry that fetches stays when the files are there: workflows keep it."""
    return [*DETECTORS, _FETCHED + DOWNLOAD]


def obtain_detector(choice: str, progress: Progress) -> str:
    """The name of the detector chosen, its files fetched and verified first where the user chose to.

    Raises CheckpointError where files are missing, GPENError where the package they belong to is.
    """
    name = choice.removesuffix(DOWNLOAD)
    if name != _FETCHED:
        return name
    from ..gpen_core.faces.face_alignment import FACE_ALIGNMENT_FILES, face_alignment_files_found, network_classes

    network_classes()  # before 186 MB are fetched for nothing
    if choice != name:
        for file in FACE_ALIGNMENT_FILES:
            fetch(find_entry(file), progress=progress)
    elif not face_alignment_files_found():
        raise CheckpointError(_advice(FACE_ALIGNMENT_FILES))
    return name


def _advice(files: tuple[str, ...]) -> str:
    entries = [find_entry(file) for file in files]
    folder = download_folder("detector")
    by_hand = "\n".join(entry.instructions(folder) for entry in entries)
    return (
        f"The face detector {_FETCHED} needs {' and '.join(files)}, which are not here.\n"
        f"Choose '{_FETCHED}{DOWNLOAD}' as detector to fetch them (186 MB), or:\n{by_hand}\n"
        f"Terms: {entries[0].terms}\nThe detector auto does without them."
    )
