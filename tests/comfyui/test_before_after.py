"""Before and after in one look: the comparison in GPEN Enhance."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from comfyui.browser import front_end
from comfyui.graphs import enhance_graph, numbered
from comfyui.server import ComfyServer

_COLUMNS = """() => {
    const canvas = [...document.querySelectorAll('canvas')].find(each => each.style.cursor === 'ew-resize')
    const { data, width, height } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height)
    const sums = new Array(width).fill(0)
    data.forEach((value, index) => { sums[(index >> 2) % width] += value })
    return { sums, box: canvas.getBoundingClientRect().toJSON(), width, height }
}"""


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the screenshots go."""
    named = os.environ.get("GPEN_SCREENSHOTS")
    return Path(named) if named else tmp_path_factory.mktemp("screenshots")


@pytest.mark.parametrize("vue", [False, True], ids=["canvas", "nodes 2.0"])
def test_the_border_follows_the_pointer(vue: bool, recent: None, comfy: ComfyServer, pictures: Path) -> None:
    with front_end(comfy, vue=vue) as shown:
        shown.load_api(numbered(enhance_graph(strength=100, detector="auto")))
        ending, data = shown.press_run()
        assert ending == "execution_success", data
        shown.screenshot(pictures / f"before after {'vue' if vue else 'canvas'}.png")
        page, first = shown.page, shown.page.evaluate(_COLUMNS)
        assert (first["width"], first["height"]) == (512, 512)
        box = first["box"]
        assert box["height"] > 100
        page.mouse.move(box["x"] + box["width"] * 0.45, box["y"] + box["height"] / 2)
        page.mouse.move(box["x"] + box["width"] * 0.5 + box["height"] * 0.25, box["y"] + box["height"] / 2)
        moved = page.evaluate(_COLUMNS)
        changed = [at for at, (one, other) in enumerate(zip(first["sums"], moved["sums"], strict=True)) if one != other]
        assert changed[0] == 255 and 370 < changed[-1] < 400  # between the middle and three quarters
        # ComfyUI does not show its own picture as well.
        assert page.evaluate("() => app.graph.nodes.find(node => node.type === 'GPENEnhance').imgs ?? null") is None
        assert shown.complaints == []


def test_scripts_find_the_pictures_where_they_always_were(comfy: ComfyServer) -> None:
    run = comfy.run(numbered(enhance_graph(strength=99)))
    run.require_success()
    (output,) = [each for each in run.outputs.values() if "gpen_halves" in each]
    assert output["gpen_halves"] == ["beside"] and len(output["images"]) == 1
