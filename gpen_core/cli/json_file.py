"""What a command found out or did, as a JSON file."""

from __future__ import annotations

import json
import os
import uuid
from pathlib import Path
from typing import Any

from ..errors import GPENError


def write_json_file(path: Path, entries: list[dict[str, Any]]) -> None:
    """Write the file whole or not at all; its folder is made. Raises GPENError where that fails."""
    part = path.with_name(f".{uuid.uuid4().hex}.part")  # no name that somebody could have taken or foreseen
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with part.open("x", encoding="utf-8") as file:
                json.dump(entries, file, indent=2)
                file.flush()
                os.fsync(file.fileno())
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
    except OSError as error:
        raise GPENError(f"{path} cannot be written: {error.strerror or error}.\nChoose another folder.") from error
