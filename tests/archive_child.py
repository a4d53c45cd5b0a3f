"""`gpen` in a process of its own, with two made-up faces in every picture, which is killed at a moment that is given.

A moment is "before", "within" or "after" and "line" (of the journal) or "picture"; it dies at the given one of them
that is written. The processes are forked from one that has imported all this, which takes seconds.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any, NoReturn

from faces import FixedDetector, made_up_face

import gpen_core.archive.worker as worker
from gpen_core.archive.journal import Journal
from gpen_core.cli import main


def die() -> NoReturn:
    os.kill(os.getpid(), signal.SIGKILL)
    raise SystemExit("still alive")


def doomed(real: Callable[..., Any], moment: str, number: int, within: Callable[..., None]) -> Callable[..., Any]:
    """The function, until it is called for the given time."""
    calls = count(1)

    def call(*args: Any, **options: Any) -> Any:
        last = next(calls) == number
        if last and moment == "before":
            die()
        if last and moment == "within":
            within(*args)
            die()
        result = real(*args, **options)
        if last:
            die()
        return result

    return call


def half_a_line(journal: Journal, line: bytes) -> None:
    os.write(journal._file, line[: len(line) // 2])


def half_a_picture(path: Path, *args: Any) -> None:
    path.with_name(".half.part").write_bytes(b"\x89PNG\r\n")


def main_until(moment: str, number: int, words: list[str], folder: str, output: str) -> None:
    """Run gpen in a folder until the moment; all that is printed goes to the file `output`."""
    os.chdir(folder)
    file = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(file, 1)
    os.dup2(file, 2)
    when, _, what = moment.partition(" ")
    if what == "line":
        Journal._write = doomed(Journal._write, when, number, half_a_line)
    elif what == "picture":
        worker.write_picture = doomed(worker.write_picture, when, number, half_a_picture)
    worker.make_detector = lambda name, device: FixedDetector(made_up_face(40, 40, size=30), made_up_face(120, 40))
    code = main(words)
    sys.stdout.flush()
    os._exit(code)
