"""The recogniser of GPEN Enhance."""

from __future__ import annotations

import sys
from typing import Any

import pytest
import torch
from pack_loader import PACK


@pytest.fixture(scope="module")
def inputs(nodes: Any) -> dict[str, Any]:
    return {
        "model": nodes.run("GPENLoadModel", device="cpu").args[0],
        "image": nodes.run("GPENExamplePicture", picture="portrait").args[0],
    }


def test_a_threshold_without_a_recogniser_is_refused_with_advice(nodes: Any, inputs: dict[str, Any]) -> None:
    with pytest.raises(Exception, match="Choose 'sface \\(download\\)' as recogniser"):
        nodes.run("GPENEnhance", **inputs, identity=0.4)


def test_a_missing_file_says_how_to_get_it(nodes: Any, inputs: dict[str, Any]) -> None:
    with pytest.raises(Exception, match="Choose 'sface \\(download\\)' as recogniser to fetch it"):
        nodes.run("GPENEnhance", **inputs, recogniser="sface")


def test_the_report_tells_what_the_recogniser_has_measured(
    nodes: Any, inputs: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Alike:
        name = "stand-in"

        def features(self, picture: Any, landmarks: Any) -> Any:
            return torch.ones(1).numpy()

    enhance = sys.modules[f"{PACK}.nodes.enhance"]
    asked: list[Any] = []
    monkeypatch.setattr(enhance, "obtain_recogniser", lambda *given: asked.append(given) or Alike())
    result = nodes.run("GPENEnhance", **inputs, recogniser="sface", identity=0.4)
    assert asked[0][:2] == ("sface", 0.4)
    assert "identity 1.00" in result.args[3]
