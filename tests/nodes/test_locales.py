"""Labels and help pages in every language."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

PROJECT = Path(__file__).resolve().parents[2]
LANGUAGES = ("en", "zh")
_NAMES = {"Apache-2.0"}  # the same in every language


def shape(entry: Any) -> Any:
    """The keys of nested dictionaries, without the texts."""
    return {key: shape(value) for key, value in entry.items()} if isinstance(entry, dict) else None


def read(language: str, file: str = "nodeDefs") -> dict[str, Any]:
    return json.loads((PROJECT / "locales" / language / f"{file}.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_label_is_translated(language):
    assert shape(read(language)) == shape(read("en"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_message_is_translated_with_all_its_values(language):
    def names(text):
        return set(re.findall(r"{(\w*)}", text))

    english, translated = read("en", "main")["gpen"], read(language, "main")["gpen"]
    assert list(translated) == list(english) == ["messages", "errors", "workflows", "blueprint", "buttons"]
    for kind, texts in translated.items():
        assert list(texts) == list(english[kind])
        assert [key for key, text in texts.items() if names(text) != names(key)] == []


def test_chinese_leaves_nothing_in_english():
    texts = [pair for kind in read("zh", "main")["gpen"].values() for pair in kind.items()]
    assert {english for english, chinese in texts if english == chinese} <= _NAMES


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_node_has_a_help_page_that_names_its_inputs(nodes, language):
    known = read(language)
    for name in nodes.classes:
        text = (PROJECT / "web" / "docs" / name / f"{language}.md").read_text(encoding="utf-8")
        for each in known[name]["inputs"].values():
            assert each["name"] in text, f"{name}/{language}.md does not mention '{each['name']}'"


@pytest.mark.parametrize("language", LANGUAGES)
def test_pictures_of_help_pages_are_there(nodes, language):
    folder = PROJECT / "web" / "docs"
    for page in folder.glob(f"*/{language}.md"):
        for part in page.read_text(encoding="utf-8").split("](")[1:]:
            target = part.split(")")[0]
            if target.endswith((".jpg", ".png")):
                assert (folder / target).is_file(), f"{page.name} of {page.parent.name} shows {target}"
