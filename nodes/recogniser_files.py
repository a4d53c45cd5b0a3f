"""The face recognition networks a user can choose from, and the file that is fetched for them."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from ..gpen_core.checkpoints import download_folder, fetch, find_entry
from ..gpen_core.checkpoints.folders import find_file
from ..gpen_core.errors import CheckpointError, GPENError
from ..gpen_core.faces.recognition import RECOGNISER_FILE, FaceRecogniser, SFace
from ..gpen_core.progress import Progress
from .model_files import DOWNLOAD

NONE = "none"
_SFACE = "sface"


def recogniser_choices() -> list[str]:
    """What the nodes offer. The entry that fetches stays when the file is there: workflows keep it."""
    return [NONE, _SFACE, _SFACE + DOWNLOAD]


def obtain_recogniser(choice: str, identity: float, progress: Progress) -> FaceRecogniser | None:
    """The network chosen, its file fetched and verified first where the user chose to; None for none.

    identity: as in `RestoreSettings`. Raises GPENError where that asks for a network and none is chosen,
    CheckpointError where the file is missing.
    """
    if choice == NONE:
        if identity > 0.0:
            raise GPENError(
                f"identity {identity:g} needs a face recognition network, and none is chosen.\n"
                f"Choose '{_SFACE}{DOWNLOAD}' as recogniser (39 MB, fetched once), or set identity to 0."
            )
        return None
    if choice != _SFACE:
        fetch(find_entry(RECOGNISER_FILE), progress=progress)
    path = find_file(RECOGNISER_FILE)
    if path is None:
        entry = find_entry(RECOGNISER_FILE)
        raise CheckpointError(
            f"The face recognition network {RECOGNISER_FILE} is not here.\n"
            f"Choose '{_SFACE}{DOWNLOAD}' as recogniser to fetch it (39 MB), or:\n"
            f"{entry.instructions(download_folder(entry.kind))}\nTerms: {entry.terms}"
        )
    return _kept(path)


@lru_cache(maxsize=1)
def _kept(path: Path) -> SFace:
    return SFace(path)
