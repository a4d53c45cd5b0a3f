"""Fixtures of the suite that runs against a real ComfyUI.

COMFYUI_PATH: a checkout of ComfyUI; without it everything here is skipped. COMFYUI_PYTHON: the interpreter that has
ComfyUI's requirements and the pack's; this one by default. COMFYUI_ARGUMENTS: more of its options; "--cpu" by default.
GPEN_SCREENSHOTS: a folder for the browser's pictures.

    pip install playwright  # and Chromium, for the tests in the browser; without them these are skipped
    COMFYUI_PATH=~/ComfyUI COMFYUI_PYTHON=~/ComfyUI/.venv/bin/python pytest tests/comfyui
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from comfyui.graphs import save_pictures
from comfyui.server import PACK, ComfyServer, Start

_NEW = (0, 22)  # core has face detection, ImageCompare and --fp16-intermediates from about here


@pytest.fixture(scope="session", autouse=True)
def checkout() -> Path:
    path = os.environ.get("COMFYUI_PATH")
    if not path:
        pytest.skip("COMFYUI_PATH names no ComfyUI")
    return Path(path).expanduser().resolve()


@pytest.fixture(scope="session")
def start(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Start:
    """Starts another server: `with start("--fp16-intermediates") as comfy`."""

    def server(*arguments: str) -> ComfyServer:
        base = tmp_path_factory.mktemp("comfyui")
        save_pictures(base / "input")
        return ComfyServer(checkout, os.environ.get("COMFYUI_PYTHON", sys.executable), base, *arguments)

    return server


@pytest.fixture(scope="session")
def comfy(start: Start) -> Iterator[ComfyServer]:
    """The server most tests share; `input` holds the pictures of tests/comfyui/graphs.py."""
    with start() as server:
        if not any(info["python_module"] == f"custom_nodes.{PACK}" for info in server.get("/object_info").values()):
            lines = [line for line in server.log().splitlines() if PACK in line]
            pytest.fail("\n".join(["ComfyUI did not load the pack:", *lines]), pytrace=False)
        yield server


@pytest.fixture(scope="session")
def object_info(comfy: ComfyServer) -> dict[str, Any]:
    return comfy.get("/object_info")


@pytest.fixture(scope="session")
def recent(comfy: ComfyServer) -> None:
    """Skips what older versions of ComfyUI cannot do."""
    if comfy.version() < _NEW:
        pytest.skip(f"ComfyUI {'.'.join(map(str, comfy.version()))} cannot do that")
