"""How a run ends when it is told to: the first time in order, with its report; the second time at once."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Generator
from contextlib import contextmanager
from types import FrameType

_STOPPING = (signal.SIGINT, signal.SIGTERM)  # Ctrl-C; what service managers and schedulers send


class Told(KeyboardInterrupt):
    """Raised in the main thread where a signal ends the run. code: of exit as shells expect it, 128 + its number."""

    def __init__(self, number: int) -> None:
        super().__init__(signal.Signals(number).name)
        self.code = 128 + number


def end_at_once_when_told() -> None:
    """Let the signals end this process from now on, with a line and the exit code that shells expect.

    For a process of our own, before and after the work: an exception raised while torch is imported, or while its
    threads end, can come out as a traceback of C code or as an abort.
    """

    for each in _STOPPING:
        signal.signal(each, _end)


def _end(number: int, frame: FrameType | None) -> None:
    os.write(2, b"gpen: stopped at once.\n")  # print is not to be called again within a print
    os._exit(128 + number)


@contextmanager
def stopping_in_order() -> Generator[None, None, None]:
    """Within, the first signal raises `Told` and the second ends the process; before and after, all is as it was.

    Does nothing in another than the main thread, where Python takes no signals.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(number: int, frame: FrameType | None) -> None:
        for each in _STOPPING:
            signal.signal(each, _end)
        raise Told(number)

    before = {each: signal.signal(each, stop) for each in _STOPPING}
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
