"""What happens when ComfyUI starts: nothing heavy is imported, and a broken environment is named in the log."""

from __future__ import annotations

import asyncio
import importlib
import logging
import subprocess
import sys
from types import ModuleType

import pytest
from pack_loader import PACK, PROJECT

# face-alignment brings the others, 240 MB; a detector that uses it imports it when it is made.
_HEAVY = ("face_alignment", "skimage", "numba", "scipy")
_PRINT_HEAVY = f"; import sys; print([name for name in {_HEAVY} if name in sys.modules])"


@pytest.mark.parametrize(
    "statement",
    ["from gpen_core import restore; import gpen_core.cli.commands", "import pack_loader; pack_loader.load_nodes()"],
)
def test_face_alignment_and_what_it_needs_are_not_imported(statement: str) -> None:
    path = [str(PROJECT), str(PROJECT / "tools" / "generate")]
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path[:0] = {path}; {statement}{_PRINT_HEAVY}"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("count", [1, 2])
def test_two_packages_of_opencv_are_named_in_the_log(
    pack: ModuleType, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, count: int
) -> None:
    packages = dict([("opencv-python", "5.0.0.93"), ("opencv-python-headless", "4.11.0.86")][:count])
    opencv_packages = importlib.import_module(f"{PACK}.gpen_core.opencv_packages")
    monkeypatch.setattr(opencv_packages, "installed_packages", lambda: packages)

    async def start() -> None:
        await (await pack.comfy_entrypoint()).get_node_list()

    with caplog.at_level(logging.WARNING):
        asyncio.run(start())
    assert ("opencv-python 5.0.0.93, opencv-python-headless 4.11.0.86" in caplog.text) == (count == 2)
