"""The example workflows: checked against the schemas, and run through the node classes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from build_blueprint import blueprint
from build_schemas import load_schemas
from build_workflows import FOLDER, NEEDS_DOWNLOADS, WORKFLOWS
from executor import run
from workflow_graph import WIDGETS, to_prompt

NAMES = [make().name for make in WORKFLOWS]


def read(name: str) -> dict[str, Any]:
    return json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))


def test_the_folder_holds_these_workflows_and_a_thumbnail_of_each():
    assert sorted(path.stem for path in FOLDER.glob("*.json")) == sorted(NAMES)
    assert sorted(path.stem for path in FOLDER.glob("*.jpg")) == sorted(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_every_input_is_connected_or_has_a_value_in_range(name):
    schemas = load_schemas()
    for number, node in to_prompt(read(name), schemas).items():
        for entry in schemas[node["class_type"]]["inputs"]:
            where = f"{name}: {entry['name']} of {node['class_type']} {number}"
            if entry["name"] not in node["inputs"]:
                assert entry.get("optional"), f"{where} is missing"
                continue
            value = node["inputs"][entry["name"]]
            if not isinstance(value, list):
                assert entry["type"] in WIDGETS, f"{where} must be connected"
                assert entry.get("min", value) <= value <= entry.get("max", value), where
                assert value in entry.get("options", [value]), where


@pytest.mark.parametrize("name", NAMES)
def test_links_join_sockets_of_one_type(name):
    schemas = load_schemas()
    prompt = to_prompt(read(name), schemas)
    for node in prompt.values():
        types = {entry["name"]: entry["type"] for entry in schemas[node["class_type"]]["inputs"]}
        for socket, value in node["inputs"].items():
            if isinstance(value, list):
                source = schemas[prompt[value[0]]["class_type"]]["outputs"][value[1]]
                assert source["type"] == types[socket]


@pytest.mark.parametrize("name", sorted(NEEDS_DOWNLOADS))
def test_models_to_be_downloaded_are_declared_where_they_are_chosen(name):
    for node in read(name)["nodes"]:
        if node["type"] in ("GPENLoadModel", "CheckpointLoaderSimple"):
            (model,) = node["properties"]["models"]
            assert model["name"] == node["widgets_values"][0]
            assert model["url"].startswith("https://") and model["url"].endswith(model["name"]) and model["directory"]


@pytest.mark.parametrize("name", [name for name in NAMES if name not in NEEDS_DOWNLOADS])
def test_runs_as_it_is(nodes, name):
    prompt = to_prompt(read(name), load_schemas())
    results = run(nodes, prompt)
    (saver,) = [number for number, node in prompt.items() if node["class_type"] in ("GPENSaveImage", "SaveWEBM")]
    if prompt[saver]["class_type"] == "SaveWEBM":  # ComfyUI's own: what it is given are the frames of a clip
        assert results[saver][0].shape == (32, 384, 384, 3)
        return
    assert all(Path(each["filename"]).suffix in (".png", ".jpg") for each in results[saver].ui["images"])


def test_the_links_of_the_blueprint_meet_their_sockets():
    (subgraph,) = blueprint()["definitions"]["subgraphs"]
    slots = {node["id"]: node for node in subgraph["nodes"]}
    for link in subgraph["links"]:
        if link["origin_id"] > 0:
            assert slots[link["origin_id"]]["outputs"][link["origin_slot"]]["type"] == link["type"]
        if link["target_id"] > 0:
            assert slots[link["target_id"]]["inputs"][link["target_slot"]]["link"] == link["id"]
