"""Credentials of the first release, brought to the schema of today."""

from datetime import UTC, datetime
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from app import reactions
from app.adapters.postgres.migrate import upgrade
from app.adapters.postgres.outbox import PostgresOutbox
from app.adapters.postgres.unit_of_work import PostgresWork
from app.domain.access.roles import SYSTEM
from app.domain.clock import SystemClock
from app.domain.credentials.status import Channel, DeliveryState
from app.domain.credentials.status_list import ENTRIES, StatusPurpose
from app.domain.ids import new_id
from tests.adapters.postgres.test_upgrade_of_editions import released as released  # a fixture

SEALED = datetime(2026, 1, 31, 9, 30, 15, tzinfo=UTC)
BATCH = UUID(int=1)
BATCHES = """
INSERT INTO issuing_batch (id, edition, proposal, proposal_version, certified_hash, issuer,
    certificate_sha256, development, not_ready, prepared_by, prepared_at, state, approved_by,
    version)
VALUES (:id, :id, :id, 1, 'h', 'UNIOVI', 'c', true, 0, gen_random_uuid(), :at, 'finished',
    gen_random_uuid(), 3)
"""
CREDENTIAL = """
INSERT INTO credential (id, registration, edition, proposal, proposal_version, issuer, batch,
    title, state, since, prepared_by, approved_by, sha256, sealed_at, development, languages,
    version)
VALUES (:id, gen_random_uuid(), :batch, :batch, 1, 'UNIOVI', :batch, '{"en": "A course"}',
    'sealed', :at, gen_random_uuid(), gen_random_uuid(), repeat('ab', 32), :at, true, '["en"]', 1)
"""
SOURCE = """
INSERT INTO credential_source (credential, award, specification, certified_hash)
VALUES (:id, '{}', :hash, 'h')
"""
SPECIFICATION = "INSERT INTO issuing_specification VALUES (:hash, CAST(:content AS jsonb))"
ITEM = "INSERT INTO issuing_batch_item VALUES (:batch, :id, 'a')"
DELIVERY = "INSERT INTO credential_delivery VALUES (:id, 'email', 'delivered', :at)"


@pytest.mark.parametrize(
    ("period", "until"),
    [
        ("P2Y", datetime(2028, 1, 31, 9, 30, 15, tzinfo=UTC)),
        ("P1M", datetime(2026, 2, 28, 9, 30, 15, tzinfo=UTC)),
        (None, None),
        ("for ever", None),
    ],
)
async def test_credentials_of_the_release_get_places_and_the_end_that_they_state(
    released: AsyncEngine, period: str | None, until: datetime | None
) -> None:
    credentials = [new_id() for _ in range(40)]
    value = "null" if period is None else f'"{period}"'
    content = f'{{"academic": {{"validity_period": {value}}}}}'
    async with released.begin() as connection:
        await connection.execute(text(BATCHES), {"id": BATCH, "at": SEALED})
        await connection.execute(text(SPECIFICATION), {"hash": "s", "content": content})
        for credential in credentials:
            given = {"id": credential, "batch": BATCH, "at": SEALED, "hash": "s"}
            for statement in (CREDENTIAL, SOURCE, DELIVERY, ITEM):
                await connection.execute(
                    text(statement),
                    {name: one for name, one in given.items() if f":{name}" in statement},
                )
    await upgrade(released)
    async with PostgresWork(
        released, PostgresOutbox(reactions.NAMES), SystemClock(), SYSTEM, "test"
    ) as work:
        kept = [await work.credentials.read(credential) for credential in credentials]
        places = [p for c in credentials for p in await work.status_lists.places(c)]
        (delivery,) = await work.credentials.deliveries(credentials[0])
        lists = {place.list: await work.status_lists.read(place.list) for place in places}
        batch = await work.batches.read(BATCH)
    assert {credential.valid_until for credential in kept} == {until}
    assert len({(place.list, place.position) for place in places}) == 80
    assert {found.purpose for found in lists.values()} == set(StatusPurpose)
    assert {(found.size, len(found.positions)) for found in lists.values()} == {(ENTRIES, 0)}
    assert (delivery.channel, delivery.state, delivery.attempts) == (
        Channel.EMAIL,
        DeliveryState.DELIVERED,
        1,
    )
    assert (batch.scheduled_for, batch.cancel_requested, batch.is_reissue) == (None, False, False)
