"""What a command found out or did, as a JSON file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


def write_json_file(path: Path, entries: list[dict[str, Any]]) -> None:
    """Write the file whole or not at all."""
    part = path.with_name(path.name + ".part")
    try:
        part.write_text(json.dumps(entries, indent=2), encoding="utf-8")
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
