"""What can be wrong with a clip."""

from __future__ import annotations

from ..errors import GPENError


class ClipError(GPENError):
    """A clip cannot be found, read or written."""

    __module__ = "gpen_core.video"


class ClipExistsError(ClipError):
    """The file to be written is already there."""

    __module__ = "gpen_core.video"
