"""What became of the files of a run."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from typing import Any

from ..archive.run import DISK_FULL, disk_is_full, error_text
from ..archive.targets import Planned
from ..errors import GPENError

logger = logging.getLogger(__name__)

_WRITTEN = {"output": ""}  # all that is kept of a picture that a journal has


class Tally:
    """Collects results, failures and warnings; threads may tell of files that were written.

    failures: one text for each. warnings: each once, in order. halted: why the rest was not begun, such as a full disk.
    """

    def __init__(self, failures: Iterable[str], keep: bool = True) -> None:
        """keep: whether the report is made of what is collected here; a journal has it else, for a million pictures."""
        self._keep = keep
        self.failures = list(failures)
        self.warnings: dict[str, None] = {}
        self.halted: str | None = None
        self._entries: dict[Planned, dict[str, Any]] = {}

    def written(self, target: Planned, report: dict[str, Any]) -> None:
        """A file was written. report: plain values."""
        files = {"input": str(target.source), "output": str(target.result)}
        self._entries[target] = {**files, **report} if self._keep else _WRITTEN

    def failed(self, target: Planned, error: BaseException | None) -> None:
        """A file was not written."""
        if not isinstance(error, GPENError):
            logger.error("Unexpected error in %s", target.source, exc_info=error)
        text = error_text(error)
        self.failures.append(f"{target.source}: {text}")
        self._entries[target] = {"input": str(target.source), "error": text}
        if disk_is_full(error):
            self.halted = DISK_FULL

    def warn(self, warnings: Iterable[str]) -> None:
        """What the user should know, of one of the files."""
        self.warnings |= dict.fromkeys(warnings)

    def entries_of(self, targets: Sequence[Planned]) -> list[dict[str, Any]]:
        """For the report, in the order of the targets: those that were written or failed."""
        return [self._entries[target] for target in targets if target in self._entries]

    def count_written(self, targets: Sequence[Planned]) -> int:
        """How many of the targets were written."""
        return sum("output" in entry for entry in self.entries_of(targets))

    def count(self, targets: Sequence[Planned]) -> int:
        """How many of the targets were written or failed."""
        return sum(target in self._entries for target in targets)
