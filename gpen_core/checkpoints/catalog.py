"""The published weight files this project knows: where they come from, how to recognise them, on what terms.

The facts are in catalog.json beside this file. A file whose SHA-256 is unknown is listed with its publisher's own
addresses only, because nothing else vouches for it. ModelScope calls every network pytorch_model.pt; its files get the
names under which GPEN's authors announced them, so that they do not overwrite each other.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Any, Literal

from ..errors import CheckpointError

Kind = Literal["generator", "detector", "landmarks", "recogniser"]

# GPEN's repository has no licence; its README asked for academic, non-commercial use until 2026-03 (commit 2c73670).
_TERMS = {
    "gpen": "no licence granted; until 2026-03 GPEN's authors stated: for academic and non-commercial use only",
}


@dataclass(frozen=True)
class CatalogEntry:
    """One published file.

    name: file name under which it is stored here.
    urls: addresses in order of preference; all serve the same bytes.
    size: bytes, None where unknown.
    sha256: lower-case hexadecimal, None where unknown: it is then recorded when the file is first seen.
    terms: terms of use of the weights, in words.
    note: what the file is for.
    aliases: other names people know it by.
    """

    name: str
    kind: Kind
    urls: tuple[str, ...]
    size: int | None
    sha256: str | None
    terms: str
    note: str
    aliases: tuple[str, ...] = ()

    def goes_by(self, name: str) -> bool:
        """True if `name` is the file name, with or without extension, or an alias, in any case."""
        names = (self.name, Path(self.name).stem, *self.aliases)
        return name.casefold() in {known.casefold() for known in names}

    def fingerprint(self) -> str:
        """Size and SHA-256 for a user to compare."""
        size = f"{self.size:,} bytes" if self.size is not None else "size unknown"
        return f"{size}, SHA-256 {self.sha256 or 'unknown'}"

    def instructions(self, folder: Path) -> str:
        """How to put the file into `folder` by hand."""
        addresses = "\n".join(f"  {url}" for url in self.urls)
        return (
            f"Download it in a browser from\n{addresses}\nand save it as\n  {folder / self.name}\n"
            f"({self.fingerprint()})."
        )


@cache
def all_entries() -> tuple[CatalogEntry, ...]:
    """All known files, GPEN networks first."""
    rows = json.loads(Path(__file__).with_name("catalog.json").read_text(encoding="utf-8"))
    return tuple(_entry(row) for row in rows)


def find_entry(name: str) -> CatalogEntry:
    """The known file called `name`, in any case, with or without extension, or by an alias such as 'yunet'.

    Raises CheckpointError with the closest known names.
    """
    for entry in all_entries():
        if entry.goes_by(name):
            return entry
    known = [entry.name for entry in all_entries()]
    lower = {entry.casefold(): entry for entry in known}
    close = [lower[match] for match in get_close_matches(name.casefold(), lower)]
    raise CheckpointError(
        f"No known weight file is called '{name}'.\n"
        + (f"Did you mean {' or '.join(close)}?" if close else f"Known files: {', '.join(known)}.")
    )


def _entry(row: dict[str, Any]) -> CatalogEntry:
    terms: str = row["terms"]
    return CatalogEntry(
        name=row["name"],
        kind=row["kind"],
        urls=tuple(row["urls"]),
        size=row.get("size"),
        sha256=row.get("sha256"),
        terms=_TERMS.get(terms, terms),
        note=row["note"],
        aliases=tuple(row.get("aliases", ())),
    )
