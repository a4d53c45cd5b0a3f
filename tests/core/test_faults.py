"""Killed at any step of writing a file, and two processes at one file: the file is whole or as it was."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

_PROJECT = Path(__file__).resolve().parents[2]
# How often each work can at least be ended; less would mean that its steps are no longer seen.
_STEPS = {"save": 3, "report": 4, "convert": 8, "prune": 8, "download": 8}


def faults(folder: Path, *how: str) -> dict[str, tuple[int, list[str]]]:
    path = os.pathsep.join([str(_PROJECT), str(_PROJECT / "tests")])
    command = [sys.executable, str(_PROJECT / "tests" / "faults.py"), str(folder), *how]
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": path})
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.skipif(sys.platform != "linux", reason="forks processes that use torch")
def test_killed_at_any_step_a_file_is_whole_or_as_it_was(tmp_path: Path) -> None:
    found = faults(tmp_path)
    assert {work: troubles for work, (_, troubles) in found.items() if troubles} == {}
    assert all(found[work][0] >= least for work, least in _STEPS.items()), found


@pytest.mark.skipif(sys.platform != "linux", reason="forks processes that use torch")
def test_two_processes_at_one_file_leave_a_whole_one(tmp_path: Path) -> None:
    found = faults(tmp_path, "--two")
    assert {work: troubles for work, (_, troubles) in found.items() if troubles} == {}
    assert set(found) == set(_STEPS)
