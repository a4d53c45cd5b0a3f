"""Sentences that programs around the core can put into other languages."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any


class Message(str):
    """An English text that remembers how it was made.

    template: with {names} and nothing else in braces, as a catalogue of translations lists it. values: what stands for
    the names; Messages where they are words themselves.
    """

    template: str
    values: dict[str, str]

    def __new__(cls, template: str, /, **values: str | int) -> Message:
        words = {name: value if isinstance(value, str) else str(value) for name, value in values.items()}
        message = super().__new__(cls, template.format_map(words))
        message.template, message.values = template, words
        return message

    def __getnewargs_ex__(self) -> tuple[tuple[str], dict[str, str]]:
        return (self.template,), self.values  # for copies and pickles

    def as_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        return {"template": self.template, "values": {name: plain(value) for name, value in self.values.items()}}


class Joined(str):
    """Texts in a row. between: what stands between two of them."""

    between: str
    parts: tuple[str, ...]

    def __new__(cls, between: str, parts: Iterable[str], /) -> Joined:
        parts = tuple(parts)
        joined = super().__new__(cls, between.join(parts))
        joined.between, joined.parts = between, parts
        return joined

    def __getnewargs_ex__(self) -> tuple[tuple[str, tuple[str, ...]], dict[str, str]]:
        return (self.between, self.parts), {}

    def as_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        return {"between": self.between, "parts": list(map(plain, self.parts))}


def translated(text: str, catalogue: Mapping[str, str]) -> str:
    """`text` in another language. catalogue: by the English templates and texts; what it lacks stays English."""
    if isinstance(text, Joined):
        return catalogue.get(text.between, text.between).join(translated(part, catalogue) for part in text.parts)
    if isinstance(text, Message):
        values = {name: translated(value, catalogue) for name, value in text.values.items()}
        return catalogue.get(text.template, text.template).format_map(values)
    return text


def plain(text: str) -> str | dict[str, Any]:
    """A Message or Joined as plain values, ready for JSON; any other text as it is."""
    return text.as_dict() if isinstance(text, (Message, Joined)) else text
