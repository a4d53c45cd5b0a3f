"""`--report` and `--html` of a run: of what it did itself, or of all runs of its journal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from ..archive import Journal, ReadJournal, Totals, read_journals
from ..archive.targets import Planned
from ..archive.totals import progress_of
from .inputs import InputProblem
from .tally import Tally


class RunReport:
    """The report of a run. targets: the pictures it works on, in order; clips: so too."""

    def __init__(
        self,
        problems: Sequence[InputProblem],
        targets: Sequence[Planned],
        clips: Sequence[Planned],
        tally: Tally,
        journal: Journal | None,
    ) -> None:
        self._problems, self._targets, self._clips = problems, targets, clips
        self._tally, self._journal = tally, journal

    def entries(self) -> Iterator[dict[str, Any]]:
        """Inputs that could not be read, then the pictures, in their order or the journal's, then the clips."""
        yield from (problem.entry for problem in self._problems)
        yield from self.pictures()
        yield from self._tally.entries_of(self._clips)

    def pictures(self) -> Iterator[dict[str, Any]]:
        """The entries of the pictures alone."""
        if self._journal is None:
            return iter(self._tally.entries_of(self._targets))
        return self._read(self._journal).entries()

    def totals(self) -> Totals:
        """The sums to which the pictures are to be added."""
        if self._journal is not None:
            return progress_of([self._read(self._journal)])
        totals = Totals(pictures=len(self._targets), left=len(self._targets) - self._tally.count(self._targets))
        for problem in self._problems:
            totals.add_failure(str(problem.given), problem.text)
        return totals

    def _read(self, journal: Journal) -> ReadJournal:
        return read_journals([journal.path])[0]
