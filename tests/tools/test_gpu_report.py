"""The report of a GPU, rehearsed on a CPU; and what it says where there is no GPU."""

from __future__ import annotations

import sys
from pathlib import Path

import gpu_report
import pytest
import torch
from docs_table import markdown_table, write_between

_SMALL = {"device": "cpu", "size": "256", "sizes": "256", "batches": "1", "batch": "1", "rounds": "1", "pictures": "1"}
_REHEARSAL = [word for name, value in {**_SMALL, "precision": "fp32"}.items() for word in (f"--{name}", value)]


def run(monkeypatch: pytest.MonkeyPatch, *words: str) -> object:
    monkeypatch.setattr(sys, "argv", ["gpu_report.py", *words])
    with pytest.raises(SystemExit) as ended:
        gpu_report.main()
    return ended.value.code


def test_a_rehearsal_fills_every_part_and_says_what_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = tmp_path / "page.md"
    page.write_text("before\n<!-- gpu -->\nearlier text\n<!-- /gpu -->\nafter\n")
    assert run(monkeypatch, *_REHEARSAL, "--no-tests", "--docs", str(page)) == 0
    text = page.read_text()
    assert text.startswith("before\n<!-- gpu -->\n") and text.endswith("\n<!-- /gpu -->\nafter\n")
    assert "A rehearsal on a CPU" in text and "earlier text" not in text
    assert "| 256 | full | fp32 | 1 | none |" in text
    assert "| 256 | 1 |" in text and "TFLOP/s" in text
    assert "over 1 pictures" in text and "(code 0, 1 calls" in text
    assert "Failed" not in text and "Not measured" not in text


def test_what_there_is_no_time_for_is_said(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture) -> None:
    assert run(monkeypatch, *_REHEARSAL, "--no-tests", "--minutes", "0") == 0
    assert capsys.readouterr().out.count("Not measured: the time was up.") == 3


def test_a_part_that_fails_does_not_take_the_others_along(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    def fail(*args: object) -> str:
        raise RuntimeError("CUDA error: something\nmore")

    for name in ("memory", "speed"):
        monkeypatch.setattr(gpu_report, name, fail)
    monkeypatch.setattr(gpu_report, "folder_run", lambda *args: "a folder's share")
    assert run(monkeypatch, *_REHEARSAL, "--no-tests") == 1
    printed = capsys.readouterr().out
    assert printed.count("Failed: CUDA error: something\n") == 2 and "a folder's share" in printed


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_without_a_gpu_it_says_so_and_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = tmp_path / "page.md"
    page.write_text("<!-- gpu -->\nold\n<!-- /gpu -->\n")
    assert "No CUDA GPU" in str(run(monkeypatch, "--docs", str(page)))
    assert "old" in page.read_text()


def test_a_page_without_its_place_is_refused(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("<!-- /gpu -->\n<!-- gpu -->\n")
    with pytest.raises(ValueError, match="needs <!-- gpu -->"):
        write_between(page, "gpu", markdown_table(("a",), [("b",)]))
