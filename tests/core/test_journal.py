"""The journal: what it keeps, what it tolerates, what it refuses."""

from __future__ import annotations

import errno
import json
import os
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gpen_core import GPENError, RestoreSettings
from gpen_core.archive import Job, Journal, Shard
from gpen_core.archive import journal as journal_module
from gpen_core.archive.journal_file import entries_of, read_journal

JOB = Job(settings=RestoreSettings(strength=50))
WRITTEN: dict[str, Any] = {"path": "/in/a.png", "size": 3, "mtime_ns": 7, "result": "written", "output": "a.png"}
FAILED: dict[str, Any] = {"path": "/in/b.png", "size": 3, "mtime_ns": 7, "result": "failed", "error": "b.png is empty"}


@pytest.fixture
def begun(tmp_path: Path) -> Path:
    """A journal with a picture that is done, one that failed and one in flight."""
    with Journal(tmp_path, JOB, "hash") as journal:
        journal.begin_run(3)
        journal.claim(["a.png", "b.png", "c.png"])
        journal.record("a.png", WRITTEN)
        journal.record("b.png", FAILED)
    return tmp_path / "gpen-journal.jsonl"


def test_it_says_what_became_of_each_picture(begun: Path) -> None:
    state = read_journal(begun)
    assert state.header is not None and state.header["job"]["settings"]["strength"] == 50
    assert {key: (each.done, each.ours, each.output) for key, each in state.known.items()} == {
        "a.png": (True, True, "a.png"),
        "b.png": (False, True, None),
        "c.png": (False, True, None),
    }
    assert [entry["input"] for entry in entries_of(begun, state)] == ["a.png", "b.png"]
    assert (state.run["pid"], state.run["pictures"], state.runs) == (os.getpid(), 3, 1)


@pytest.mark.parametrize("cut", [1, 5, 40])
def test_a_torn_last_line_is_dropped(begun: Path, cut: int) -> None:
    begun.write_bytes(begun.read_bytes()[:-cut])
    with Journal(begun.parent, JOB, "hash") as journal:
        assert journal.notes == []
        assert journal.known["a.png"].done and journal.known["b.png"].offset == -1
        journal.record("b.png", WRITTEN)
    state = read_journal(begun)
    assert state.known["b.png"].done and not state.damaged and not state.torn


def test_a_damaged_line_costs_its_picture_and_is_told(begun: Path) -> None:
    lines = begun.read_bytes().splitlines(keepends=True)
    begun.write_bytes(b"".join([*lines[:3], b"\0" * 30 + b"\n", *lines[4:]]))
    with Journal(begun.parent, JOB, "hash") as journal:
        assert journal.notes == ["a line of gpen-journal.jsonl cannot be read: those pictures are restored again"]
        assert not journal.known["a.png"].done and journal.known["a.png"].ours


@pytest.mark.parametrize("length", [0, 1, 20, 60])
def test_stopped_within_its_first_line_it_begins_anew(begun: Path, length: int) -> None:
    begun.write_bytes(begun.read_bytes()[:length])
    with Journal(begun.parent, JOB, "hash") as journal:
        assert journal.known == {}
    assert read_journal(begun).header is not None


@pytest.mark.parametrize(
    ("job", "model", "text"),
    [
        (replace(JOB, settings=RestoreSettings(strength=70)), "hash", "strength 50 -> 70"),
        (replace(JOB, compare=True), "hash", "compare False -> True"),
        (replace(JOB, auto=True, given={"strength": 50}), "hash", "auto False -> True"),
        (JOB, "other", "another model"),
    ],
)
def test_other_settings_or_another_model_only_on_request(begun: Path, job: Job, model: str, text: str) -> None:
    before = begun.read_bytes()
    with pytest.raises(GPENError, match="restored otherwise") as refused:
        Journal(begun.parent, job, model)
    assert text in str(refused.value) and "--start-over" in str(refused.value)
    assert begun.read_bytes() == before
    with Journal(begun.parent, job, model, start_over=True) as journal:
        assert not any(known.done for known in journal.known.values())
        assert journal.known["a.png"].ours
    with Journal(begun.parent, job, model) as journal:  # and again, after it was started over
        assert not any(known.done for known in journal.known.values())
    assert list(entries_of(begun, read_journal(begun))) == []


def test_another_device_is_no_other_setting(begun: Path) -> None:
    with Journal(begun.parent, replace(JOB, device="cuda:3"), "hash") as journal:
        assert journal.known["a.png"].done


