"""The texts of the errors that a node can raise, as templates: what is put into an f-string is {0}, {1} ..

ComfyUI hands on only the text of an exception, so that web/errors.js knows a text by its template.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from itertools import count, product
from pathlib import Path

from pack_loader import PROJECT

_ROOMS = ("gpen_core", "nodes")
_ELSEWHERE = ("cli", "archive", "evaluation")  # rooms of gpen_core that no node uses
_ERRORS = ("GPENError", "CheckpointError", "PictureError", "PictureExistsError", "ClipError", "ClipExistsError")
_VALUE = "\0"  # stands for a value until they are numbered
_FEWEST = 12  # letters of a template: one of less would be taken for others


def error_templates() -> list[str]:
    """Every template, in the order of the files, each once."""
    paths = sorted(path for room in _ROOMS for path in (PROJECT / room).rglob("*.py"))
    used = [path for path in paths if not set(path.relative_to(PROJECT).parts) & set(_ELSEWHERE)]
    found = (_numbered(each) for path in used for each in _templates_of(path))
    return list(dict.fromkeys(each for each in found if sum(map(str.isalpha, each)) >= _FEWEST))


def _templates_of(path: Path) -> Iterator[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    texts = _Texts(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _ERRORS and node.args:
            yield from texts.of(node.args[0])


class _Texts:
    """The texts that an expression of a file can have, as far as the file itself shows it."""

    def __init__(self, tree: ast.Module) -> None:
        self._named: dict[str, list[ast.expr]] = {}
        self._returned: dict[str, list[ast.expr]] = {}
        for node in ast.walk(tree):
            if isinstance(node, ast.Assign):
                for target in node.targets:
                    if isinstance(target, ast.Name):
                        self._named.setdefault(target.id, []).append(node.value)
            elif isinstance(node, ast.FunctionDef):
                returns = (each for each in ast.walk(node) if isinstance(each, ast.Return))
                self._returned[node.name] = [each.value for each in returns if each.value is not None]

    def of(self, value: ast.expr, depth: int = 0) -> list[str]:
        """Templates; a value that the file does not show is _VALUE."""
        if isinstance(value, ast.Constant) and isinstance(value.value, str):
            return [value.value.replace("{", "{{").replace("}", "}}")]
        if isinstance(value, ast.JoinedStr):
            return list(map("".join, product(*(self.of(part, depth) for part in value.values))))
        if isinstance(value, ast.FormattedValue):
            return [_VALUE] if value.format_spec else self.of(value.value, depth)
        if isinstance(value, ast.IfExp):
            return self.of(value.body, depth) + self.of(value.orelse, depth)
        if isinstance(value, ast.BinOp) and isinstance(value.op, ast.Add):
            return list(map("".join, product(self.of(value.left, depth), self.of(value.right, depth))))
        if depth < 3 and isinstance(value, ast.Name):
            return [text for each in self._named.get(value.id, []) for text in self.of(each, depth + 1)] or [_VALUE]
        if depth < 3 and isinstance(value, ast.Call) and isinstance(value.func, ast.Name):
            returned = self._returned.get(value.func.id, [])
            return [text for each in returned for text in self.of(each, depth + 1)] or [_VALUE]
        return [_VALUE]


def _numbered(template: str) -> str:
    numbers = count()
    return "".join(f"{{{next(numbers)}}}" if letter == _VALUE else letter for letter in template)
