"""Brings one address into one open file: resumes, retries, and notices answers that are not the file."""

from __future__ import annotations

import http.client
import logging
import re
import shutil
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import BinaryIO

from ..errors import CheckpointError
from ..progress import Progress
from .catalog import CatalogEntry
from .signature import HEAD_BYTES, Content, identify

_logger = logging.getLogger(__name__)
_BLOCK = 1 << 18
_TIMEOUT = 30.0  # s, to connect and for every block
_ATTEMPTS = 5  # in a row without `_PROGRESS` more bytes
_PROGRESS = 1 << 20
_RETRY_WAIT = 1.0  # s, doubled with every attempt in a row
_SPACE_MARGIN = 64 << 20  # bytes left free on the disk
_LARGEST = 8 << 30  # bytes; no network of this kind comes near it
_PASSING_STATUS = {408, 425, 429, 500, 502, 503, 504}
_RANGE_REFUSED = 416
_CONTENT_RANGE = re.compile(r"bytes ([0-9]{1,18})-[0-9]{1,18}/([0-9]{1,18}|\*)")
_NETWORK_ERRORS = (OSError, http.client.HTTPException)  # TimeoutError and ssl.SSLError are OSErrors


class MirrorError(Exception):
    """This address does not give the file; another may."""


class _DroppedError(Exception):
    """The connection failed in a way that may pass."""


class _UnreachableError(_DroppedError):
    """There was no connection at all."""


def transfer(url: str, part: BinaryIO, entry: CatalogEntry, progress: Progress) -> None:
    """Append to `part` until it is as long as the server says the file is.

    part: open for reading and appending; what it holds already is not asked for again if the server agrees.
    Raises MirrorError, CheckpointError when the disk is full, and OSError when `part` cannot be written.
    """
    attempt, answered, length = 0, False, _length(part)
    while True:
        try:
            return _request(url, part, entry, progress)
        except _DroppedError as error:
            answered = answered or not isinstance(error, _UnreachableError)
            if not answered:
                raise MirrorError(str(error)) from error
            if _length(part) - length >= _PROGRESS:
                attempt = 0
            attempt, length = attempt + 1, _length(part)
            if attempt >= _ATTEMPTS:
                raise MirrorError(f"{error}, {attempt} times") from error
            _logger.info("%s: %s; trying again at byte %d", url, error, length)
            time.sleep(_RETRY_WAIT * 2 ** (attempt - 1))


def _request(url: str, part: BinaryIO, entry: CatalogEntry, progress: Progress) -> None:
    have = _length(part)
    headers = {"User-Agent": "gpen-core", "Accept-Encoding": "identity"}
    if have:
        headers["Range"] = f"bytes={have}-"
    try:
        response = urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=_TIMEOUT)
    except urllib.error.HTTPError as error:
        with error:
            if error.code == _RANGE_REFUSED:  # the part of an earlier run is not of this file
                part.truncate(0)
        kind = _DroppedError if error.code in {*_PASSING_STATUS, _RANGE_REFUSED} else MirrorError
        raise kind(f"the server answered {error.code} {error.reason}") from error
    except urllib.error.URLError as error:
        raise _UnreachableError(f"no connection ({error.reason})") from error
    except _NETWORK_ERRORS as error:
        raise _DroppedError(f"no answer ({error})") from error
    except ValueError as error:  # what urllib makes of an address that is none, such as that of a bad redirection
        raise MirrorError(f"the address cannot be followed ({error})") from error
    with response:
        _receive(response, part, entry, progress)


def _receive(response: http.client.HTTPResponse, part: BinaryIO, entry: CatalogEntry, progress: Progress) -> None:
    """Write the body behind what `part` holds, or over it when the server sends the whole file."""
    if "html" in response.headers.get("Content-Type", ""):
        raise MirrorError("the server answered with a web page")
    have = _length(part)
    start, total = _extent(response)
    if start != have:
        part.truncate(0)
        if start:
            raise _DroppedError(f"the server sent the file from byte {start} instead of {have}")
        have = 0
    if None not in (total, entry.size) and total != entry.size:
        raise MirrorError(f"the server offers {total:,} bytes, expected {entry.size:,}")
    total = total if total is not None else entry.size
    _check_space(Path(part.name).parent, (total or 0) - have)
    progress(have, total)
    most = total if total is not None else _LARGEST
    while block := _read(response):
        if have == 0:
            _check_head(block)
        have += len(block)
        if have > most:
            part.truncate(0)
            raise MirrorError(f"the server sends more than the {most:,} bytes of the file")
        part.write(block)
        progress(have, total)
    if total is not None and have < total:
        raise _DroppedError(f"the connection ended after {have:,} of {total:,} bytes")


def _read(response: http.client.HTTPResponse) -> bytes:
    """What has arrived, however little: progress is told, and can end the transfer, on the slowest connection."""
    try:
        return response.read1(_BLOCK)
    except _NETWORK_ERRORS as error:
        raise _DroppedError(f"the connection broke ({error})") from error


def _extent(response: http.client.HTTPResponse) -> tuple[int, int | None]:
    """First byte sent, and bytes of the whole file where the server says so."""
    if response.status == 206:
        if sent := _CONTENT_RANGE.fullmatch(response.headers.get("Content-Range", "")):
            return int(sent[1]), None if sent[2] == "*" else int(sent[2])
        raise MirrorError("the server sent a part of the file without saying which")
    length = response.headers.get("Content-Length", "")
    return 0, int(length) if re.fullmatch(r"[0-9]{1,18}", length) else None


def _check_head(block: bytes) -> None:
    content = identify(block[:HEAD_BYTES])
    if content in (Content.WEB_PAGE, Content.LFS_POINTER):
        raise MirrorError(f"the server sent {content.value}")


def _check_space(folder: Path, needed: int) -> None:
    free = shutil.disk_usage(folder).free
    if free < needed + _SPACE_MARGIN:
        raise CheckpointError(
            f"Not enough disk space: {needed / 1e6:.0f} MB needed, {free / 1e6:.0f} MB free.\nFolder: {folder}"
        )


def _length(part: BinaryIO) -> int:
    return part.seek(0, 2)
