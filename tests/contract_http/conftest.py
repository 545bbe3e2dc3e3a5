"""One world for all that is let loose on it."""

from collections.abc import AsyncIterator

import pytest

from app.adapters.embedded import EmbeddedPostgres
from tests.contract_http.world import World, world_on


@pytest.fixture(scope="session")
async def world(
    server: EmbeddedPostgres, template: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[World]:
    """The story on a database of its own."""
    server.create_database("contract", template=template)
    folder = tmp_path_factory.mktemp("contract")
    async with world_on(server.url(database="contract"), folder) as told:
        yield told
    server.drop_database("contract")
