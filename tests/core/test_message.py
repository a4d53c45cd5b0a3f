"""Texts that remember how they were made."""

from __future__ import annotations

import copy
import json
import pickle

import pytest

from gpen_core.message import Joined, Message, plain

INNER = Message("{count} faces", count=3)
OUTER = Message("{faces} {done}", faces=INNER, done="restored")


def test_a_message_is_its_english_text() -> None:
    assert OUTER == "3 faces restored" and isinstance(OUTER, str)
    assert json.dumps({OUTER: OUTER}) == '{"3 faces restored": "3 faces restored"}'


def test_it_remembers_template_and_values_at_every_depth() -> None:
    inner = {"template": "{count} faces", "values": {"count": "3"}}
    assert plain(OUTER) == {"template": "{faces} {done}", "values": {"faces": inner, "done": "restored"}}
    assert plain(Joined(", ", [INNER, "x"])) == {"between": ", ", "parts": [inner, "x"]}
    assert plain("x") == "x"


def test_braces_in_values_stay() -> None:
    assert Message("Terms: {terms}", terms="{none}") == "Terms: {none}"


@pytest.mark.parametrize("text", [OUTER, Joined("\n", [OUTER, "x"])])
@pytest.mark.parametrize("again", [copy.deepcopy, lambda text: pickle.loads(pickle.dumps(text))])
def test_copies_are_whole(text, again) -> None:
    assert again(text) == text and plain(again(text)) == plain(text)
