"""The engine on Ray: what needs no Ray, and, where it is installed, a run whose worker dies."""

from __future__ import annotations

import os
import signal
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from faces import noise_picture
from networks import tiny_generator
from PIL import Image
from safetensors.torch import save_file

from gpen_core import GPENError
from gpen_core.archive import Job, LocalEngine, Task, plan_targets, restore_tasks
from gpen_core.archive.ray_engine import RayEngine
from gpen_core.cli import main
from gpen_core.image import find_pictures


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    save_file(tiny_generator().state_dict(), tmp_path / "tiny.safetensors")
    (tmp_path / "in").mkdir()
    for number in range(6):
        pixels = (noise_picture(60, 90, number) * 255).astype(np.uint8)
        Image.fromarray(pixels).save(tmp_path / "in" / f"{number}.png")
    return tmp_path


def test_without_ray_it_says_what_to_install(
    archive: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    for name in ("ray", "ray.exceptions"):
        monkeypatch.setitem(sys.modules, name, None)
    words = ["--engine", "ray", "--model", str(archive / "tiny.safetensors")]
    assert main(["restore", str(archive / "in"), "-o", str(archive / "out"), *words]) == 1
    error = capsys.readouterr().err
    assert "ray, which is not installed" in error and 'pip install "gpen-face-restoration[ray]"' in error
    assert not (archive / "out").exists()


@pytest.mark.parametrize(("options", "text"), [({"workers": 0}, "1 or more workers"), ({"gpus": -1}, "share of a GPU")])
def test_impossible_options(options: dict[str, Any], text: str) -> None:
    with pytest.raises(GPENError, match=text):
        RayEngine(Job(), **options)


def test_a_worker_that_dies_costs_nothing_but_time(archive: Path) -> None:
    pytest.importorskip("ray")
    (archive / "in" / "broken.png").write_bytes(b"\x89PNG")
    job = Job(model=str(archive / "tiny.safetensors"), detector="yunet")

    def tasks(out: str) -> list[Task]:
        found = find_pictures([archive / "in"], recursive=False)
        return [Task(target) for target in plan_targets(found, archive / out, "png")]

    with closing(restore_tasks(LocalEngine(job), tasks("local"))) as outcomes:
        expected = {outcome.item.target.key: outcome.value is not None for outcome in outcomes}
    engine = RayEngine(job, workers=1)
    seen: dict[str, bool] = {}
    with closing(restore_tasks(engine, tasks("ray"))) as outcomes:
        for outcome in outcomes:
            seen[outcome.item.target.key] = outcome.value is not None
            if len(seen) == 2:
                os.kill(engine.process(0), signal.SIGKILL)
    assert seen == expected
    for path in (archive / "local").iterdir():
        assert (archive / "ray" / path.name).read_bytes() == path.read_bytes()
