"""Exceptions whose text tells the user what happened, what was expected and what to do."""

from __future__ import annotations


class GPENError(Exception):
    """Base of every error this package raises on purpose.

    The first line is short and complete; advice follows on the next lines.
    """

    __module__ = "gpen_core"  # where it is imported from; ComfyUI would show the path of the pack's folder


class CheckpointError(GPENError):
    """A weight file cannot be read or is not what was expected."""

    __module__ = "gpen_core"
