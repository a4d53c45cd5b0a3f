"""Fetches a published weight file, whole and verified or not at all."""

from __future__ import annotations

import logging
import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from ..errors import CheckpointError
from ..progress import Progress
from .catalog import CatalogEntry
from .folders import download_folder, find_file, user_path
from .signature import identify_file
from .transfer import MirrorError, transfer
from .verification import record_sha256, sha256_of, verify

_logger = logging.getLogger(__name__)
_LOCKED_BYTE = 1 << 40  # Windows locks ranges of bytes, and nobody else can read them: one beyond the end


def fetch(entry: CatalogEntry, folder: str | Path | None = None, progress: Progress | None = None) -> Path:
    """The path of the verified file, fetched into `folder` unless it is there already.

    folder: by default the one the file is found in, else `download_folder`.
    progress: called with (bytes so far, bytes in all or None); what it raises ends the transfer, which a later call
        resumes from the `.part` file left behind.
    The addresses of the entry are tried in turn, with the proxies of the environment. Raises CheckpointError when an
    existing file differs from the published one (it is left alone), when no address gives the file, or when it cannot
    be stored.
    """
    target = _target(entry, folder)
    if target.exists():
        return _existing(target, entry)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with _part_file(target) as part:
            if target.exists():  # another process has finished it in the meantime
                part.truncate(0)
                return _existing(target, entry)
            _fill(part, entry, target, progress or _ignore)
        os.replace(_part_path(target), target)
    except OSError as error:
        raise CheckpointError(
            f"{entry.name} cannot be stored: {error}.\nFolder: {target.parent}\n"
            "Free it, or name another folder in the environment variable GPEN_WEIGHTS."
        ) from error
    if entry.sha256 is None:
        record_sha256(target)
    return target


def _target(entry: CatalogEntry, folder: str | Path | None) -> Path:
    if folder is not None:
        return user_path(folder).absolute() / entry.name
    return find_file(entry.name) or download_folder(entry.kind) / entry.name


def _existing(target: Path, entry: CatalogEntry) -> Path:
    result = verify(target, entry)
    if not result.good:
        raise CheckpointError(
            f"{target.name} exists but is not the expected file: {result.detail}.\nFile: {target}\n"
            "It was not touched. Move or delete it, then fetch again."
        )
    return target


def _fill(part: BinaryIO, entry: CatalogEntry, target: Path, progress: Progress) -> None:
    """Bring the verified content into `part` from the first address that gives it."""
    if entry.sha256 is not None and _problem(part, entry) is None:
        return  # all had arrived when an earlier run was stopped
    failures: list[str] = []
    for url in entry.urls:
        try:
            return _from_mirror(url, part, entry, progress)
        except MirrorError as error:
            failures.append(f"  {url}: {error}")
    raise CheckpointError(
        f"{entry.name} could not be fetched from any of {len(entry.urls)} addresses.\n"
        + "\n".join(failures)
        + f"\nIf this computer is offline, do it by hand.\n{entry.instructions(target.parent)}"
    )


def _from_mirror(url: str, part: BinaryIO, entry: CatalogEntry, progress: Progress) -> None:
    if entry.sha256 is None:
        part.truncate(0)  # without a SHA-256 nothing would tell if the rest came from another version
    resumed = part.seek(0, os.SEEK_END) > 0
    transfer(url, part, entry, progress)
    problem = _problem(part, entry)
    if problem and resumed:  # the part of an earlier run may be at fault
        part.truncate(0)
        transfer(url, part, entry, progress)
        problem = _problem(part, entry)
    if problem:
        part.truncate(0)
        raise MirrorError(problem)


def _problem(part: BinaryIO, entry: CatalogEntry) -> str | None:
    """What is wrong with the complete `part`, None if nothing is. Brings it to the disk."""
    part.flush()
    os.fsync(part.fileno())
    size = part.seek(0, os.SEEK_END)
    if entry.size is not None and size != entry.size:
        return f"{size:,} bytes arrived, expected {entry.size:,}"
    if size == 0:
        return "an empty file arrived"
    if entry.sha256 is None and not (content := identify_file(Path(part.name))).holds_weights:
        return f"what arrived is {content.value}, no network"
    if entry.sha256 is not None and (digest := sha256_of(Path(part.name))) != entry.sha256:
        return f"what arrived has SHA-256 {digest}, expected {entry.sha256}"
    return None


def _ignore(done: int, total: int | None) -> None:
    """Progress for those who did not ask."""


def _part_path(target: Path) -> Path:
    return target.with_name(f"{target.name}.part")


@contextmanager
def _part_file(target: Path) -> Generator[BinaryIO, None, None]:
    """The unfinished file, opened for appending and locked against other processes; left behind unless empty."""
    path = _part_path(target)
    empty = False
    try:
        with path.open("a+b") as part:
            if not _lock(part):
                raise CheckpointError(
                    f"{target.name} is being fetched by another process.\nWait until that has finished, then try again."
                )
            try:
                yield part
            finally:
                empty = part.seek(0, os.SEEK_END) == 0
    finally:
        if empty:
            path.unlink()


def _lock(part: BinaryIO) -> bool:
    """Lock an open file without waiting; the system releases it when the file is closed. False if it is locked."""
    try:
        if os.name == "nt":
            import msvcrt

            part.seek(_LOCKED_BYTE)
            msvcrt.locking(part.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(part.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    except OSError as error:  # some network file systems know no locks
        _logger.warning("%s cannot be locked against other processes: %s", part.name, error)
    return True
