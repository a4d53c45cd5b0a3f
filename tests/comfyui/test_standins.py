"""The stand-ins for ComfyUI in tools/generate promise nothing that ComfyUI does not have."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from comfyui.server import ComfyServer

_STANDINS = Path(__file__).resolve().parents[2] / "tools" / "generate" / "standins"
_MODULES = ["comfy.model_management", "comfy.model_patcher", "comfy.utils", "folder_paths"]
_API = {"comfy_api.latest._io": "comfy_api.latest:io", "comfy_api.latest._ui": "comfy_api.latest:ui"}


def _promises(module: str) -> Iterator[tuple[str, list[str]]]:
    """Everything callable in a stand-in, by ComfyUI's name, and the parameters it takes."""
    standin = importlib.import_module(module)
    assert _STANDINS in Path(str(standin.__file__)).parents
    prefix = f"{_API[module]}." if module in _API else f"{module}:"
    for name, found in vars(standin).items():
        own = getattr(found, "__module__", None) == module and not name.startswith("_")
        if own and (inspect.isclass(found) or inspect.isfunction(found)):
            yield from _callables(f"{prefix}{name}", found)


def _callables(name: str, found: Any) -> Iterator[tuple[str, list[str]]]:
    yield name, _named(found)
    for inner, value in vars(found).items() if inspect.isclass(found) else ():
        if not inner.startswith("_") and (inspect.isclass(value) or inspect.isfunction(value)):
            yield f"{name}.{inner}", _named(value)


def _named(found: Any) -> list[str]:
    """Names of the parameters; *args and **options promise nothing."""
    if inspect.isclass(found) and "__init__" not in vars(found):
        return []
    parameters = inspect.signature(found).parameters.values()
    return [each.name for each in parameters if each.kind not in (each.VAR_POSITIONAL, each.VAR_KEYWORD)]


@pytest.mark.parametrize("module", [*_MODULES, *_API])
def test_a_standin_promises_what_comfyui_keeps(module: str, recent: None, comfy: ComfyServer) -> None:
    promised = dict(_promises(module))
    _, kept = comfy.post("/gpen_probe/parameters", list(promised))
    assert promised
    assert [name for name in promised if kept[name] is None] == []
    assert {name: kept[name] for name, wanted in promised.items() if not set(wanted) <= set(kept[name])} == {}
