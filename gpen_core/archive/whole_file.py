"""Text files that are there whole or not at all."""

from __future__ import annotations

import os
import uuid
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from ..errors import GPENError


@contextmanager
def writing_whole(path: Path) -> Generator[TextIO, None, None]:
    """A file to write; it takes its place, on the disk, when all has been written. Its folder is made.

    Raises GPENError where that fails.
    """
    part = path.with_name(f".{uuid.uuid4().hex}.part")  # no name that somebody could have taken or foreseen
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with part.open("x", encoding="utf-8") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
    except OSError as error:
        raise GPENError(f"{path} cannot be written: {error.strerror or error}.\nChoose another folder.") from error
