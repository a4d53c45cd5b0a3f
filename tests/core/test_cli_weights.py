"""The command `gpen weights`."""

from __future__ import annotations

import argparse
import hashlib
from pathlib import Path

import pytest
import torch

from gpen_core.checkpoints import CatalogEntry
from gpen_core.cli import weights
from gpen_core.errors import CheckpointError
from gpen_core.network import Generator, GPENConfig

DATA = b"published bytes"
ENTRY = CatalogEntry(
    "net.pth", "generator", (), len(DATA), hashlib.sha256(DATA).hexdigest(), terms="for tests only", note="a net"
)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only folder searched, and the only file known, by all of the command."""
    for module in ("checkpoints.verification", "cli.weights"):
        monkeypatch.setattr(f"gpen_core.{module}.all_entries", lambda: (ENTRY,))
    monkeypatch.setattr("gpen_core.checkpoints.catalog.all_entries", lambda: (ENTRY,))
    monkeypatch.setenv("GPEN_WEIGHTS", str(tmp_path))
    return tmp_path


def run(*arguments: object) -> int:
    parser = argparse.ArgumentParser()
    weights.add_parser(parser.add_subparsers())
    args = parser.parse_args(["weights", *map(str, arguments)])
    return args.func(args)


def test_list_tells_what_is_where(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("list") == 0
    assert "net.pth" in (before := capsys.readouterr().out) and "not here" in before
    (folder / "net.pth").write_bytes(DATA)
    run("list")
    assert str(folder / "net.pth") in capsys.readouterr().out


def test_fetch_states_the_terms_and_the_place(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "net.pth").write_bytes(DATA)
    assert run("fetch", "NET") == 0
    out = capsys.readouterr().out
    assert "for tests only" in out and str(folder / "net.pth") in out


def test_fetch_fails_with_an_explanation(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("fetch", "net", "nett.pth") == 1
    err = capsys.readouterr().err
    assert "net.pth could not be fetched" in err and "Did you mean net.pth" in err


def test_verify_reports_good_and_bad_files(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "net.pth").write_bytes(DATA)
    assert run("verify") == 0
    assert "ok" in capsys.readouterr().out
    (folder / "net.pth").write_bytes(b"something else")
    assert run("verify", "net.pth") == 1
    assert "wrong" in capsys.readouterr().out


def test_verify_without_files_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("verify") == 0
    assert "None of the published files is here" in capsys.readouterr().out


def test_convert_writes_half_precision(folder: Path) -> None:
    generator = Generator(GPENConfig(size=16, narrow=1 / 64, channel_multiplier=1, style_dim=8, mapping_depth=1))
    torch.save(generator.state_dict(), folder / "mine.pth")
    assert run("convert", "mine", folder / "full.safetensors") == 0
    assert run("convert", "mine", folder / "half.safetensors", "--half") == 0
    assert (folder / "half.safetensors").stat().st_size < (folder / "full.safetensors").stat().st_size


def test_convert_fails_with_an_explanation(folder: Path) -> None:
    with pytest.raises(CheckpointError, match=r"'missing\.pth' was not found"):
        run("convert", "missing.pth", folder / "out.safetensors")
