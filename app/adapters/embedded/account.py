"""Whose rights the server runs with. PostgreSQL refuses to run as root."""

import ctypes
import os
import pwd
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.adapters.embedded.errors import SET_DATABASE_URL, EmbeddedPostgresUnavailable

_CANDIDATES = ("postgres", "nobody")
_PR_SET_PDEATHSIG = 1


@dataclass(frozen=True)
class Account:
    """User and group of the server's processes. `drop` says that the caller is root and steps down
    to them.
    """

    uid: int
    gid: int
    drop: bool

    def popen_arguments(self) -> dict[str, Any]:
        """Arguments for `subprocess` that start a child, and only that child, as this account."""
        return {"user": self.uid, "group": self.gid, "extra_groups": []} if self.drop else {}

    def give(self, path: Path) -> None:
        """Make this account the owner of `path` itself (not of its parents or contents).

        Raises EmbeddedPostgresUnavailable where root may not do that, as in some containers.
        """
        if not self.drop:
            return
        try:
            os.chown(path, self.uid, self.gid)
        except OSError as error:
            raise EmbeddedPostgresUnavailable(
                f"PostgreSQL does not run as root, and root may not hand {path} to user "
                f"{self.uid} here ({error.strerror}). Run the command as an ordinary user. "
                f"{SET_DATABASE_URL}"
            ) from error


def account_for(cluster: Path) -> Account:
    """The account for the data in `cluster`: the caller's own, or for root one without privileges.

    Data that exist keep their owner, and new data in an ordinary user's folder are that user's, so
    that root can help out without locking the user out.

    Raises EmbeddedPostgresUnavailable when the system does not know the account by name, which
    PostgreSQL needs to make new data.
    """
    if os.geteuid() != 0:
        if not cluster.exists() and not _is_known(os.geteuid()):
            raise EmbeddedPostgresUnavailable(
                f"PostgreSQL cannot make its data as user {os.geteuid()}, which has no name on "
                "this system. Add a line for it to /etc/passwd, or run as another user. "
                f"{SET_DATABASE_URL}"
            )
        return Account(os.geteuid(), os.getegid(), drop=False)
    for existing in (cluster, cluster.parent):
        if existing.exists() and (owner := existing.stat()).st_uid != 0:
            return Account(owner.st_uid, owner.st_gid, drop=True)
    for name in _CANDIDATES:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(entry.pw_uid, entry.pw_gid, drop=True)
    raise EmbeddedPostgresUnavailable(
        "PostgreSQL does not run as root, and there is neither a user `postgres` nor a user "
        "`nobody` to run it as. Run the command as an ordinary user, or add one of the two. "
        f"{SET_DATABASE_URL}"
    )


def _is_known(uid: int) -> bool:
    try:
        pwd.getpwuid(uid)
    except KeyError:
        return False
    return True


def end_with_parent(signal_number: signal.Signals) -> Callable[[], None] | None:
    """A `preexec_fn` after which the kernel sends the child `signal_number` when its parent dies.

    None where the kernel cannot do that (everything but Linux). Only for single-threaded parents:
    the kernel takes the *thread* that started the child for its parent.
    """
    if sys.platform != "linux":
        return None
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    parent = os.getpid()

    def arrange() -> None:
        prctl(_PR_SET_PDEATHSIG, int(signal_number))
        if os.getppid() != parent:  # it died before the line above
            os.kill(os.getpid(), signal.SIGKILL)

    return arrange
