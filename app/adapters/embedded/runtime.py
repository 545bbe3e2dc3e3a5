"""The short-lived folder of one running server, under a temporary folder of the system.

It holds the folder of the socket, which needs a short path (the kernel allows a socket's path 107
bytes, and a checkout may lie deep), and as root, where necessary, a copy of the programs.
"""

import os
import re
import shutil
import stat
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from app.adapters.embedded.account import Account
from app.adapters.embedded.binaries import Binaries
from app.adapters.embedded.errors import SET_DATABASE_URL, EmbeddedPostgresUnavailable
from app.adapters.embedded.folder import PORT

PREFIX = "ingenium-pg-"
_LONGEST_SOCKET_PATH = 103  # macOS; Linux allows 107
# What a connection URL can carry unquoted, and no list separator among it.
_PLAIN_PATH = re.compile(r"[A-Za-z0-9/_.+-]+")


@dataclass(frozen=True)
class RuntimeFolder:
    """The folder, and within it the folder of the socket."""

    root: Path

    @property
    def socket_dir(self) -> Path:
        """Folder of the server's socket; only the server's account (and root) may enter it."""
        return self.root / "s"

    def remove(self) -> None:
        """Delete the folder with all that is in it; what cannot be deleted stays."""
        shutil.rmtree(self.root, ignore_errors=True)


def make_runtime_folder(account: Account) -> RuntimeFolder:
    """Make a new runtime folder that `account` can use.

    Raises EmbeddedPostgresUnavailable when no temporary folder will do.
    """
    for parent in dict.fromkeys((tempfile.gettempdir(), "/tmp", "/var/tmp", "/run", "/dev/shm")):  # noqa: S108
        longest = len(f"{parent}/{PREFIX}12345678/s/.s.PGSQL.{PORT}.lock")
        if longest > _LONGEST_SOCKET_PATH or not _PLAIN_PATH.fullmatch(parent):
            continue
        try:
            root = Path(tempfile.mkdtemp(prefix=PREFIX, dir=parent))
        except OSError:
            continue
        folder = RuntimeFolder(root)
        if account.drop:
            root.chmod(0o711)  # to pass through, not to look into; the socket's folder is closed
        folder.socket_dir.mkdir(mode=0o700)
        account.give(folder.socket_dir)
        if _can_enter(account, folder.socket_dir):
            return folder
        folder.remove()
    raise EmbeddedPostgresUnavailable(
        f"PostgreSQL needs a temporary folder with a short path that user {account.uid} may use, "
        f"and neither {tempfile.gettempdir()} nor /tmp will do. Set TMPDIR to one. "
        f"{SET_DATABASE_URL}"
    )


def remove_leftover(path: Path, account: Account) -> None:
    """Remove the runtime folder that a killed supervisor has left, if `path` really is one."""
    try:
        status = path.lstat()
    except OSError:
        return
    ours = stat.S_ISDIR(status.st_mode) and status.st_uid in (os.geteuid(), account.uid)
    if ours and path.name.startswith(PREFIX):
        RuntimeFolder(path).remove()


def runnable(binaries: Binaries, account: Account, folder: RuntimeFolder) -> tuple[Binaries, int]:
    """Programs that `account` can run, and their major version: those given, or a copy in `folder`.

    A checkout under root's closed home cannot be entered by the account, and opening the way to it
    for everybody is not ours to do. Raises EmbeddedPostgresUnavailable when it cannot be arranged.
    """
    try:
        return binaries, binaries.major_version(account)
    except PermissionError as error:
        if binaries.from_setting or not account.drop:
            raise EmbeddedPostgresUnavailable(
                f"User {account.uid} may not run the PostgreSQL programs in {binaries.bindir} "
                f"({error}). Make them readable, or set PG_BINDIR to another installation's. "
                f"{SET_DATABASE_URL}"
            ) from error
    copy = binaries.copied_into(folder.root)
    try:
        return copy, copy.major_version(account)
    except PermissionError as error:
        raise EmbeddedPostgresUnavailable(
            f"Programs cannot be run from {folder.root.parent}. Set TMPDIR to a folder that "
            f"allows it. {SET_DATABASE_URL}"
        ) from error


def _can_enter(account: Account, folder: Path) -> bool:
    if not account.drop:
        return True
    # Asked of the system itself: modes alone do not tell what access lists and mounts allow.
    answer = subprocess.run(
        ["/bin/sh", "-c", 'cd "$1" && [ -w . ]', "sh", str(folder)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=False,
        cwd="/",
        env={},
        **account.popen_arguments(),
    )
    return answer.returncode == 0
