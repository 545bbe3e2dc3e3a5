"""Which data `python -m app run` serves, and how that is said when it starts."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from app.settings import Settings

_CLUSTER = "cluster"
"""What a folder has in which the embedded server keeps a database (app/adapters/embedded)."""


class NotBoth(Exception):
    """A folder is named beside a database that lies in none."""


@dataclass(frozen=True)
class Served:
    """The data that are served."""

    said: str
    """What they are, in one line."""
    folder: Path | None = None
    """Of the embedded database; None: `DATABASE_URL` names another."""
    data_dir: Path | None = None
    """Where keys, mail and files lie."""
    run: Path | None = None
    """The demonstration's run that they are of."""


def served(
    settings: Settings,
    named: Path | None,
    *,
    data_dir_named: bool,
    last_run: Callable[[], Path | None],
    play: Callable[[], Path | None],
) -> Served | None:
    """What is served: whatever is named before what only happens to be there.

    `named` is a folder of an embedded database, as `serve --folder` takes it, or one that has such
    a folder `postgres` beside keys and mail, as a run of the demonstration does. `data_dir_named`
    says that `MC_DATA_DIR` was given. The demonstration is played only where nothing was named and
    none was played before; None when it fails. Raises NotBoth.
    """
    if settings.database_url is not None:
        if named is not None:
            raise NotBoth
        return Served("the database that DATABASE_URL names", data_dir=settings.data_dir)
    if named is not None:
        inner = named / "postgres"
        if _has_database(inner) and not _has_database(named):
            return Served(_said(inner), inner, named)
        return Served(_said(named), named, settings.data_dir)
    own = settings.data_dir / "postgres"
    run = last_run()
    if run is None and data_dir_named:
        return Served(_said(own), own, settings.data_dir)
    run = run or play()
    if run is None:
        return None
    return Served(f"the data of the last demonstration, in {run}", run / "postgres", run, run)


def _said(folder: Path) -> str:
    if _has_database(folder):
        return f"the database in {folder}"
    return f"a new database in {folder}, with reference data alone"


def _has_database(folder: Path) -> bool:
    return (folder / _CLUSTER).is_dir()
