"""The nodes, and what they show."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from types import ModuleType

import pytest
from pack_loader import Nodes, load_nodes, load_pack


@pytest.fixture(scope="session")
def pack() -> ModuleType:
    return load_pack()


@pytest.fixture(scope="session")
def nodes() -> Nodes:
    return load_nodes()


@pytest.fixture
def shown(pack: ModuleType) -> Callable[[], str]:
    """The text that nodes have last shown inside themselves."""
    server = importlib.import_module("server").PromptServer.instance
    server.texts.clear()
    return lambda: server.texts[-1][0]
