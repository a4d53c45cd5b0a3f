"""Lines of journals as the entries of a report."""

from __future__ import annotations

from pathlib import Path
from typing import Any


def report_entry(line: dict[str, Any], header: dict[str, Any], folder: Path) -> dict[str, Any]:
    """What `--report` says of a picture. header: of its journal. folder: of the results."""
    if line["result"] != "written":
        return {"input": line["path"], "error": line["error"]}
    settings = {"settings": header["job"]["settings"]}
    files = {"input": line["path"], "output": str(folder / line["output"]), "seconds": line["seconds"]}
    return {**files, **settings, **line["report"]}
