"""A folder of sharp and degraded faces -> which pictures belong together."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ..errors import GPENError
from ..image import find_pictures

SEVERITIES = ("light", "medium", "heavy")
"""Names of degradations in the order of their tables; others follow by name."""

SHARP = "hq"  # folder of the sharp faces, and the severity of what is none

_LAYOUT = (
    "Expected: a folder with hq and lq, or with hq and lq_light, lq_medium .. (any words), whose pictures have the "
    "same names; without hq, only what needs no sharp face is measured."
)


@dataclass(frozen=True)
class Case:
    """One face: its sharp picture, if there is one, and its degraded ones by severity."""

    name: str
    sharp: Path | None
    degraded: dict[str, Path]


def find_cases(folder: Path) -> tuple[list[Case], list[str]]:
    """The faces of a folder, in natural order of their names, and what is wrong with single ones of them.

    folder: holds hq and lq, or hq and lq_<severity> of as many severities as there are, with pictures of the same names
        (endings may differ). hq may be missing; a folder that holds pictures itself counts as lq.
    Raises GPENError where there is no such folder, or not one face in it.
    """
    if not folder.is_dir():
        raise GPENError(f"There is no folder {folder}.\n{_LAYOUT}")
    problems: list[str] = []
    degraded = {severity: _by_name(path, problems) for severity, path in _degraded_folders(folder).items()}
    sharp = _by_name(folder / SHARP, problems) if (folder / SHARP).is_dir() else None
    names = dict.fromkeys(name for pictures in degraded.values() for name in pictures)
    if sharp is None:
        return [Case(name, None, _of_name(degraded, name)) for name in names], problems
    for severity, pictures in degraded.items():
        problems += [f"{pictures[name]}: there is no sharp face of that name." for name in pictures.keys() - sharp]
        problems += [f"{sharp[name]}: there is no degraded face ({severity})." for name in sharp.keys() - pictures]
    cases = [Case(name, path, found) for name, path in sharp.items() if (found := _of_name(degraded, name))]
    if not cases:
        raise GPENError(f"No picture of {folder / SHARP} has a degraded one of the same name.\n{_LAYOUT}")
    return cases, sorted(problems)


def severity_rank(severity: str) -> tuple[int, str]:
    """Orders severities: light, medium, heavy, others by name, the sharp faces themselves last."""
    known = (*SEVERITIES, severity, SHARP)
    return known.index(severity) if severity != SHARP else len(known), severity


def _degraded_folders(folder: Path) -> dict[str, Path]:
    """By severity: the word behind lq_, and "lq" for a folder without one."""
    found = {path.name.removeprefix("lq_"): path for path in folder.glob("lq*") if _is_degraded(path)}
    if found:
        return {severity: found[severity] for severity in sorted(found, key=severity_rank)}
    if (folder / SHARP).is_dir():
        raise GPENError(f"There is no folder lq or lq_<severity> in {folder}.\n{_LAYOUT}")
    return {"lq": folder}


def _is_degraded(path: Path) -> bool:
    return path.is_dir() and (path.name == "lq" or path.name.startswith("lq_"))


def _by_name(folder: Path, problems: list[str]) -> dict[str, Path]:
    """Pictures by name without ending; of several with one name the first. Raises PictureError where there are none."""
    pictures: dict[str, Path] = {}
    for found in find_pictures([folder], recursive=False):
        taken = pictures.setdefault(found.path.stem, found.path)
        if taken != found.path:
            problems.append(f"{found.path}: {taken.name} has the same name and is taken.")
    return pictures


def _of_name(degraded: dict[str, dict[str, Path]], name: str) -> dict[str, Path]:
    return {severity: pictures[name] for severity, pictures in degraded.items() if name in pictures}
