"""A template can be read when it opens, in the classic canvas and with "Nodes 2.0"."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from comfyui.browser import FrontEnd, front_end
from comfyui.server import ComfyServer

_PROJECT = Path(__file__).resolve().parents[2]
_TEMPLATES = sorted((_PROJECT / "example_workflows").glob("*.json"))
_NODES: list[str] = list(json.loads((_PROJECT / "tools" / "generate" / "schemas.json").read_text()))
_WINDOW = (1600, 950)  # px
_READABLE = 0.7  # below about 0.6 the front end leaves out all text
_IN_SIGHT = 8  # widgets of a node
_ADVANCED = (0, 10)  # ComfyUI tells the front end which inputs are advanced from about here
_BOXES = "() => app.graph.nodes.map(node => [node.title, ...node.boundingRect])"
_LINKS_BEHIND_NODES = """() => {
    const inside = ([x, y], [left, top, width, height]) =>
        x > left && x < left + width && y > top && y < top + height
    const found = []
    for (const link of app.graph.links.values()) {
        const [from, to] = [link.origin_id, link.target_id].map(id => app.graph.getNodeById(id))
        const start = from.getConnectionPos(false, link.origin_slot), end = to.getConnectionPos(true, link.target_slot)
        const reach = Math.hypot(end[0] - start[0], end[1] - start[1]) / 4  // of a spline's handles
        const points = [start, [start[0] + reach, start[1]], [end[0] - reach, end[1]], end]
        for (let t = 0; t <= 1; t += 0.01) {
            const weights = [(1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t ** 3]
            const at = [0, 1].map(axis => points.reduce((sum, point, n) => sum + weights[n] * point[axis], 0))
            const behind = app.graph.nodes.find(node => node !== from && node !== to && inside(at, node.boundingRect))
            if (behind) { found.push(`${from.title} to ${to.title}: behind ${behind.title}`); break }
        }
    }
    return found
}"""
_WIDGETS = """type => {
    app.graph.clear()
    const node = LiteGraph.createNode(type)
    app.graph.add(node)
    const widgets = (node.widgets ?? []).filter(each => each.type !== 'button' && !each.options.hidden)
    const shown = () => widgets.filter(each => node.isWidgetVisible(each)).length
    const before = shown()
    node.widgets?.find(each => each.type === 'button')?.callback()
    return [before, shown(), widgets.length]
}"""
_VALUES = "() => app.graph.nodes.find(node => node.type === 'GPENEnhance').serialize().widgets_values"


@pytest.fixture(scope="module", params=[False, True], ids=["classic", "vue"])
def shown(request: pytest.FixtureRequest, comfy: ComfyServer, recent: None) -> Iterator[FrontEnd]:
    with front_end(comfy, vue=request.param, size=_WINDOW) as page:
        yield page


@pytest.fixture(scope="module")
def classic(comfy: ComfyServer) -> Iterator[FrontEnd]:
    if comfy.version() < _ADVANCED:
        pytest.skip("this ComfyUI does not know advanced inputs")
    with front_end(comfy, size=_WINDOW) as page:
        yield page


@pytest.mark.parametrize("path", _TEMPLATES, ids=lambda path: path.stem)
def test_a_template_opens_readable(path: Path, shown: FrontEnd, record_property: Any) -> None:
    shown.open_template(path.stem)
    shown.page.wait_for_timeout(1500)  # Nodes 2.0 measure themselves
    scale = shown.page.evaluate("() => app.canvas.ds.scale")
    record_property("zoom", round(scale, 3))
    assert scale >= _READABLE
    assert _overlapping(shown.page.evaluate(_BOXES)) == []
    assert shown.complaints == []


@pytest.mark.parametrize("path", _TEMPLATES, ids=lambda path: path.stem)
def test_no_link_passes_behind_a_node(path: Path, classic: FrontEnd) -> None:
    classic.load(json.loads(path.read_text()))
    assert classic.page.evaluate(_LINKS_BEHIND_NODES) == []


@pytest.mark.parametrize("node", _NODES)
def test_a_node_shows_few_widgets_until_asked(node: str, classic: FrontEnd) -> None:
    first, then, every = classic.page.evaluate(_WIDGETS, node)
    assert first <= _IN_SIGHT
    assert then == every


def test_hidden_values_are_loaded_saved_and_sent(classic: FrontEnd) -> None:
    workflow = json.loads((_PROJECT / "example_workflows" / "05 Low VRAM.json").read_text())
    (saved,) = [node for node in workflow["nodes"] if node["type"] == "GPENEnhance"]
    saved["widgets_values"][-5] = 77  # lens_strength, before keep_occlusions, language, identity and recogniser
    classic.load(copy.deepcopy(workflow))
    assert classic.page.evaluate(_VALUES) == saved["widgets_values"]
    prompt = classic.page.evaluate("async () => (await app.graphToPrompt()).output")[str(saved["id"])]["inputs"]
    assert (prompt["tile_size"], prompt["overlap"], prompt["batch_size"], prompt["lens_strength"]) == (256, 32, 1, 77)
    assert not [name for name in prompt if "advanced" in name]


def test_a_connected_advanced_input_stays_in_sight(classic: FrontEnd) -> None:
    visible = classic.page.evaluate(
        """() => {
            app.graph.clear()
            const [number, node] = ['PrimitiveInt', 'GPENEnhance'].map(type => LiteGraph.createNode(type))
            app.graph.add(number)
            app.graph.add(node)
            number.connect(0, node, node.inputs.findIndex(each => each.name === 'max_faces'))
            const widgets = node.widgets.filter(each => node.isWidgetVisible(each) && each.type !== 'button')
            return widgets.map(each => each.name)
        }"""
    )
    assert "max_faces" in visible and len(visible) == _IN_SIGHT + 1


def _overlapping(boxes: list[list[Any]]) -> list[tuple[str, str]]:
    """Pairs of nodes that lie on each other. boxes: title, left, top, width, height."""
    return [
        (one, other)
        for number, (one, *a) in enumerate(boxes)
        for other, *b in boxes[:number]
        if all(a[axis] < b[axis] + b[axis + 2] and b[axis] < a[axis] + a[axis + 2] for axis in (0, 1))
    ]
