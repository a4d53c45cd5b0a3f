"""What a Chinese user reads beyond labels: the values of menus."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import pytest
from comfyui.browser import front_end
from comfyui.graphs import CROWD, enhance_graph, look_node, numbered
from comfyui.server import PACK, ComfyServer, Graph

_PROJECT = Path(__file__).resolve().parents[2]
_WORKFLOW = sorted((_PROJECT / "example_workflows").glob("*.json"))[0]
_LOCALE = json.loads((_PROJECT / "locales" / "zh" / "nodeDefs.json").read_text(encoding="utf-8"))
_ERRORS = json.loads((_PROJECT / "locales" / "zh" / "main.json").read_text(encoding="utf-8"))["gpen"]["errors"]
_MENUS = {
    (node, name): entry["options"]
    for node, labels in _LOCALE.items()
    for name, entry in labels["inputs"].items()
    if "options" in entry
}
_NOTES = """() => app.graph.nodes.filter(node => node.type === 'MarkdownNote')
    .map(node => [node.title, node.widgets[0].value])"""
_LANGUAGE_IN_SIGHT = """() => app.graph.nodes.some(node =>
    (node.widgets ?? []).some(each => each.name === 'language' && node.isWidgetVisible(each)))"""
_LABELS = """() => app.graph.nodes.map(node =>
    [node.title, node.inputs.map(each => each.label), node.outputs.map(each => each.label)])"""


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the screenshots go."""
    named = os.environ.get("GPEN_SCREENSHOTS")
    return Path(named) if named else tmp_path_factory.mktemp("screenshots")


def test_every_menu_is_chinese_and_its_values_stay(comfy: ComfyServer) -> None:
    with front_end(comfy, "zh") as shown:
        for (node, name), options in _MENUS.items():
            offered = shown.page.evaluate(
                """([type, name]) => {
                    const widget = LiteGraph.createNode(type).widgets.find(each => each.name === name)
                    return widget.options.values.map(value => [value, widget.options.getOptionLabel(value)])
                }""",
                [node, name],
            )
            assert dict(offered) == options, (node, name)
        assert shown.complaints == []


@pytest.mark.parametrize("vue", [False, True], ids=["canvas", "nodes 2.0"])
def test_a_menu_opens_in_chinese_and_sends_what_it_always_sent(
    vue: bool, recent: None, comfy: ComfyServer, pictures: Path
) -> None:
    with front_end(comfy, "zh", vue=vue) as shown:
        shown.load(json.loads(_WORKFLOW.read_text()))
        shown.screenshot(pictures / f"menus zh {'vue' if vue else 'canvas'}.png")
        if vue:
            assert shown.page.get_by_text(_MENUS["GPENEnhance", "mode"]["natural"], exact=True).count() > 0
        prompt = shown.page.evaluate("async () => (await app.graphToPrompt()).output")
        (enhance,) = [node for node in prompt.values() if node["class_type"] == "GPENEnhance"]
        assert enhance["inputs"]["mode"] == "natural"
        assert shown.complaints == []


def test_in_english_menus_show_their_values(comfy: ComfyServer) -> None:
    with front_end(comfy) as shown:
        label = shown.page.evaluate(
            """() => {
                const options = LiteGraph.createNode('GPENEnhance').widgets.find(each => each.name === 'mode').options
                return options.getOptionLabel?.('natural') ?? 'natural'
            }"""
        )
        assert label == "natural"


@pytest.mark.parametrize("vue", [False, True], ids=["canvas", "nodes 2.0"])
def test_texts_inside_nodes_are_in_the_users_language_cached_ones_too(
    vue: bool, recent: None, comfy: ComfyServer, pictures: Path
) -> None:
    comfy.run(texts_graph(strength=85 + vue)).require_success()  # in English, as far as the server knows
    with front_end(comfy, "zh", vue=vue) as shown:
        shown.load_api(texts_graph(strength=85 + vue))
        ending, data = shown.press_run()
        assert ending == "execution_success", data
        shown.screenshot(pictures / f"texts zh {'vue' if vue else 'canvas'}.png")
        lines = shown.texts()
        assert lines["GPENEnhance"][0] == "6 张人脸中 6 张已修复"
        assert lines["GPENEnhance"][1].startswith(f"注意：强度 {85 + vue} 高于 80")
        assert lines["GPENLoadModel"][1].startswith("条款：")
        assert any("真实细节" in line for line in lines["GPENAdvisor"])
        assert shown.complaints == []


