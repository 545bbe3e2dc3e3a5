"""The connection pool."""

from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine


def make_engine(url: str, *, pool_size: int = 10, behind_pgbouncer: bool = False) -> AsyncEngine:
    """A pool on a `postgresql+asyncpg://` URL.

    `behind_pgbouncer` switches prepared statements off, which transaction pooling cannot keep.
    Parameters never show in errors or logs: they are people's data.
    """
    options = {"statement_cache_size": 0} if behind_pgbouncer else {}
    return create_async_engine(
        url,
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=30,
        pool_pre_ping=False,
        # The connection that was used last has its plans at hand.
        pool_use_lifo=True,
        hide_parameters=True,
        connect_args={
            "server_settings": {"timezone": "UTC", "application_name": "microcredentials"},
            **options,
        },
    )
