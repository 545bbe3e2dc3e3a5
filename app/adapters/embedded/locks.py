"""Advisory locks on files, which the kernel releases however their holder ends.

A lock belongs to the *open file*, not to the process: a child that inherits the descriptor holds it
too. That is used on purpose for the owner's lock, see `supervisor.py`.
"""

import errno
import os
import sys
from pathlib import Path

if sys.platform != "win32":
    import fcntl


def open_lock(path: Path) -> int:
    """Open (and make, if need be) the lock file at `path` and return its descriptor, not yet
    locked.

    Raises OSError when the file can be neither opened nor made.
    """
    try:
        # Reading is enough to lock, so a file made by another account still serves.
        return os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return os.open(path, os.O_RDONLY | os.O_CREAT | os.O_CLOEXEC, 0o644)


def lock_exclusively(descriptor: int) -> None:
    """Take the lock for oneself alone, waiting for as long as others hold it."""
    fcntl.flock(descriptor, fcntl.LOCK_EX)


def try_lock(descriptor: int, *, exclusive: bool) -> bool:
    """Take the lock if nobody is in the way; return whether it was taken. Never waits."""
    kind = fcntl.LOCK_EX if exclusive else fcntl.LOCK_SH
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in (errno.EWOULDBLOCK, errno.EACCES):
            return False
        raise
    return True
