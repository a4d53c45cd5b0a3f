"""What journals say together: totals, failures by reason, pictures per hour."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..errors import GPENError
from .journal_file import JournalState, entries_of, journals_in, read_journal
from .journal_report import report_entry

_NUMBERS = re.compile(r"\d+(\.\d+)?")
_HOUR = 3600.0


@dataclass(frozen=True)
class ReadJournal:
    """A journal that was read. path: of its file."""

    path: Path
    state: JournalState

    @property
    def name(self) -> str:
        """The shard, or the file where the archive was not divided."""
        shard = self.state.shard
        return str(self.path) if shard.count == 1 else f"shard {shard}"

    def entries(self) -> Iterator[dict[str, Any]]:
        """The entries of its report, one for each picture."""
        for line in entries_of(self.path, self.state):
            yield report_entry(line, self.state.header or {}, self.path.parent)


@dataclass
class Totals:
    """Sums over journals. failures: the first text of each reason, and how often it came.

    pictures: that belong to the archive. left: pictures that no run has come to yet. seconds: of work of all together.
    per_hour: pictures, of each journal while it was worked on.
    """

    pictures: int = 0
    written: int = 0
    failed: int = 0
    left: int = 0
    without_face: int = 0
    faces: int = 0
    restored: int = 0
    seconds: float = 0.0
    failures: dict[str, tuple[str, int]] = field(default_factory=dict[str, tuple[str, int]])
    warnings: Counter[str] = field(default_factory=Counter[str])
    per_hour: dict[str, float] = field(default_factory=dict[str, float])

    def add(self, entry: dict[str, Any]) -> None:
        """Count a picture. entry: as reports have it."""
        if "error" in entry:
            self.failed += 1
            self.add_failure(entry["input"], entry["error"])
            return
        self.written += 1
        self.warnings.update(map(str, entry["warnings"]))
        for picture in entry["pictures"]:
            faces = picture["faces"]
            self.faces += len(faces)
            self.restored += sum(face["skipped"] is None for face in faces)
            self.without_face += picture["searched"] and not faces

    def add_failure(self, given: str, text: str) -> None:
        """Count a failure under its first line, names and numbers left out; the first of a kind is shown."""
        line = text.splitlines()[0]
        reason = _NUMBERS.sub("0", line.replace(given, "").replace(Path(given).name, ""))
        shown, number = self.failures.get(reason, (line, 0))
        self.failures[reason] = (shown, number + 1)

    def lines(self) -> Iterator[str]:
        """For reading."""
        yield f"{self.pictures} pictures: {self.written} written, {self.failed} failed, {self.left} left"
        yield f"{self.faces} faces: {self.restored} restored; {self.without_face} pictures without a face"
        for text, number in sorted(self.failures.values(), key=lambda each: -each[1]):
            yield f"failed {number} x: {text}"
        for text, number in self.warnings.most_common():
            yield f"note {number} x: {text}"
        if len(self.per_hour) > 1:
            for name, rate in self.per_hour.items():
                yield f"{name}: {rate:.0f} pictures per hour"
        if not self.per_hour:
            return
        together = "together, side by side: " if len(self.per_hour) > 1 else ""
        yield f"{together}{sum(self.per_hour.values()):.0f} pictures per hour; {self.seconds / _HOUR:.2f} hours of work"


def read_journals(given: Sequence[Path]) -> list[ReadJournal]:
    """The journals that are named, and those in the folders that are, each once.

    Raises GPENError where there are none, one cannot be read, or they are not parts of one archive: other settings,
    another model, another division, or one shard twice.
    """
    paths = dict.fromkeys(path.resolve() for each in given for path in _journals_of(each))
    journals = [ReadJournal(path, read_journal(path)) for path in paths]
    if not journals:
        raise GPENError(
            f"There is no journal in {', '.join(map(str, given))}.\n"
            "gpen restore writes one with --resume and with --shard."
        )
    for each in journals:
        if each.state.header is None:
            raise GPENError(f"{each.path} is empty: the run that began it was stopped at once.\nStart it again.")
        _require_same(journals[0], each)
    shards = Counter(each.state.shard for each in journals if each.state.shard.count > 1)
    twice = [str(shard) for shard, number in shards.items() if number > 1]
    if twice:
        raise GPENError(
            f"There is more than one journal of shard {', '.join(twice)}.\nName those that belong together."
        )
    return sorted(journals, key=lambda each: (each.state.shard.number, each.path))


def missing_shards(journals: Sequence[ReadJournal]) -> list[int]:
    """Numbers of the shards of which no journal was given."""
    count = journals[0].state.shard.count
    if count == 1:
        return []
    return sorted(set(range(1, count + 1)) - {each.state.shard.number for each in journals})


def total_of(journals: Sequence[ReadJournal]) -> Totals:
    """The sums over journals."""
    totals = progress_of(journals)
    for journal in journals:
        for entry in journal.entries():
            totals.add(entry)
    return totals


def progress_of(journals: Sequence[ReadJournal]) -> Totals:
    """How far journals are, and how fast; their pictures are not yet counted.

    Inputs that could not be read count once, though every shard names them.
    """
    totals = Totals()
    problems: dict[str, str] = {}
    for journal in journals:
        number = sum(known.offset >= 0 for known in journal.state.known.values())
        run, seconds = journal.state.run, journal.state.seconds
        planned = max(run.get("pictures", 0), number)
        totals.pictures += planned
        totals.left += planned - number
        totals.seconds += seconds
        totals.per_hour[journal.name] = number / seconds * _HOUR if seconds else 0.0
        problems |= {problem["input"]: problem["error"] for problem in run.get("problems", [])}
    for given, text in problems.items():
        totals.add_failure(given, text)
    return totals


def _journals_of(given: Path) -> list[Path]:
    if given.is_dir():
        return journals_in(given)
    if not given.exists():
        raise GPENError(f"There is no file or folder {given}.\nName journals, or folders of results.")
    return [given]


def _require_same(first: ReadJournal, other: ReadJournal) -> None:
    for name in ("settings", "model"):
        if (first.state.header or {}).get(name) != (other.state.header or {}).get(name):
            raise GPENError(
                f"{first.path} and {other.path} are of different {'models' if name == 'model' else 'settings'}: "
                "they are not parts of one archive.\nMerge those that belong together."
            )
    if first.state.shard.count != other.state.shard.count:
        raise GPENError(
            f"{first.path} is of shard {first.state.shard}, {other.path} of {other.state.shard}: not one division.\n"
            "Merge those that belong together."
        )
