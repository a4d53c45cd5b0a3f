"""`--html`: the report as a page, with a bar for its thumbnails."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tqdm import tqdm

from ..archive import Totals
from ..archive.page import write_page


def make_page(path: Path, entries: Iterable[dict[str, Any]], totals: Totals, disable: bool | None) -> None:
    """Write the page and say where it is. Raises GPENError as `write_page`."""
    with tqdm(unit="thumbnail", leave=False, disable=disable) as bar:

        def progress(done: int) -> None:
            bar.update(done - bar.n)

        shown = write_page(path, entries, totals, progress)
    print(f"{shown} pictures on the page {path}")
