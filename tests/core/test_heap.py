"""What the command changes in the allocation of its own process, and of no other."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from gpen_core import heap
from gpen_core.cli import main

ROOT = Path(__file__).parents[2]


class Glibc:
    def __init__(self) -> None:
        self.set: dict[int, int] = {}
        self.trimmed = 0

    def mallopt(self, parameter: int, value: int) -> int:
        self.set[parameter] = value
        return 1

    def malloc_trim(self, pad: int) -> int:
        self.trimmed += 1
        return 1


@pytest.fixture
def glibc(monkeypatch: pytest.MonkeyPatch) -> Glibc:
    for name in list(os.environ):
        if name.startswith(("MALLOC_", "GLIBC_TUNABLES", "ONEDNN_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "")  # so that it is put back
    monkeypatch.delenv("ONEDNN_PRIMITIVE_CACHE_CAPACITY")
    library = Glibc()
    monkeypatch.setattr(heap, "_glibc", lambda: library)
    return library


def test_one_heap_with_fixed_thresholds(glibc: Glibc) -> None:
    heap.keep_memory_flat()
    assert glibc.set == {-8: 1, -3: 32 << 20, -1: 128 << 20}
    assert os.environ["ONEDNN_PRIMITIVE_CACHE_CAPACITY"] == "256"


@pytest.mark.parametrize("name", ["MALLOC_ARENA_MAX", "MALLOC_MMAP_THRESHOLD_", "GLIBC_TUNABLES"])
def test_what_the_user_has_set_stays(glibc: Glibc, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, "4")
    monkeypatch.setenv("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "7")
    heap.keep_memory_flat()
    assert not glibc.set
    assert os.environ["ONEDNN_PRIMITIVE_CACHE_CAPACITY"] == "7"


def test_other_systems_are_left_alone(glibc: Glibc, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heap, "_glibc", lambda: None)
    heap.keep_memory_flat()
    heap.give_back_free_memory()
    assert not glibc.set
    assert not glibc.trimmed


def test_only_the_command_itself_does_it(
    glibc: Glibc, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    assert main(["info"]) == 0  # called by another program
    assert not glibc.set
    monkeypatch.setattr(sys, "argv", ["gpen", "info"])
    assert main() == 0
    assert glibc.set


@pytest.mark.skipif(sys.platform != "linux", reason="glibc is Linux's")
def test_glibc_accepts_the_values() -> None:
    program = (
        "import ctypes, sys; from gpen_core import heap\n"
        "library = heap._glibc()\n"
        "if library is None: sys.exit()  # musl\n"
        "heap._glibc = lambda: type('Seen', (), {'mallopt': lambda self, *given: given_to(*given)})()\n"
        "def given_to(*given):\n    accepted = library.mallopt(*given)\n    assert accepted == 1, given\n"
        "heap.keep_memory_flat()\n"
    )
    subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=True, timeout=300)
