"""ComfyUI finds and shows everything the pack has."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from comfyui.graphs import enhance_graph
from comfyui.server import PACK, ComfyServer, Start
from workflow_graph import describe

_PROJECT = Path(__file__).resolve().parents[2]
_WORKFLOWS = sorted((_PROJECT / "example_workflows").glob("*.json"))
_SCHEMAS: dict[str, Any] = json.loads((_PROJECT / "tools" / "generate" / "schemas.json").read_text())
_ADVANCED = (0, 10)  # inputs are told to be advanced from about here
_PLAIN = ("image", "images")  # need no words
_TROUBLE = ("Traceback", "IMPORT FAILED", "Cannot import", "Error while calling", "Failed to")


def _start(comfy: ComfyServer) -> list[str]:
    """What ComfyUI wrote until it was ready."""
    return comfy.log().partition("Starting server")[0].splitlines()


def test_the_log_names_no_trouble(comfy: ComfyServer) -> None:
    assert [line for line in _start(comfy) if any(sign in line for sign in _TROUBLE)] == []


def test_the_pack_is_in_the_list_of_import_times(
    comfy: ComfyServer, record_property: Callable[[str, object], None]
) -> None:
    found = re.search(rf"([\d.]+) seconds: \S+{PACK}", comfy.log())
    assert found is not None
    record_property("import_seconds", found[1])


def test_the_pack_says_nothing_else_at_the_start(comfy: ComfyServer) -> None:
    assert [line for line in _start(comfy) if PACK in line and "seconds" not in line] == []


@pytest.mark.parametrize("node", _SCHEMAS)
def test_a_node_has_its_committed_schema(node: str, object_info: dict[str, Any], comfy: ComfyServer) -> None:
    seen = describe({node: object_info[node]})[node]
    for own, committed in zip(seen["inputs"], _SCHEMAS[node]["inputs"], strict=False):
        if comfy.version() < _ADVANCED and "advanced" in committed:
            own["advanced"] = True  # is not told
        if "options" not in committed:  # those that depend on the machine
            own.pop("options", None)
        if "default" not in committed:
            own.pop("default", None)
    assert seen == _SCHEMAS[node]


def test_no_node_is_without_a_committed_schema(object_info: dict[str, Any]) -> None:
    ours = {name for name, info in object_info.items() if info["python_module"] == f"custom_nodes.{PACK}"}
    assert ours == set(_SCHEMAS)


@pytest.mark.parametrize("node", _SCHEMAS)
def test_a_node_and_its_inputs_are_explained(node: str, object_info: dict[str, Any]) -> None:
    info = object_info[node]
    inputs = {**info["input"].get("required", {}), **info["input"].get("optional", {})}
    untold = [name for name, (_, facts) in inputs.items() if not facts.get("tooltip") and name not in _PLAIN]
    assert info["description"]
    assert info["category"].split("/")[0] == "GPEN"
    assert untold == []


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("node", _SCHEMAS)
def test_a_node_has_a_help_page(node: str, language: str, comfy: ComfyServer) -> None:
    page = comfy.fetch(f"/extensions/{PACK}/docs/{node}/{language}.md").decode()
    assert page.startswith("# ")


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("node", _SCHEMAS)
def test_pictures_of_a_help_page_are_served(node: str, language: str, comfy: ComfyServer) -> None:
    page = comfy.fetch(f"/extensions/{PACK}/docs/{node}/{language}.md").decode()
    for picture in re.findall(r"!\[[^]]*]\(([^)]+)\)", page):
        path = picture if picture.startswith("/") else f"/extensions/{PACK}/docs/{picture}"
        assert comfy.fetch(path)[:2] in (b"\xff\xd8", b"\x89P"), picture


@pytest.mark.parametrize("language", ["en", "zh"])
def test_everything_has_a_label(language: str, comfy: ComfyServer) -> None:
    labels = comfy.get("/i18n")[language]["nodeDefs"]
    for node, schema in _SCHEMAS.items():
        assert labels[node]["display_name"], node
        assert set(labels[node]["inputs"]) == {entry["name"] for entry in schema["inputs"]}, node
        assert set(labels[node].get("outputs", {})) == {str(number) for number in range(len(schema["outputs"]))}, node


def test_all_example_workflows_are_offered(comfy: ComfyServer) -> None:
    assert sorted(comfy.get("/workflow_templates")[PACK]) == [path.stem for path in _WORKFLOWS]


@pytest.mark.parametrize("workflow", _WORKFLOWS, ids=lambda path: path.stem)
def test_an_example_workflow_has_a_thumbnail(workflow: Path, comfy: ComfyServer) -> None:
    name = workflow.stem.replace(" ", "%20")
    assert comfy.fetch(f"/api/workflow_templates/{PACK}/{name}.jpg").startswith(b"\xff\xd8")


_BLOCKER = """
import importlib.abc, sys

class Blocker(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {absent}:
            raise ModuleNotFoundError(f"No module named '{{name}}'", name=name)

sys.meta_path.insert(0, Blocker())
"""


def _without(server: ComfyServer, *packages: str) -> ComfyServer:
    """The server as it would be without these packages."""
    folder = server.base / "custom_nodes" / "gpen_blocker"  # its prestartup_script.py runs before all else
    folder.mkdir(parents=True)
    (folder / "__init__.py").write_text("NODE_CLASS_MAPPINGS = {}\n")
    (folder / "prestartup_script.py").write_text(_BLOCKER.format(absent=set(packages)))
    return server


def test_without_optional_packages_it_restores_all_the_same(start: Start) -> None:
    with _without(start(), "face_alignment", "skimage") as comfy:
        run = comfy.run(enhance_graph(detector="auto")).require_success()
        assert run.outputs["look"]["seen"][0]["difference"] > 0.02


def test_without_a_needed_package_comfyui_starts_and_its_log_names_it(start: Start) -> None:
    with _without(start(), "cv2") as comfy:
        assert "GPENEnhance" not in comfy.get("/object_info")
        assert any("cv2" in line for line in comfy.log().splitlines() if PACK in line)
