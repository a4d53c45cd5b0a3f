"""The nodes, and what they show."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
from pack_loader import Nodes, load_nodes, load_pack


@pytest.fixture(scope="session")
def pack() -> ModuleType:
    return load_pack()


@pytest.fixture(scope="session")
def nodes() -> Nodes:
    return load_nodes()


@pytest.fixture
def shown(nodes: Nodes, monkeypatch: pytest.MonkeyPatch) -> Callable[[], str]:
    """The text inside the node that ran last."""
    outputs: list[Any] = []
    execute = nodes.run

    def run(*names: str, **inputs: Any) -> Any:
        outputs.append(execute(*names, **inputs))
        return outputs[-1]

    monkeypatch.setattr(nodes, "run", run)
    return lambda: outputs[-1].ui["gpen_text"][0]
