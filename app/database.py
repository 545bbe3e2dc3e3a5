"""The database of a command: the server that DATABASE_URL names, or the embedded one."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncEngine

from app.adapters.embedded import EmbeddedPostgres
from app.adapters.identity.local import ISSUER, PEOPLE
from app.adapters.postgres import migrate
from app.adapters.postgres.engine import make_engine
from app.adapters.postgres.outbox import PostgresOutbox
from app.adapters.postgres.seed import seed_institutions
from app.adapters.postgres.unit_of_work import PostgresWork
from app.domain.access.ports import Identity
from app.domain.access.roles import SYSTEM, Role, Subject
from app.domain.access.use_cases import grant_role
from app.domain.clock import SystemClock
from app.settings import Settings

DATABASE = "microcredentials"


@contextmanager
def database(settings: Settings, folder: Path) -> Iterator[str]:
    """The URL of the database; the embedded server runs for as long as the block lasts."""
    if settings.database_url is not None:
        yield settings.database_url
        return
    with EmbeddedPostgres(folder) as server:
        if not server.database_exists(DATABASE):
            server.create_database(DATABASE)
        yield server.url(database=DATABASE)


def prepare(url: str, settings: Settings) -> None:
    """Bring schema and reference data up to date; in development, give demo people their roles."""

    async def run() -> None:
        engine = make_engine(url, pool_size=2)
        try:
            await migrate.upgrade(engine)
            await seed_institutions(engine)
            if not settings.is_production:
                await grant_demo_roles(engine)
        finally:
            await engine.dispose()

    asyncio.run(run())


async def grant_demo_roles(engine: AsyncEngine) -> None:
    """Give the demo people the roles that they do not hold yet."""
    clock = SystemClock()

    def work() -> PostgresWork:
        return PostgresWork(engine, PostgresOutbox({}), clock, SYSTEM, "create_grant")

    for person in PEOPLE:
        subject = Subject(ISSUER, f"demo:{person.name}")
        async with work() as looking:
            caller = await looking.accounts.caller(Identity(subject), at=clock.now(), trace_id="")
        held = {(grant.role.value, grant.institution) for grant in caller.grants}
        for role, institution in person.roles:
            if (role, institution) not in held:
                await grant_role(
                    subject,
                    Role(role),
                    institution,
                    None,
                    None,
                    work=work(),
                    caller=None,
                    clock=clock,
                )
