"""README and docs: links lead somewhere, both languages say the same, every option is explained."""

from __future__ import annotations

import argparse
import re
from pathlib import Path

import pytest

from gpen_core.cli import restore

PROJECT = Path(__file__).resolve().parents[2]
_PAGES = sorted([*PROJECT.glob("*.md"), *PROJECT.glob("docs/*.md"), PROJECT / "weights" / "README.md"])
_CODE = re.compile(r"^ *```.*?^ *```", re.MULTILINE | re.DOTALL)


def text_of(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def headings(text: str) -> list[tuple[int, str]]:
    """Level and words of every heading."""
    return [(len(marks), words) for marks, words in re.findall(r"^(#+) (.+)$", _CODE.sub("", text), re.MULTILINE)]


def anchor(heading: str) -> str:
    """As GitHub derives it."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def links(text: str) -> list[str]:
    return re.findall(r"\]\(([^)\s]+)\)", _CODE.sub("", text))


def table_rows(text: str) -> list[int]:
    """Number of cells of every row of every table."""
    return [line.replace("\\|", "").count("|") for line in text.splitlines() if line.lstrip().startswith("|")]


def commands(text: str) -> list[str]:
    """The lines of code blocks, without their comments, which are translated."""
    return [line.partition("#")[0].strip() for block in _CODE.findall(text) for line in block.splitlines()]


@pytest.mark.parametrize("page", _PAGES, ids=lambda page: page.relative_to(PROJECT).as_posix())
def test_links_lead_somewhere(page: Path) -> None:
    for link in links(text_of(page)):
        if link.startswith(("http://", "https://")):
            continue
        name, _, fragment = link.partition("#")
        target = page.parent / name if name else page
        assert target.exists(), link
        if fragment:
            assert fragment in [anchor(words) for _, words in headings(text_of(target))], link


def test_both_languages_of_the_readme_say_the_same() -> None:
    english, chinese = (text_of(PROJECT / name) for name in ("README.md", "README.zh.md"))
    assert [level for level, _ in headings(english)] == [level for level, _ in headings(chinese)]
    assert table_rows(english) == table_rows(chinese)
    assert commands(english) == commands(chinese)
    other = {"README.md", "README.zh.md"}
    assert [link for link in links(english) if link not in other] == [
        link for link in links(chinese) if link not in other
    ]


def test_the_readme_gives_both_commands_near_its_top() -> None:
    for name in ("README.md", "README.zh.md"):
        top = text_of(PROJECT / name).splitlines()[:50]
        assert {"make demo", "make test"} <= set(commands("\n".join(top))), name


def test_what_is_installed_by_hand_is_what_the_requirements_say() -> None:
    requirement = re.search(r"^face-alignment.*$", text_of(PROJECT / "requirements.txt"), re.MULTILINE)
    assert requirement is not None
    for name in ("README.md", "README.zh.md", "docs/installing.md", "gpen_core/faces/face_alignment.py"):
        assert f'install --no-deps "{requirement[0]}"' in text_of(PROJECT / name), name


def test_every_option_of_restore_is_explained() -> None:
    subparsers = argparse.ArgumentParser().add_subparsers()
    restore.add_parser(subparsers)
    page = text_of(PROJECT / "docs" / "command-line.md")
    options = set(re.findall(r"--[a-z][a-z-]+", subparsers.choices["restore"].format_help())) - {"--help"}
    assert not {option for option in options if f"`{option}" not in page}
