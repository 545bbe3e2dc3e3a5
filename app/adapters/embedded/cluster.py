"""The PostgreSQL data: made once, checked at every start."""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import IO

from app.adapters.embedded.account import Account, end_with_parent
from app.adapters.embedded.binaries import Binaries
from app.adapters.embedded.errors import SET_DATABASE_URL, EmbeddedPostgresUnavailable
from app.adapters.embedded.folder import SUPERUSER, DataFolder

OLDEST_MAJOR = 15

# The way to the data for an account that cannot walk to them: PostgreSQL stays in its data folder,
# and this name leads there without passing the folders above it.
_HERE = "/proc/self/cwd"

# Earlier ones leave their working folder for a moment and find the way back by its path.
_OLDEST_MAJOR_FOR_ROOT = 16


def address(cluster: Path, account: Account) -> tuple[str, str]:
    """The name under which the server finds its data, and the folder to start it in.

    The data may lie below a folder that is closed to the server's account, such as root's home.
    """
    if account.drop and sys.platform == "linux":
        return _HERE, str(cluster)
    return str(cluster), "/"


def ensure_cluster(
    folder: DataFolder,
    binaries: Binaries,
    major: int,
    account: Account,
    *,
    durable: bool,
    owner_lock: int,
    log: IO[bytes],
) -> None:
    """Make the data if there are none, else see that this version of PostgreSQL can read them.

    The data are made beside their place and moved there when complete, so a start that was killed
    half-way leaves nothing that looks finished. Raises EmbeddedPostgresUnavailable with the reason.
    """
    if major < OLDEST_MAJOR:
        raise EmbeddedPostgresUnavailable(
            f"PostgreSQL {OLDEST_MAJOR} or later is needed; the programs in {binaries.bindir} are "
            f"version {major}. Set PG_BINDIR to those of a newer one, or unset it. "
            f"{SET_DATABASE_URL}"
        )
    if account.drop and major < _OLDEST_MAJOR_FOR_ROOT:
        raise EmbeddedPostgresUnavailable(
            f"The programs of PostgreSQL {major} in {binaries.bindir} do not find data in a folder "
            f"that is closed to them, and root's are. Run the command as an ordinary user, or set "
            f"PG_BINDIR to the programs of {_OLDEST_MAJOR_FOR_ROOT} or later. {SET_DATABASE_URL}"
        )
    if folder.cluster.exists():
        _check_version(folder.cluster, major)
        return
    unfinished = folder.cluster.with_name("cluster.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(mode=0o700)
    account.give(unfinished)
    data, start_in = address(unfinished, account)
    command = [
        str(binaries.program("initdb")),
        *("-D", data, "-U", SUPERUSER, "--encoding=UTF8"),
        # Whoever may enter the socket's folder is trusted, and nobody comes over the network.
        *("--auth-local=trust", "--auth-host=reject"),
        *_locale(major),
    ]
    if not durable:
        command.append("--no-sync")
    done = subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=log,
        check=False,
        cwd=start_in,
        env=binaries.environment(),
        pass_fds=(owner_lock,),
        preexec_fn=end_with_parent(signal.SIGKILL),  # the supervisor has one thread
        **account.popen_arguments(),
    )
    if done.returncode != 0:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise EmbeddedPostgresUnavailable(
            f"PostgreSQL could not make its data in {folder.root}. It said:\n{folder.log_tail()}\n"
            f"{SET_DATABASE_URL}"
        )
    unfinished.rename(folder.cluster)
    if durable:
        # Else, after a loss of power, good data could stand under the unfinished name.
        _sync(folder.root)


def discard_stale_pid_file(cluster: Path) -> None:
    """Remove the pid file of a killed server: its number may be another process's by now.

    To be called only under the owner's lock, which every process of an embedded server holds: with
    it in hand, none of them is left. A server that somebody started by hand on the same data is
    told apart by the folder it works in, and is left alone.
    """
    pid_file = cluster / "postmaster.pid"
    try:
        pid = int(pid_file.read_text(encoding="ascii").split()[0])
    except (OSError, ValueError, IndexError):
        return
    if sys.platform != "linux":
        return  # PostgreSQL's own test has to do
    try:
        works_in = Path(f"/proc/{pid}/cwd").stat()
    except OSError:
        works_in = None
    if works_in is not None and os.path.samestat(works_in, cluster.stat()):
        raise EmbeddedPostgresUnavailable(
            f"Process {pid} is a PostgreSQL server that was started by hand on the data in "
            f"{cluster}. Stop it first (kill -INT {pid})."
        )
    pid_file.unlink(missing_ok=True)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _check_version(cluster: Path, major: int) -> None:
    try:
        made_by = (cluster / "PG_VERSION").read_text(encoding="ascii").strip()
    except OSError as error:
        raise EmbeddedPostgresUnavailable(
            f"The folder {cluster} holds no readable PostgreSQL data ({error.strerror}). Move it "
            "away or delete it; a new one is made at the next start."
        ) from error
    if made_by != str(major):
        raise EmbeddedPostgresUnavailable(
            f"The data in {cluster} were made by PostgreSQL {made_by}, and the programs here are "
            f"version {major}. Delete the folder to begin anew (demonstration data), or set "
            f"PG_BINDIR to the programs of version {made_by} and take a dump first."
        )


def _locale(major: int) -> tuple[str, ...]:
    # Fixed, so that order and case do not depend on who starts the server where. Both kinds order
    # by code point.
    if major >= 17:
        return ("--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8")
    return ("--locale=C", "--locale-provider=libc", "--lc-ctype=C.UTF-8")
