"""The PostgreSQL server that comes with the project, for machines that have none.

A command that needs the database writes::

    with EmbeddedPostgres(folder) as server:
        engine = create_async_engine(server.url(database="app"))

The server belongs to a *supervisor*, a process of its own (`supervisor.py`). Every command holds a
shared lock on a file of the data folder for as long as it uses the server; commands that run at the
same time share one server. When the last lock is released, by leaving the block or by any kind of
death, the supervisor stops the server and ends. No process is left behind, and the next start
recovers from whatever happened.

It listens on a Unix socket in a folder that only its own account can enter, never on the network.
"""

from app.adapters.embedded.errors import EmbeddedPostgresUnavailable
from app.adapters.embedded.server import EmbeddedPostgres

__all__ = ["EmbeddedPostgres", "EmbeddedPostgresUnavailable"]
