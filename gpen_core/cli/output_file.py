"""Single files that a command writes beside its main results."""

from __future__ import annotations

from pathlib import Path

from ..errors import GPENError


def check_output_file(path: Path, overwrite: bool) -> None:
    """Refuse a file that could not be written, before any work is done; its folder is created."""
    if path.exists() and not overwrite:
        raise GPENError(f"{path} already exists.\nChoose another name, or add --overwrite.")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise GPENError(f"{path} cannot be written: {error.strerror or error}.\nChoose another folder.") from error
