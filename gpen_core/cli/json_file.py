"""What a command found out or did, as a JSON file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ..errors import GPENError


def check_json_file(path: Path, overwrite: bool) -> None:
    """Refuse a file that could not be written, before any work is done."""
    if path.exists() and not overwrite:
        raise GPENError(f"{path} already exists.\nChoose another name, or add --overwrite.")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise GPENError(f"{path} cannot be written: {error.strerror or error}.\nChoose another folder.") from error


def write_json_file(path: Path, entries: list[dict[str, Any]]) -> None:
    """Write the file whole or not at all."""
    part = path.with_name(path.name + ".part")
    try:
        part.write_text(json.dumps(entries, indent=2), encoding="utf-8")
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
