"""Compares weight files with what was published, by size and SHA-256.

Of some published files no SHA-256 is known. The one found when such a file is first seen is recorded beside it, in
`<file>.sha256.json`, and the file is held to it from then on: this cannot tell whether the first copy was genuine, but
it does tell when a file was damaged or replaced later.
"""

from __future__ import annotations

import hashlib
import json
import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ..errors import CheckpointError
from .catalog import CatalogEntry, all_entries
from .signature import Content, identify_file

_logger = logging.getLogger(__name__)
_BLOCK = 1 << 20


@dataclass(frozen=True)
class VerifyResult:
    """What is known about one weight file.

    status: "ok" (as published), "same" (as when first seen, published SHA-256 unknown), "recorded" (seen now for the
        first time, published SHA-256 unknown), "wrong" (differs) or "unknown" (not a published file).
    entry: the published file it is, or claims to be by its name.
    detail: one line for the user.
    """

    path: Path
    status: Literal["ok", "same", "recorded", "wrong", "unknown"]
    size: int
    sha256: str
    entry: CatalogEntry | None
    detail: str

    @property
    def good(self) -> bool:
        """False if the file is known to differ from what it should be."""
        return self.status != "wrong"


def verify(path: str | Path, entry: CatalogEntry | None = None) -> VerifyResult:
    """Compare a file with `entry`, by default with the published file of the same content or else of the same name.

    Raises CheckpointError when the file is missing or cannot be read.
    """
    path = Path(path)
    try:
        size, digest, content = path.stat().st_size, sha256_of(path), identify_file(path)
    except OSError as error:
        raise CheckpointError(f"{path.name} cannot be verified: {error}.\nFile: {path}") from error
    entry = entry or _by_content(digest) or _by_name(path)
    if entry is None:
        return VerifyResult(path, "unknown", size, digest, None, "not one of the published files")
    status, detail = _compare(path, size, digest, content, entry)
    return VerifyResult(path, status, size, digest, entry, detail)


def sha256_of(path: Path) -> str:
    """SHA-256 of a file, lower-case hexadecimal. Raises OSError."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()


def record_sha256(path: Path) -> None:
    """Hold a file that has just been fetched to the SHA-256 it has now, whatever an earlier one had. Raises OSError."""
    _record(path, sha256_of(path))


def _compare(
    path: Path, size: int, digest: str, content: Content, entry: CatalogEntry
) -> tuple[Literal["ok", "same", "recorded", "wrong"], str]:
    if entry.size is not None and size != entry.size:
        return "wrong", f"{size:,} bytes, expected {entry.size:,} of {entry.name}"
    if entry.sha256 is not None:
        if digest != entry.sha256:
            return "wrong", f"SHA-256 {digest}, expected {entry.sha256} of {entry.name}"
        return "ok", f"is the published {entry.name}"
    if not content.holds_weights:
        return "wrong", f"it is {content.value}, no network"
    first_seen = _recorded(path)
    if first_seen is None:
        _record(path, digest)
        return "recorded", "published SHA-256 unknown; this one is recorded and checked from now on"
    if digest != first_seen:
        return "wrong", f"SHA-256 {digest}, but {first_seen} when first seen ({_record_path(path).name})"
    return "same", "unchanged since first seen; published SHA-256 unknown"


def _by_content(digest: str) -> CatalogEntry | None:
    return next((entry for entry in all_entries() if entry.sha256 == digest), None)


def _by_name(path: Path) -> CatalogEntry | None:
    return next((entry for entry in all_entries() if entry.name.casefold() == path.name.casefold()), None)


def _record_path(path: Path) -> Path:
    return path.with_name(f"{path.name}.sha256.json")


def _recorded(path: Path) -> str | None:
    record = _record_path(path)
    if not record.is_file():
        return None
    try:
        return str(json.loads(record.read_text(encoding="utf-8"))["sha256"])
    except (OSError, ValueError, LookupError, TypeError) as error:
        raise CheckpointError(
            f"{record.name} cannot be read: expected the SHA-256 of {path.name}, recorded by this project ({error}).\n"
            f"File: {record}\nDelete it if you trust {path.name}."
        ) from error


def _record(path: Path, digest: str) -> None:
    record = _record_path(path)
    try:
        record.write_text(json.dumps({"name": path.name, "sha256": digest}, indent=2) + "\n", encoding="utf-8")
    except OSError as error:  # a shared model folder may be read-only; the file itself is fine
        _logger.warning("The SHA-256 of %s could not be recorded in %s: %s", path.name, record, error)
