"""The Advisor's values go into the sliders of GPEN Enhance."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from comfyui.browser import FrontEnd, front_end
from comfyui.server import ComfyServer

_ADVISOR = Path(__file__).resolve().parents[2] / "example_workflows" / "08 Advisor.json"
_BUTTON = "Write advice into sliders"
_STATE = """() => {
    const node = app.graph.nodes.find(node => node.type === 'GPENEnhance')
    return {
        values: Object.fromEntries(node.widgets.map(each => [each.name, each.value])),
        linked: node.inputs.find(each => each.name === 'settings').link != null,
    }
}"""


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the screenshots go."""
    named = os.environ.get("GPEN_SCREENSHOTS")
    return Path(named) if named else tmp_path_factory.mktemp("screenshots")


@pytest.mark.parametrize("vue", [False, True], ids=["canvas", "nodes 2.0"])
def test_the_advisors_values_go_into_the_sliders(vue: bool, recent: None, comfy: ComfyServer, pictures: Path) -> None:
    with front_end(comfy, vue=vue) as shown:
        shown.load(json.loads(_ADVISOR.read_text()))
        assert _BUTTON not in state(shown)["values"]
        ending, data = shown.press_run()
        assert ending == "execution_success", data
        before = state(shown)
        assert before["linked"] and before["values"]["strength"] == 60
        shown.screenshot(pictures / f"advice before {'vue' if vue else 'canvas'}.png")
        advised = shown.texts()["GPENEnhance"][1]
        press(shown, vue)
        after = state(shown)
        shown.screenshot(pictures / f"advice after {'vue' if vue else 'canvas'}.png")
        assert not after["linked"] and _BUTTON not in after["values"]
        assert f"strength {after['values']['strength']} instead of 60" in advised
        prompt = shown.page.evaluate("async () => (await app.graphToPrompt()).output")
        (enhance,) = [node["inputs"] for node in prompt.values() if node["class_type"] == "GPENEnhance"]
        assert enhance["strength"] == after["values"]["strength"] != 60 and "settings" not in enhance
        assert shown.complaints == []


def press(shown: FrontEnd, vue: bool) -> None:
    """As a user does in Nodes 2.0; on the canvas, which has no elements to press, by the button's own callback."""
    if vue:
        shown.page.get_by_text(_BUTTON, exact=True).click()
    else:
        shown.page.evaluate(
            "name => app.graph.nodes.flatMap(node => node.widgets ?? []).find(each => each.name === name).callback()",
            _BUTTON,
        )
    shown.page.wait_for_timeout(300)


def state(shown: FrontEnd) -> dict[str, Any]:
    return shown.page.evaluate(_STATE)
