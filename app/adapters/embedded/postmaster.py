"""One running PostgreSQL server, as a child of the supervisor."""

import logging
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import IO

from app.adapters.embedded.account import Account, end_with_parent
from app.adapters.embedded.binaries import Binaries
from app.adapters.embedded.cluster import address
from app.adapters.embedded.folder import PORT

log = logging.getLogger(__name__)

_READY_LINE = 7  # of postmaster.pid, counted from 0
# How long each way of stopping may take before the next: finish at once, drop everything, be
# killed.
_STOPPING = ((signal.SIGINT, 20.0), (signal.SIGQUIT, 5.0), (signal.SIGKILL, 5.0))

_SERVER_SETTINGS = {
    "listen_addresses": "",
    "port": str(PORT),
    "unix_socket_permissions": "0700",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "cluster_name": "ingenium",
    "log_destination": "stderr",
    "logging_collector": "off",
}
_NOT_DURABLE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class Postmaster:
    """A started server. It is asked to stop by the kernel should its parent die."""

    def __init__(
        self,
        binaries: Binaries,
        account: Account,
        cluster: Path,
        socket_dir: Path,
        *,
        durable: bool,
        owner_lock: int,
        output: IO[bytes],
    ) -> None:
        self._cluster = cluster
        data, start_in = address(cluster, account)
        settings = _SERVER_SETTINGS | {"unix_socket_directories": str(socket_dir)}
        if not durable:
            settings |= _NOT_DURABLE
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        self._process = subprocess.Popen(
            [str(binaries.program("postgres")), "-D", data, *options],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd=start_in,
            env=binaries.environment(),
            # A key press in the terminal must not stop the database before the application has
            # drained.
            start_new_session=True,
            # Held by every process of the server: while one of them is left, nobody starts another.
            pass_fds=(owner_lock,),
            preexec_fn=end_with_parent(signal.SIGINT),  # the supervisor has one thread
            **account.popen_arguments(),
        )
        self._watch = None if sys.platform == "linux" else stop_with_this_process(self._process.pid)

    @property
    def pid(self) -> int:
        """Process number of the server's main process."""
        return self._process.pid

    def has_ended(self) -> bool:
        """Whether the main process is gone."""
        return self._process.poll() is not None

    def wait_until_ready(self, patience: float) -> bool:
        """Wait until connections are answered; False when the server ended, or needs over
        `patience` seconds.
        """
        deadline = time.monotonic() + patience
        while not self.has_ended():
            if self._says_ready():
                return True
            if time.monotonic() > deadline:
                return False
            time.sleep(0.01)
        return False

    def stop(self) -> None:
        """Stop the server: connections are cut, what was committed stays. Harder means follow if it
        hangs.
        """
        if self._watch:
            self._watch.kill()
            self._watch.wait()
        for number, patience in _STOPPING:
            if self.has_ended():
                return
            self._process.send_signal(number)
            try:
                self._process.wait(patience)
            except subprocess.TimeoutExpired:
                log.warning("the server did not stop within %g s of %s", patience, number.name)

    def _says_ready(self) -> bool:
        try:
            lines = (self._cluster / "postmaster.pid").read_text(encoding="utf-8").splitlines()
        except OSError:
            return False
        return (
            len(lines) > _READY_LINE
            and lines[0].strip() == str(self.pid)
            and lines[_READY_LINE].strip() == "ready"
        )


def stop_with_this_process(pid: int) -> subprocess.Popen[bytes]:
    """Have `pid` stopped when this process ends, where the kernel does not see to it.

    The shell waits for the end of a pipe that only this process holds open.
    """
    return subprocess.Popen(
        ["/bin/sh", "-c", 'cat >/dev/null; kill -INT "$1"', "sh", str(pid)],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        cwd="/",
    )
