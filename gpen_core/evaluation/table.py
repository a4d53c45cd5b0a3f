"""Comparisons -> one Markdown table: a row for each severity, a column for each measure."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from .evaluation import Comparison
from .measures import Measures


@dataclass(frozen=True)
class _Column:
    """A measure as it is shown: its heading, its number for one face, how faces are averaged, its decimals."""

    name: str
    heading: str
    value: Callable[[Measures], float | None]
    average: Callable[[Sequence[float]], float]
    digits: int


def _skin(measures: Measures) -> float | None:
    return None if measures.skin is None else statistics.fmean(abs(shift) for shift in measures.skin)


_COLUMNS = (
    _Column("psnr", "PSNR, dB", lambda face: face.psnr, statistics.fmean, 2),
    _Column("ssim", "SSIM", lambda face: face.ssim, statistics.fmean, 3),
    _Column("niqe", "NIQE", lambda face: face.niqe, statistics.fmean, 2),
    _Column("energy", "fine energy", lambda face: face.energy, statistics.median, 2),
    _Column("comb", "comb", lambda face: face.comb, statistics.median, 2),
    _Column("grid", "grid, %", lambda face: face.grid, statistics.median, 2),
    _Column("landmarks", "landmark error, %", lambda face: face.landmarks, statistics.fmean, 2),
    _Column("skin", "skin colour, levels", _skin, statistics.fmean, 2),
)


def table(results: Mapping[str, Sequence[Comparison]]) -> str:
    """A Markdown table of the averages, "input -> restored (gain)"; measures that no face has are left out.

    Means over the faces, medians of fine energy, comb and grid; of each measure those faces count that have it before
    and after.
    """
    averages = {severity: _averages(faces) for severity, faces in results.items()}
    shown = [column for column in _COLUMNS if any(column.name in row for row in averages.values())]
    lines = [_row(["", "faces", *(column.heading for column in shown)]), _row(["---"] * (len(shown) + 2))]
    for severity, row in averages.items():
        cells = [_cell(row.get(column.name), column.digits) for column in shown]
        lines.append(_row([severity, str(len(results[severity])), *cells]))
    return "\n".join(lines)


def as_dicts(results: Mapping[str, Sequence[Comparison]]) -> list[dict[str, Any]]:
    """For each severity the averages and every face, of plain values; None for what is unknown or infinite."""
    return [
        {
            "severity": severity,
            "average": {
                name: {"input": _finite(before), "restored": _finite(after)}
                for name, (before, after) in _averages(faces).items()
            },
            "faces": [
                {"name": face.name, "input": _as_dict(face.before), "restored": _as_dict(face.after)} for face in faces
            ],
        }
        for severity, faces in results.items()
    ]


def faces_lost(results: Mapping[str, Sequence[Comparison]]) -> dict[str, int]:
    """By severity the number of faces whose landmarks were not found in all their pictures, where there are any."""
    counts = {
        severity: sum(face.before.landmarks is None or face.after.landmarks is None for face in faces)
        for severity, faces in results.items()
    }
    return {severity: count for severity, count in counts.items() if count}


def _averages(faces: Sequence[Comparison]) -> dict[str, tuple[float, float]]:
    """Before and after, by the names of the measures; those that no face has are left out."""
    result = {}
    for column in _COLUMNS:
        pairs = [(column.value(face.before), column.value(face.after)) for face in faces]
        known = [(before, after) for before, after in pairs if before is not None and after is not None]
        if known:
            before, after = zip(*known, strict=True)
            result[column.name] = column.average(before), column.average(after)
    return result


def _cell(values: tuple[float, float] | None, digits: int) -> str:
    if values is None:
        return "-"
    before, after = values
    if math.isinf(before):  # the PSNR of the sharp face itself
        return f"{after:.{digits}f}"
    return f"{before:.{digits}f} -> {after:.{digits}f} ({after - before:+.{digits}f})"


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _as_dict(measures: Measures) -> dict[str, Any]:
    return {name: _finite(value) if isinstance(value, float) else value for name, value in asdict(measures).items()}


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
