"""One version everywhere."""

from __future__ import annotations

import re
from pathlib import Path

import gpen_core


def test_pyproject_and_package_agree() -> None:
    text = (Path(__file__).resolve().parents[2] / "pyproject.toml").read_text(encoding="utf-8")
    match = re.search(r'^version = "(.+)"$', text, re.MULTILINE)
    assert match is not None
    assert match[1] == gpen_core.__version__


def test_requirements_are_those_of_the_package() -> None:
    root = Path(__file__).resolve().parents[2]
    text = (root / "pyproject.toml").read_text(encoding="utf-8")
    match = re.search(r"^dependencies = \[(.*?)^\]", text, re.MULTILINE | re.DOTALL)
    assert match is not None
    lines = (root / "requirements.txt").read_text(encoding="utf-8").splitlines()
    assert re.findall(r'"(.+?)"', match[1]) == [line for line in lines if not line.startswith("#")]


def test_pre_commit_runs_the_linter_of_the_project() -> None:
    root = Path(__file__).resolve().parents[2]
    pinned = re.search(r'"ruff==(.+?)"', (root / "pyproject.toml").read_text(encoding="utf-8"))
    hooked = re.search(
        r"ruff-pre-commit\n +rev: v(\S+)", (root / ".pre-commit-config.yaml").read_text(encoding="utf-8")
    )
    assert pinned is not None and hooked is not None
    assert pinned[1] == hooked[1]
