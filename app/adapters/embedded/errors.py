"""What goes wrong when no server can be had."""


class EmbeddedPostgresUnavailable(RuntimeError):
    """The embedded server cannot be used here; the message says why and what to do about it."""


SET_DATABASE_URL = (
    "To use a PostgreSQL server (15 or later) of your own instead, set DATABASE_URL, for example "
    "to postgresql+asyncpg://user:password@localhost/app."
)
