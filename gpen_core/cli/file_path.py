"""Paths as arguments."""

from __future__ import annotations

import argparse
from pathlib import Path


def file_path(text: str) -> Path:
    """The path an argument names. Not an empty one, as of an unset variable: it would mean the current folder."""
    if not text.strip():
        raise argparse.ArgumentTypeError("the path is empty; write . for the current folder")
    return Path(text)
