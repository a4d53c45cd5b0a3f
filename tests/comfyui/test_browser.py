"""What users see in the browser."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from comfyui.browser import FrontEnd, front_end
from comfyui.server import ComfyServer

_PROJECT = Path(__file__).resolve().parents[2]
_WORKFLOWS = sorted((_PROJECT / "example_workflows").glob("*.json"))
_SEARCHES = Path(__file__).with_name("searches.json")
_NODES: list[str] = list(json.loads((_PROJECT / "tools" / "generate" / "schemas.json").read_text()))


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the screenshots go."""
    named = os.environ.get("GPEN_SCREENSHOTS")
    return Path(named) if named else tmp_path_factory.mktemp("screenshots")


@pytest.fixture
def english(comfy: ComfyServer) -> Iterator[FrontEnd]:
    with front_end(comfy) as shown:
        yield shown


@pytest.fixture
def chinese(comfy: ComfyServer) -> Iterator[FrontEnd]:
    with front_end(comfy, "zh") as shown:
        yield shown


def _missing(workflow: dict[str, Any], object_info: dict[str, Any]) -> list[str]:
    """Nodes and models that this ComfyUI lacks for a workflow."""
    nodes = {node["type"] for node in workflow["nodes"]} - {*object_info, "Note", "MarkdownNote"}
    models = [model["name"] for node in workflow["nodes"] for model in node["properties"].get("models", [])]
    return [*sorted(nodes), *models]


def test_nothing_is_wrong_at_the_start(english: FrontEnd) -> None:
    english.page.wait_for_timeout(2000)
    assert english.page.locator(".p-toast-message-error").all_inner_texts() == []
    assert english.complaints == []


@pytest.mark.parametrize("path", _WORKFLOWS, ids=lambda path: path.stem)
def test_a_template_runs_from_the_dialog(
    path: Path, english: FrontEnd, object_info: dict[str, Any], pictures: Path
) -> None:
    missing = _missing(json.loads(path.read_text()), object_info)
    english.open_template(path.stem)
    if not missing:
        ending, data = english.press_run()
        assert ending == "execution_success", data
    english.screenshot(pictures / f"{path.stem}.png")
    assert english.complaints == []
    if missing:
        pytest.skip(f"opened, but not run: there is no {', '.join(missing)}")


def _open_help_pages(shown: FrontEnd, language: str, pictures: Path) -> None:
    for node in _NODES:
        page = _PROJECT / "web" / "docs" / node / f"{language}.md"
        title = page.read_text(encoding="utf-8").splitlines()[0].removeprefix("# ")
        shown.open_help(node, title)
        shown.screenshot(pictures / f"help {language}" / f"{node}.png", fit=False)
    assert shown.complaints == []


def test_every_help_page_opens(english: FrontEnd, pictures: Path) -> None:
    _open_help_pages(english, "en", pictures)


def test_every_help_page_opens_in_chinese(chinese: FrontEnd, pictures: Path) -> None:
    _open_help_pages(chinese, "zh", pictures)


def test_every_label_is_chinese(chinese: FrontEnd) -> None:
    locale = json.loads((_PROJECT / "locales" / "zh" / "nodeDefs.json").read_text(encoding="utf-8"))
    for node in _NODES:
        labels = chinese.labels(node)
        assert labels["title"] == locale[node]["display_name"]
        shown = {**labels["inputs"], **labels["widgets"]}
        assert shown.pop("advanced inputs", "显示高级输入") == "显示高级输入"  # the pack's own button
        for name, label in shown.items():
            assert label == locale[node]["inputs"][name]["name"], (node, name)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_node_search_finds_what_people_look_for(recent: None, comfy: ComfyServer, language: str) -> None:
    """searches.json: what is typed, and the node that must be seen without scrolling."""
    wanted: dict[str, str] = json.loads(_SEARCHES.read_text(encoding="utf-8"))[language]
    locale = json.loads((_PROJECT / "locales" / language / "nodeDefs.json").read_text(encoding="utf-8"))
    with front_end(comfy, language) as shown:
        seen = {query: shown.search(query)[1] for query in wanted}
    missed = {query: seen[query] for query, node in wanted.items() if locale[node]["display_name"] not in seen[query]}
    assert len(wanted) >= 20 and missed == {}


def test_a_workflow_in_chinese(chinese: FrontEnd, pictures: Path) -> None:
    chinese.load(json.loads(_WORKFLOWS[0].read_text()))
    chinese.screenshot(pictures / f"{_WORKFLOWS[0].stem} zh.png")
    assert chinese.complaints == []


def test_a_template_runs_with_vue_nodes(recent: None, comfy: ComfyServer, pictures: Path) -> None:
    with front_end(comfy, vue=True) as shown:
        shown.open_template(_WORKFLOWS[0].stem)
        ending, data = shown.press_run()
        assert ending == "execution_success", data
        shown.screenshot(pictures / f"{_WORKFLOWS[0].stem} vue.png")
        assert shown.complaints == []


def test_an_error_is_shown_whole(english: FrontEnd, pictures: Path) -> None:
    workflow = json.loads(_WORKFLOWS[0].read_text())
    loader = next(node for node in workflow["nodes"] if node["type"] == "GPENLoadModel")
    loader["widgets_values"][0] = "gpen-absent.pth"
    english.load(workflow)
    ending, data = english.press_run()
    english.screenshot(pictures / "missing weights.png", fit=False)
    assert ending == "execution_error"
    assert "gpen-absent.pth" in data["exception_message"]
    assert len(data["exception_message"].strip().splitlines()) > 1
