"""The journal of a run: what has become of each picture, on the disk, however the run ends."""

from __future__ import annotations

import getpass
import os
import socket
import threading
import time
from collections.abc import Sequence
from datetime import datetime, timezone
from pathlib import Path
from types import TracebackType
from typing import Any

from ..errors import GPENError
from ..version import __version__
from .job import Job, digest_of, plain_values
from .journal_file import (
    PROGRAM,
    UNKNOWN,
    VERSION,
    JournalState,
    journal_name,
    journals_in,
    known_after,
    read_journal,
    to_line,
)
from .lock import HeldError, lock
from .shards import Shard

_LINES_PER_SYNC, _SECONDS_PER_SYNC = 64, 5.0  # what a machine that loses its power may have to do again


class Journal:
    """An open journal, held against other runs until it is closed. Threads may share it.

    known: what is said of each picture, by its key. runs: how many there were before.
    notes: what the user should know.
    """

    def __init__(
        self, folder: Path, job: Job, model: str, shard: Shard | None = None, start_over: bool = False
    ) -> None:
        """Begin the journal of an output folder, or go on with the one that is there.

        folder: of the results; it is made. model: hash of the model's file. start_over: pictures whose results are
        written are restored again; also allows other settings and another model than before.
        Raises GPENError where the file cannot be written, another run holds it, it is the journal of another program
        or version, of another model or settings, or the folder has journals of another division into shards.
        """
        self.folder, self.shard = folder, shard or Shard()
        self.path = folder / journal_name(self.shard)
        self.notes: list[str] = []
        self._writing = threading.Lock()
        self._unsynced, self._synced = 0, time.monotonic()
        self._facts, self._model = job.facts(), model
        self._settings = digest_of(self._facts)
        self._refuse_other_divisions()
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._file = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0), 0o644)
        except OSError as error:
            raise self._failed("written", error) from error
        try:
            self._hold()
            state = read_journal(self.path)
            self._accept(state, start_over)
        except BaseException:
            os.close(self._file)
            raise
        self.known, self.runs = state.known, state.runs
        self._begun = time.monotonic()

    def begin_run(self, pictures: int, problems: Sequence[dict[str, str]] = ()) -> None:
        """Say who works on the journal from now on, and how many pictures belong to its part of the archive.

        problems: inputs that gave no pictures: "input" and "error" of each.
        """
        self._begun = time.monotonic()
        owner = {"host": socket.gethostname(), "pid": os.getpid(), "user": _user()}
        begun = datetime.now(timezone.utc).isoformat(timespec="seconds")
        self._append({"run": {**owner, "begun": begun, "pictures": pictures, "problems": list(problems)}}, durable=True)

    def claim(self, keys: Sequence[str]) -> None:
        """Say, before anything is written for these pictures, that what will lie in their places is ours."""
        if keys:
            self._append({"claim": list(keys)}, durable=True)
            self.known.update({key: self.known.get(key, UNKNOWN)._replace(ours=True) for key in keys})

    def record(self, key: str, values: dict[str, Any]) -> None:
        """Say what became of a picture. values: ready for JSON.

        Raises GPENError where that cannot be written, or the journal is no longer where it was.
        """
        facts = {"settings": self._settings, "model": self._model, "at": round(time.monotonic() - self._begun, 3)}
        line = {"input": key, **facts, **values}
        offset = self._append(line)
        self.known[key] = known_after(self.known.get(key, UNKNOWN), offset, line)

    def close(self) -> None:
        """Bring everything to the disk and let go of the journal."""
        if self._file < 0:
            return
        try:
            os.fsync(self._file)
        except OSError as error:
            raise self._failed("written", error) from error
        finally:
            os.close(self._file)
            self._file = -1

    def settings_of(self, report: dict[str, Any]) -> dict[str, Any]:
        """A report as it is recorded: without settings that are those of the whole run."""
        if plain_values(report["settings"]) == self._facts["settings"]:
            return {name: value for name, value in report.items() if name != "settings"}
        return report

    def __enter__(self) -> Journal:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _append(self, values: dict[str, Any], durable: bool = False) -> int:
        """Returns where the line begins in the file."""
        line = to_line(values)
        with self._writing:
            self._require_place()
            try:
                offset = self._write(line)
                self._unsynced += 1
                due = time.monotonic() - self._synced > _SECONDS_PER_SYNC
                if durable or due or self._unsynced >= _LINES_PER_SYNC:
                    os.fsync(self._file)
                    self._unsynced, self._synced = 0, time.monotonic()
            except OSError as error:
                raise self._failed("written", error) from error
        return offset

    def _write(self, line: bytes) -> int:
        """The whole line, or, where the disk is full, nothing: the next one would be taken for its end."""
        end = os.fstat(self._file).st_size
        try:
            while line:
                line = line[os.write(self._file, line) :]
        except OSError:
            os.ftruncate(self._file, end)
            raise
        return end

    def _require_place(self) -> None:
        """Results and journal belong together: both would go astray where a disk was taken away."""
        try:
            same = os.path.samestat(os.stat(self.path), os.fstat(self._file))
        except OSError as error:
            raise self._failed("found any more", error) from error
        if not same:
            raise GPENError(f"{self.path} is not the file it was: its disk was taken away, or somebody replaced it.")

    def _hold(self) -> None:
        try:
            if not lock(self._file):
                self.notes.append(f"{self.folder} knows no locks: see to it that no other run writes there")
        except HeldError as error:
            raise _held(self.path) from error

    def _accept(self, state: JournalState, start_over: bool) -> None:
        """Go on behind what is there, or begin."""
        if state.torn:
            os.ftruncate(self._file, state.end)
        if state.damaged:
            lines = "a line" if state.damaged == 1 else f"{state.damaged} lines"
            self.notes.append(f"{lines} of {self.path.name} cannot be read: those pictures are restored again")
        header = state.header
        if header is not None and not start_over:
            self._compare(header)
            if header["program"] != __version__:
                self.notes.append(
                    f"the journal was begun by gpen {header['program']}, this is {__version__}: pictures may differ"
                )
            return
        self._append(
            {
                "journal": PROGRAM,
                "version": VERSION,
                "program": __version__,
                "shard": str(self.shard),
                "settings": self._settings,
                "model": self._model,
                "job": self._facts,
            },
            durable=True,
        )
        state.known = {key: known._replace(done=False) for key, known in state.known.items()}

    def _compare(self, header: dict[str, Any]) -> None:
        """Raises GPENError where the journal is of other settings or of another model."""
        changes = _changes(header.get("job", {}), self._facts)
        if header.get("model") != self._model:
            changes.insert(0, "another model")
        if changes:
            raise GPENError(
                f"The pictures in {self.folder} were restored otherwise; since then: {', '.join(changes)}.\n"
                "Add --start-over to restore them all again, go back to the settings of before, or choose another "
                "folder with -o."
            )

    def _refuse_other_divisions(self) -> None:
        for path in journals_in(self.folder):
            if path.name != self.path.name and not path.name.endswith(f"-of-{self.shard.count}.jsonl"):
                raise GPENError(
                    f"{self.folder} is divided otherwise: it has {path.name}, this run is shard {self.shard}.\n"
                    "Go on with the same division, or choose another folder with -o."
                )

    def _failed(self, what: str, error: OSError) -> GPENError:
        failure = GPENError(
            f"{self.path} cannot be {what}: {error.strerror or error}.\n"
            "Check the disk and the permissions; the same command goes on where this run ended."
        )
        failure.__cause__ = error
        return failure


def refuse_held(folder: Path) -> None:
    """Raises GPENError where a run with a journal writes to this folder now."""
    for path in journals_in(folder):
        try:
            file = os.open(path, os.O_RDWR)
        except OSError:
            continue  # not to be written: nor by another run of this user
        try:
            lock(file)
        except HeldError as error:
            raise _held(path) from error
        finally:
            os.close(file)


def _held(path: Path) -> GPENError:
    run = read_journal(path).run
    owner = f": process {run['pid']} on {run['host']} by {run['user']}, since {run['begun']}" if run else ""
    return GPENError(
        f"Another run writes to {path.parent}{owner}.\nWait for it, stop it, or choose another folder with -o."
    )


def _changes(before: dict[str, Any], now: dict[str, Any]) -> list[str]:
    """What differs, in words: "strength 60 -> 80"."""
    old, new = _flat(before), _flat(now)
    return [f"{name} {old.get(name)} -> {new.get(name)}" for name in {**old, **new} if old.get(name) != new.get(name)]


def _flat(values: dict[str, Any]) -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, value in values.items():
        flat |= _flat(value) if isinstance(value, dict) else {name: value}
    return flat


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):  # a container's user may have no name
        return "unknown"
