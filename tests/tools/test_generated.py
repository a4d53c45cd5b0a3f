"""What is generated is up to date, and the rooms of tools/ stand on their own."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from build_all import PARTS
from pack_loader import load_nodes

PROJECT = Path(__file__).resolve().parents[2]
TOOLS = PROJECT / "tools"
ROOMS = ("train", "measure", "generate")


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.__module__)
def test_what_is_generated_is_up_to_date(part) -> None:
    for path, text in part(load_nodes()).items():
        current = path.read_text(encoding="utf-8") if path.exists() else ""
        assert current == text, f"{path.relative_to(PROJECT)} is not up to date; run: make generated"


def imported(file: Path) -> Iterator[str]:
    """First names of the modules that a file imports, wherever it does."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (each.name.split(".")[0] for each in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.split(".")[0]


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_imports_neither_another_room_nor_tests(room: str) -> None:
    own = {path.stem for path in (TOOLS / room).glob("*.py")}
    others = {path.stem for other in ROOMS if other != room for path in (TOOLS / other).glob("*.py")}
    tests = {path.stem for path in (PROJECT / "tests").rglob("*.py")} | {"tests"}
    assert own and own.isdisjoint(others), "tests import tools by their bare names"
    for file in (TOOLS / room).rglob("*.py"):
        assert not set(imported(file)) & (others | tests - own), file.relative_to(PROJECT)
