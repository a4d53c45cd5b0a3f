"""Nodes that work long on one picture stop in the middle of it."""

from __future__ import annotations

from typing import Any

import comfy.model_management as mm
import pytest
import torch
from comfy.utils import ProgressBar
from faces import noise_picture
from pack_loader import Nodes

LARGE = torch.from_numpy(noise_picture(1100, 2000) * 0.3)[None]


class Cancelling:
    """The user cancels when the work has looked for that so many times."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, after: int) -> None:
        self.looked, self._after = 0, after
        monkeypatch.setattr(mm, "throw_exception_if_processing_interrupted", self.look)

    def look(self) -> None:
        self.looked += 1
        if self.looked == self._after:
            raise mm.InterruptProcessingException


@pytest.mark.parametrize("after", [1, 4, 7])
@pytest.mark.parametrize(
    ("node", "inputs"),
    [
        ("GPENCLAHE", {"clip_limit": 2.0, "grid_size": 8, "strength": 100}),
        ("GPENStandardise", {"short_side": 550, "auto_exposure": True}),
        ("GPENFaceCrop", {"method": "aligned", "crop_size": 64, "detector": "embedded"}),
        ("GPENAdvisor", {}),
    ],
)
def test_a_node_stops_in_the_middle_of_a_picture(
    nodes: Nodes, monkeypatch: pytest.MonkeyPatch, node: str, inputs: dict[str, Any], after: int
) -> None:
    cancelling = Cancelling(monkeypatch, after)
    with pytest.raises(mm.InterruptProcessingException):
        nodes.run(node, image=LARGE + 0.001 * after, **inputs)
    assert cancelling.looked == after


def test_the_bar_of_clahe_moves_within_a_picture(nodes: Nodes) -> None:
    ProgressBar.bars.clear()
    nodes.run("GPENCLAHE", image=torch.cat([LARGE, LARGE]), clip_limit=2.0, grid_size=8, strength=100)
    (bar,) = ProgressBar.bars
    assert bar.total == bar.values[-1] == 200
    assert bar.values == sorted(bar.values)
    assert len(set(bar.values)) >= 8
