"""A lock on an open file, which the system drops when the process ends, however it ends."""

from __future__ import annotations

import errno
import os
import sys

_HELD = (errno.EACCES, errno.EAGAIN, errno.EDEADLK)
_FAR = 1 << 62  # a byte that no file has: Windows lets nobody read what is locked

if sys.platform == "win32":
    import msvcrt

    def _lock(descriptor: int) -> None:
        before = os.lseek(descriptor, 0, os.SEEK_CUR)
        os.lseek(descriptor, _FAR, os.SEEK_SET)
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        finally:
            os.lseek(descriptor, before, os.SEEK_SET)

else:
    import fcntl

    def _lock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


class HeldError(Exception):
    """Somebody else holds the lock."""


def lock(descriptor: int) -> bool:
    """Lock a file until it is closed. Returns False where the file system knows no locks. Raises HeldError, at once."""
    try:
        _lock(descriptor)
    except OSError as error:
        if error.errno in _HELD:
            raise HeldError from error
        return False
    return True
