"""Texts that a node hands on, in the language that was asked for. What it shows is translated where it is shown."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from comfy_api.latest import io

from ..gpen_core.message import translated

_ENGLISH = "en"
_LOCALES = Path(__file__).resolve().parents[1] / "locales"
LANGUAGES = (_ENGLISH, "zh")


def language_input(of: str) -> io.Input:
    """of: what the node hands on. ComfyUI hides this input, and web/language.js gives it the user's language."""
    return io.Combo.Input(
        "language",
        options=list(LANGUAGES),
        default=_ENGLISH,
        optional=True,
        tooltip=f"Of {of}. In the browser it is that of ComfyUI.",
        extra_dict={"hidden": True},
    )


def in_language(text: str, language: str) -> str:
    """`text` in one of LANGUAGES."""
    return str(translated(text, catalogue(language)))


@cache
def catalogue(language: str) -> Mapping[str, str]:
    """Translations by English text; none for English."""
    if language == _ENGLISH:
        return {}
    return json.loads((_LOCALES / language / "main.json").read_text(encoding="utf-8"))["gpen"]["messages"]
