"""What became of the files of a run."""

from __future__ import annotations

import errno
import logging
from collections.abc import Iterable, Sequence
from typing import Any

from ..errors import GPENError
from .targets import Planned

logger = logging.getLogger(__name__)

_FULL = (errno.ENOSPC, errno.EDQUOT)


class Tally:
    """Collects results, failures and warnings; threads may tell of files that were written.

    failures: one text for each. warnings: each once, in order. full: the disk is.
    """

    def __init__(self, failures: Iterable[str]) -> None:
        self.failures = list(failures)
        self.warnings: dict[str, None] = {}
        self.full = False
        self._entries: dict[Planned, dict[str, Any]] = {}

    def written(self, target: Planned, report: dict[str, Any]) -> None:
        """A file was written. report: plain values."""
        self._entries[target] = {"input": str(target.source), "output": str(target.result), **report}

    def failed(self, target: Planned, error: BaseException | None) -> None:
        """A file was not written."""
        if not isinstance(error, GPENError):
            logger.error("Unexpected error in %s", target.source, exc_info=error)
        text = str(error) or type(error).__name__
        self.failures.append(f"{target.source}: {text}")
        self._entries[target] = {"input": str(target.source), "error": text}
        self.full = self.full or _disk_is_full(error)

    def warn(self, warnings: Iterable[str]) -> None:
        """What the user should know, of one of the files."""
        self.warnings |= dict.fromkeys(warnings)

    def entries_of(self, targets: Sequence[Planned]) -> list[dict[str, Any]]:
        """For the report, in the order of the targets: those that were written or failed."""
        return [self._entries[target] for target in targets if target in self._entries]

    def count_written(self, targets: Sequence[Planned]) -> int:
        """How many of the targets were written."""
        return sum("output" in entry for entry in self.entries_of(targets))


def _disk_is_full(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, OSError) and error.errno in _FULL:
            return True
        error = error.__cause__
    return False