def texts_graph(strength: int) -> Graph:
    """Six faces restored too strongly, and advice on them."""
    graph = enhance_graph(CROWD, strength=strength)
    graph["advice"] = {"class_type": "GPENAdvisor", "inputs": {"image": ["image", 0]}}
    graph["look"] = look_node(["enhance", 0], ["advice", 9])
    return numbered(graph)


@pytest.mark.parametrize("vue", [False, True], ids=["canvas", "nodes 2.0"])
def test_templates_open_with_chinese_notes_and_ask_for_chinese_reports(
    vue: bool, recent: None, comfy: ComfyServer, pictures: Path
) -> None:
    with front_end(comfy, "zh", vue=vue) as shown:
        shown.open_template("08 Advisor")
        notes = shown.page.evaluate(_NOTES)
        assert [title for title, _ in notes] == ["08 顾问"]
        assert notes[0][1].startswith("*GPEN 顾问*测量图片")
        prompt = shown.page.evaluate("async () => (await app.graphToPrompt()).output")
        asked = {node["class_type"]: node["inputs"].get("language") for node in prompt.values()}
        assert asked["GPENAdvisor"] == asked["GPENEnhance"] == "zh"
        ending, data = shown.press_run()
        assert ending == "execution_success", data
        shown.screenshot(pictures / f"advisor zh {'vue' if vue else 'canvas'}.png")
        assert not shown.page.evaluate(_LANGUAGE_IN_SIGHT)
        assert shown.complaints == []


def test_in_english_a_template_stays_as_it_is(comfy: ComfyServer) -> None:
    with front_end(comfy) as shown:
        workflow = json.loads(_WORKFLOW.read_text())
        shown.load(workflow)
        (note,) = [node for node in workflow["nodes"] if node["type"] == "MarkdownNote"]
        assert shown.page.evaluate(_NOTES) == [[note["title"], *note["widgets_values"]]]
        prompt = shown.page.evaluate("async () => (await app.graphToPrompt()).output")
        assert {node["inputs"].get("language", "en") for node in prompt.values()} == {"en"}


def test_every_error_is_known_by_its_text(comfy: ComfyServer) -> None:
    def filled(text: str) -> str:
        return re.sub(r"{(\d+)}", r"value \1", text)

    with front_end(comfy, "zh") as shown:
        said = shown.page.evaluate(
            f"""async texts => {{
                const {{ errorInWords }} = await import('/extensions/{PACK}/errors.js')
                return texts.map(errorInWords)
            }}""",
            [f"{filled(english)}\n" for english in _ERRORS],
        )
        assert said == list(map(filled, _ERRORS.values()))


def test_errors_are_in_chinese(recent: None, comfy: ComfyServer, pictures: Path) -> None:
    with front_end(comfy, "zh") as shown:
        shown.load_api(numbered(enhance_graph(indices="one")))
        ending, data = shown.press_run()
        assert ending == "execution_error"
        assert data["exception_message"].startswith("人脸编号应为数字，如 0,2，实为“one”。")
        shown.page.wait_for_timeout(1500)
        shown.screenshot(pictures / "error zh.png", fit=False)
        shown.page.get_by_text("查看详情").first.click()
        shown.page.wait_for_timeout(1500)
        shown.screenshot(pictures / "error details zh.png", fit=False)
        assert shown.complaints == []


@pytest.mark.parametrize("vue", [False, True], ids=["canvas", "nodes 2.0"])
def test_a_placed_blueprint_is_chinese(vue: bool, recent: None, comfy: ComfyServer, pictures: Path) -> None:
    with front_end(comfy, "zh", vue=vue) as shown:
        shown.page.evaluate("() => app.graph.clear()")
        shown.search("Restore faces (GPEN)")
        shown.page.locator("[role=option]").first.click()
        shown.page.mouse.click(700, 500)
        shown.page.wait_for_timeout(1500)
        shown.screenshot(pictures / f"blueprint zh {'vue' if vue else 'canvas'}.png")
        placed = shown.page.evaluate(_LABELS)
        assert placed == [["修复人脸（GPEN）", ["图像", "模型", "强度", "模式"], ["图像", "遮罩", "报告"]]]
        assert shown.complaints == []
