"""The English catalogue of what the front end cannot translate by itself: every template of a Message in the source,
of an error, and the notes and titles of workflows and blueprint.

A Message is made from a literal, or from a name that the same file gives a literal to: no template may be missing.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from pathlib import Path

import build_blueprint
import build_workflows
from error_texts import error_templates
from pack_loader import PROJECT, Nodes

FILE = PROJECT / "locales" / "en" / "main.json"

_ROOMS = ("gpen_core", "nodes")
_BETWEEN = (", ", ": ", "; ")  # of Joined
_BUTTONS = ("Show advanced inputs", "Hide advanced inputs", "Write advice into sliders")  # of web/*.js


def files(_: Nodes) -> dict[Path, str]:
    """locales/en/main.json."""
    texts = {
        "messages": [*_BETWEEN, *templates()],
        "errors": error_templates(),
        "workflows": build_workflows.texts(),
        "blueprint": build_blueprint.texts(),
        "buttons": _BUTTONS,
    }
    catalogue = {"gpen": {kind: {each: each for each in own} for kind, own in texts.items()}}
    return {FILE: json.dumps(catalogue, indent=2, ensure_ascii=False) + "\n"}


def templates() -> list[str]:
    """Every template, in the order of the files, each once."""
    paths = sorted(path for room in _ROOMS for path in (PROJECT / room).rglob("*.py"))
    return list(dict.fromkeys(template for path in paths for template in _templates_of(path)))


def _templates_of(path: Path) -> Iterator[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    named: dict[str, list[ast.expr]] = {}  # a name can stand for another text in each function
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign):
            for target in node.targets:
                if isinstance(target, ast.Name):
                    named.setdefault(target.id, []).append(node.value)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Message":
            found = list(_literals(node.args[0], named))
            if not found:
                raise ValueError(f"{path}, line {node.lineno}: the template of a Message must be a literal.")
            yield from found


def _literals(value: ast.expr, named: dict[str, list[ast.expr]]) -> Iterator[str]:
    if isinstance(value, ast.Constant) and isinstance(value.value, str):
        yield value.value
    elif isinstance(value, ast.IfExp):
        yield from _literals(value.body, named)
        yield from _literals(value.orelse, named)
    elif isinstance(value, ast.Name):
        for each in named.get(value.id, []):
            if not isinstance(each, ast.Name):
                yield from _literals(each, named)
