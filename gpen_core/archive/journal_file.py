"""The file of a journal, and what it says: one JSON object in each line, appended and never changed.

    {"journal": "gpen restore", "version": 1, "program": .., "shard": "1/1", "job": {..}, "settings": .., "model": ..}
    {"run": {"host": .., "pid": .., "user": .., "begun": .., "pictures": ..}}
    {"claim": ["a.jpg", ..]}
    {"input": "a.jpg", "result": "written", ..}

The first line says what made it and with which settings; another one of its kind starts over. A run line stands where
a process begins. Pictures are claimed before any of their files is written, so that a file found later without a line
of its own is known to be ours, and stand in a line of their own once their result is written or has failed. A last
line without an end was cut off by whatever ended the process.
"""

from __future__ import annotations

import json
from collections.abc import Generator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from ..errors import GPENError
from .shards import Shard

PROGRAM, VERSION = "gpen restore", 1
_BEGINNING = b'{"journal": "gpen restore"'
_NAME = "gpen-journal"


class Known(NamedTuple):
    """What a journal says last of a picture.

    offset: bytes, of the line in the file; -1 for none. size: bytes, mtime_ns: time of change of the picture's file as
    it was restored; None if it was not there. done: whether its result is written, with the settings of today.
    ours: whether what lies where its result belongs was written by the runs of this journal. output: relative path of
    its result, None where nothing was written yet.
    """

    offset: int
    size: int | None
    mtime_ns: int | None
    done: bool
    ours: bool
    output: str | None


UNKNOWN = Known(-1, None, None, False, False, None)


def known_after(before: Known, offset: int, line: dict[str, Any]) -> Known:
    """What is known of a picture after its own line at `offset`."""
    written = line.get("result") == "written"
    output = line["output"] if written else before.output
    return Known(offset, line.get("size"), line.get("mtime_ns"), written, before.ours or written, output)


@dataclass
class JournalState:
    """What is in a journal. header, run: the last lines of their kind. end: bytes up to the end of the last line.

    damaged: number of lines that are no JSON, as a broken disk leaves them; torn: whether the last has no end.
    seconds: of work, of all runs since the journal was started over, each up to its last picture.
    """

    header: dict[str, Any] | None = None
    run: dict[str, Any] = field(default_factory=dict[str, Any])
    known: dict[str, Known] = field(default_factory=dict[str, Known])
    runs: int = 0
    end: int = 0
    damaged: int = 0
    torn: bool = False
    seconds: float = 0.0
    before_run: float = 0.0  # of `seconds`, those of earlier runs

    @property
    def shard(self) -> Shard:
        """The part of the archive that the journal is of."""
        return Shard.parse((self.header or {}).get("shard", "1/1"))


def journal_name(shard: Shard) -> str:
    """The name of a journal's file, beside the results."""
    return f"{_NAME}.jsonl" if shard.count == 1 else f"{_NAME}-{shard.number}-of-{shard.count}.jsonl"


def journals_in(folder: Path) -> list[Path]:
    """The journals of a folder, in the order of their names."""
    return sorted(folder.glob(f"{_NAME}.jsonl")) + sorted(folder.glob(f"{_NAME}-*-of-*.jsonl"))


def to_line(values: dict[str, Any]) -> bytes:
    """One line of a journal; names of files that are no Unicode come back as they were."""
    return json.dumps(values).encode() + b"\n"


def read_journal(path: Path) -> JournalState:
    """What a journal says. Raises GPENError for a file that cannot be read, or is no journal of this version."""
    state = JournalState()
    try:
        for offset, line in _lines(path):
            state.torn = not line.endswith(b"\n")
            if state.header is None:
                _check_beginning(path, line)
            if state.torn:
                break
            state.end = offset + len(line)
            values = _parsed(line)
            if state.header is None and "journal" not in values:
                raise _no_journal(path)
            _take(state, path, offset, values)
    except OSError as error:
        raise GPENError(
            f"{path} cannot be read: {error.strerror or error}.\nCheck the disk and the permissions."
        ) from error
    return state


def entries_of(path: Path, state: JournalState) -> Generator[dict[str, Any], None, None]:
    """The last line of each picture since the journal was started over, in the order they were written."""
    offsets = sorted(known.offset for known in state.known.values() if known.offset >= 0)
    with path.open("rb") as file:
        for offset in offsets:
            file.seek(offset)
            yield _parsed(file.readline())


def _lines(path: Path) -> Generator[tuple[int, bytes], None, None]:
    offset = 0
    with path.open("rb") as file:
        for line in file:
            yield offset, line
            offset += len(line)


def _parsed(line: bytes) -> dict[str, Any]:
    """Empty for a line that is damaged."""
    try:
        values = json.loads(line)
    except ValueError:
        return {}
    return values if isinstance(values, dict) else {}


def _take(state: JournalState, path: Path, offset: int, values: dict[str, Any]) -> None:
    if "input" in values:
        state.seconds = max(state.seconds, state.before_run + values["at"])
        key = values["input"]
        state.known[key] = known_after(state.known.get(key, UNKNOWN), offset, values)
    elif "claim" in values:
        for key in values["claim"]:
            state.known[key] = state.known.get(key, UNKNOWN)._replace(ours=True)
    elif "run" in values:
        state.run = values["run"]
        state.runs += 1
        state.before_run = state.seconds
    elif "journal" in values:
        _check_header(path, values)
        state.header = values
        state.seconds = state.before_run = 0.0
        state.known = {key: known._replace(offset=-1, done=False) for key, known in state.known.items()}
    else:
        state.damaged += 1


def _check_beginning(path: Path, line: bytes) -> None:
    """A first line that was cut off is ours too, if it begins as ours do."""
    if not line.startswith(_BEGINNING[: len(line)]):
        raise _no_journal(path)


def _no_journal(path: Path) -> GPENError:
    return GPENError(
        f"{path} is no journal of {PROGRAM}: another program has written it, or its beginning is damaged.\n"
        "Move it away, or choose another folder with -o."
    )


def _check_header(path: Path, header: dict[str, Any]) -> None:
    if header["journal"] != PROGRAM:
        raise _no_journal(path)
    if header.get("version") != VERSION:
        raise GPENError(
            f"{path} is a journal of version {header.get('version')}, written by {header.get('program')}; "
            f"this program reads version {VERSION}.\n"
            "Go on with the program that began it, or choose another folder with -o."
        )
