"""Comparing weight files with the published ones."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from gpen_core.checkpoints import CatalogEntry, verify
from gpen_core.errors import CheckpointError

DATA = b"published bytes"
DIGEST = hashlib.sha256(DATA).hexdigest()
ENTRY = CatalogEntry("net.pth", "generator", (), size=len(DATA), sha256=DIGEST, terms="", note="")
UNHASHED = CatalogEntry("new.pth", "generator", (), size=None, sha256=None, terms="", note="")


@pytest.fixture
def known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gpen_core.checkpoints.verification.all_entries", lambda: (ENTRY, UNHASHED))


def put(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


@pytest.mark.usefixtures("known")
def test_a_published_file_is_confirmed(tmp_path: Path) -> None:
    result = verify(put(tmp_path / "net.pth", DATA))
    assert (result.status, result.entry, result.good) == ("ok", ENTRY, True)


@pytest.mark.usefixtures("known")
def test_a_published_file_is_recognised_under_another_name(tmp_path: Path) -> None:
    result = verify(put(tmp_path / "pytorch_model.pt", DATA))
    assert (result.status, result.entry) == ("ok", ENTRY)


@pytest.mark.usefixtures("known")
@pytest.mark.parametrize(("data", "detail"), [(DATA[::-1], "SHA-256"), (DATA[:-1], "14 bytes, expected 15")])
def test_a_changed_file_is_reported(tmp_path: Path, data: bytes, detail: str) -> None:
    result = verify(put(tmp_path / "net.pth", data))
    assert (result.status, result.good) == ("wrong", False)
    assert detail in result.detail


@pytest.mark.usefixtures("known")
def test_a_foreign_file_is_unknown(tmp_path: Path) -> None:
    result = verify(put(tmp_path / "mine.pth", b"mine"))
    assert (result.status, result.entry, result.good) == ("unknown", None, True)


@pytest.mark.usefixtures("known")
def test_an_unpublished_hash_is_recorded_and_held_to(tmp_path: Path) -> None:
    path = put(tmp_path / "new.pth", b"PK\x03\x04first")
    assert verify(path).status == "recorded"
    record = json.loads((tmp_path / "new.pth.sha256.json").read_text())
    assert record == {"name": "new.pth", "sha256": hashlib.sha256(b"PK\x03\x04first").hexdigest()}
    assert verify(path).status == "same"
    put(path, b"other")
    assert verify(path).status == "wrong"


@pytest.mark.usefixtures("known")
def test_a_damaged_record_is_an_error(tmp_path: Path) -> None:
    path = put(tmp_path / "new.pth", b"PK\x03\x04first")
    put(tmp_path / "new.pth.sha256.json", b"{}")
    with pytest.raises(CheckpointError, match=r"new\.pth\.sha256\.json cannot be read"):
        verify(path)


def test_a_missing_file_cannot_be_verified(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="cannot be verified"):
        verify(tmp_path / "net.pth")
