"""Measure a restoration face by face, before and after."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from ..errors import GPENError
from ..faces.detector import FaceDetector
from .cases import SHARP, Case, severity_rank
from .levels import Levels, degraded_at, read_levels, sharp_at
from .measures import Measures, Reference

Restore = Callable[[Levels], Levels]


@dataclass(frozen=True)
class Comparison:
    """What was measured on one face, degraded and restored."""

    name: str
    before: Measures
    after: Measures


@dataclass(frozen=True, eq=False)
class Seen:
    """A face to look at, (S, S, 3) each; sharp is None where nobody knows it."""

    degraded: Levels
    restored: Levels
    sharp: Levels | None


@dataclass
class Evaluation:
    """Collects comparisons by severity; "hq" are the sharp faces themselves, restored as if they needed it.

    restore: (S, S, 3) uint8 faces to the same. size: S, px. detector: finds the landmarks.
    keep: number of faces of each severity that are kept to look at.
    problems: pictures that could not be read or measured, in words; they are in no number.
    """

    restore: Restore
    size: int
    detector: FaceDetector
    keep: int = 0
    problems: list[str] = field(default_factory=list)
    _comparisons: dict[str, list[Comparison]] = field(default_factory=dict)
    _seen: dict[str, list[Seen]] = field(default_factory=dict)

    def results(self) -> dict[str, list[Comparison]]:
        """All comparisons by severity, from light to heavy, the sharp faces last."""
        return {severity: self._comparisons[severity] for severity in sorted(self._comparisons, key=severity_rank)}

    def seen(self) -> dict[str, list[Seen]]:
        """The faces kept to look at, in the same order."""
        return {severity: self._seen[severity] for severity in sorted(self._seen, key=severity_rank)}

    def add(self, case: Case) -> None:
        """Restore and measure a face in all its severities. Problems of single pictures are noted, not raised."""
        sharp = None
        if case.sharp is not None:
            try:
                sharp = sharp_at(read_levels(case.sharp), self.size)
            except GPENError as error:
                self.problems.append(f"{case.sharp}: {error}")
                return
        reference = None if sharp is None else Reference(sharp, self.detector, sharp=True)
        for severity, path in case.degraded.items():
            try:
                degraded = degraded_at(read_levels(path), self.size)
                self._compare(case.name, severity, degraded, sharp, reference)
            except GPENError as error:
                self.problems.append(f"{path}: {error}")
        if sharp is not None:
            self._compare(case.name, SHARP, sharp, sharp, reference)

    def _compare(
        self, name: str, severity: str, degraded: Levels, sharp: Levels | None, reference: Reference | None
    ) -> None:
        restored = self.restore(degraded)
        reference = reference or Reference(degraded, self.detector, sharp=False)
        comparison = Comparison(name, reference.measure(degraded), reference.measure(restored))
        self._comparisons.setdefault(severity, []).append(comparison)
        seen = self._seen.setdefault(severity, [])
        if len(seen) < self.keep:
            seen.append(Seen(degraded, restored, sharp))