def test_another_version_of_the_program_is_told(begun: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal_module, "__version__", "9.9")
    with Journal(begun.parent, JOB, "hash") as journal:
        assert "this is 9.9" in journal.notes[0]


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"hello\n", "no journal of gpen restore"),
        (b"hello", "no journal of gpen restore"),
        (b'{"some": "other"}\n', "no journal of gpen restore"),
        (b'{"journal": "other", "version": 1}\n', "no journal of gpen restore"),
        (b"\x00\x01\x02\n", "no journal of gpen restore"),
        (b'{"journal": "gpen restore", "version": 7, "program": "3.0"}\n', "version 7, written by 3.0"),
    ],
)
def test_files_of_others_are_refused_and_left_alone(tmp_path: Path, content: bytes, text: str) -> None:
    path = tmp_path / "gpen-journal.jsonl"
    path.write_bytes(content)
    with pytest.raises(GPENError, match=text):
        Journal(tmp_path, JOB, "hash", start_over=True)
    assert path.read_bytes() == content


def test_one_run_at_a_time(begun: Path) -> None:
    with (
        Journal(begun.parent, JOB, "hash"),
        pytest.raises(GPENError, match=rf"Another run writes to .*: process {os.getpid()} on .* by .*, since 20"),
    ):
        Journal(begun.parent, JOB, "hash")
    Journal(begun.parent, JOB, "hash").close()


def test_where_there_are_no_locks_it_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal_module, "lock", lambda file: False)
    with Journal(tmp_path, JOB, "hash") as journal:
        assert "knows no locks" in journal.notes[0]


def test_shards_have_journals_of_their_own_and_one_division(tmp_path: Path) -> None:
    with Journal(tmp_path, JOB, "hash", Shard(1, 2)), Journal(tmp_path, JOB, "hash", Shard(2, 2)) as second:
        assert second.path.name == "gpen-journal-2-of-2.jsonl"
    for shard in (Shard(1, 3), Shard()):
        with pytest.raises(GPENError, match="divided otherwise: it has gpen-journal-1-of-2"):
            Journal(tmp_path, JOB, "hash", shard)


def test_a_full_disk_leaves_whole_lines(begun: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before, real = begun.read_bytes(), os.write

    def full(file: int, line: bytes) -> int:
        if len(line) < 30:
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(file, line[:30])

    with Journal(begun.parent, JOB, "hash") as journal:
        monkeypatch.setattr(os, "write", full)
        with pytest.raises(GPENError, match="cannot be written: No space left on device"):
            journal.record("c.png", WRITTEN)
        monkeypatch.undo()
        assert begun.read_bytes() == before
        journal.record("c.png", WRITTEN)
    assert read_journal(begun).known["c.png"].done


def test_a_disk_that_is_taken_away_ends_the_run(begun: Path) -> None:
    with Journal(begun.parent, JOB, "hash") as journal:
        begun.rename(begun.with_name("elsewhere"))
        with pytest.raises(GPENError, match="cannot be found any more"):
            journal.record("c.png", WRITTEN)
        begun.write_text("another file\n")
        with pytest.raises(GPENError, match="is not the file it was"):
            journal.claim(["c.png"])


def test_a_folder_that_cannot_be_written_to(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(GPENError, match="cannot be written"):
        Journal(tmp_path / "file" / "out", JOB, "hash")


def test_lines_are_brought_to_the_disk_in_batches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[int] = []
    monkeypatch.setattr(os, "fsync", synced.append)
    with Journal(tmp_path, JOB, "hash") as journal:
        journal.begin_run(200)
        synced.clear()
        for number in range(200):
            journal.record(f"{number}.png", WRITTEN)
        assert len(synced) == 3
        journal.claim(["x.png"])
        assert len(synced) == 4
    assert len(synced) == 5


def test_a_clock_that_jumps_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Journal(tmp_path, JOB, "hash") as journal:
        journal.begin_run(2)
        journal.record("a.png", WRITTEN)
        monkeypatch.setattr(time, "time", lambda: 0.0)  # 1970
        journal.record("b.png", WRITTEN)
    assert 0 <= read_journal(journal.path).seconds < 60


def test_names_that_are_no_unicode_come_back(tmp_path: Path) -> None:
    with Journal(tmp_path, JOB, "hash") as journal:
        journal.record("\udcff\u00e9 \u2028.png", WRITTEN)
    assert list(read_journal(journal.path).known) == ["\udcff\u00e9 \u2028.png"]


def test_lines_are_plain_json(begun: Path) -> None:
    kinds = [next(iter(json.loads(line))) for line in begun.read_text().splitlines()]
    assert kinds == ["journal", "run", "claim", "input", "input"]
