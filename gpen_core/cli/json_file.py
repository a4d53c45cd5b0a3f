"""What a command found out or did, as a JSON file."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterable
from pathlib import Path
from typing import Any, TextIO

from ..archive.whole_file import writing_whole


def write_json_file(path: Path, entries: Iterable[dict[str, Any]]) -> None:
    """Write the file whole or not at all; its folder is made. Raises GPENError where that fails."""
    with writing_whole(path) as file:
        _write_list(file, entries)


def _write_list(file: TextIO, entries: Iterable[dict[str, Any]]) -> None:
    """As `json.dump` of the list does it, but with one entry in memory: an archive may have a million."""
    between = "[\n"
    for entry in entries:
        file.write(between + textwrap.indent(json.dumps(entry, indent=2), "  "))
        between = ",\n"
    file.write("[]" if between == "[\n" else "\n]")
