"""How long work tells its caller how far it is."""

from __future__ import annotations

from collections.abc import Callable

# Called with what is done and with what there is in all, None where that is unknown. What it raises stops the work.
Progress = Callable[[int, int | None], None]
