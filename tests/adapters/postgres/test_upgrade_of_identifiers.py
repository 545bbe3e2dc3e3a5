"""Credential data of the first release that name one student identifier twice."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from app.adapters.postgres.migrate import upgrade
from app.domain.ids import new_id
from tests.adapters.postgres.test_upgrade_of_editions import INSERT as EDITION
from tests.adapters.postgres.test_upgrade_of_editions import NOW, PLAIN
from tests.adapters.postgres.test_upgrade_of_editions import released as released  # a fixture

PERSON = """
INSERT INTO person (id, full_name, email, email_folded, name_key, email_verified, language)
VALUES (:id, 'Ana', :text, :text, 'ana', false, 'en')
"""
REGISTRATION = """
INSERT INTO registration (id, edition, person, state, reason, received_at, source, rank, stated,
    bucket, registered_by, privacy_notice_at, answers_at, created_at, warnings, identity_decided,
    version)
VALUES (:id, :edition, :person, 'completed', 'passed', :at, 'api', :text, 'UNIOVI',
    'UNIOVI', 'anonymous', :at, :at, :at, '[]', false, 1)
"""
DATA = """
INSERT INTO credential_data (registration, edition, full_name, student_identifier, birth_date,
    confirmed_at, version)
VALUES (:id, :edition, 'Ana', :number, '1990-05-17', :at, 1)
"""
ESI = "urn:schac:personalUniqueCode:int:esi:uniovi.es:"


async def test_who_stated_an_identifier_first_keeps_it_and_the_others_are_asked_anew(
    released: AsyncEngine,
) -> None:
    editions = [new_id(), new_id()]
    ana, ben, eva = (new_id() for _ in range(3))
    stated: list[tuple[UUID, UUID, str | None, int]] = [
        (ana, editions[0], ESI + "UO1", 2),
        (ana, editions[1], ESI + "uo1", 3),
        (ben, editions[0], ESI + "uo1", 4),
        (ben, editions[1], ESI + "UO2", 1),
        (eva, editions[0], "UO1", 0),
        (eva, editions[1], None, 0),
    ]
    registrations = [new_id() for _ in stated]
    async with released.begin() as connection:
        for number, edition in enumerate(editions):
            given = {
                "id": edition, "code": f"IMC-{number}", "state": "completed", "mode": "direct",
                "quota": PLAIN, "opens": NOW, "closes": NOW + timedelta(days=10),
            }  # fmt: skip
            await connection.execute(text(EDITION), given)
        for person in (ana, ben, eva):
            await connection.execute(text(PERSON), {"id": person, "text": str(person)})
        for one, (person, edition, named, hour) in zip(registrations, stated, strict=True):
            at = NOW + timedelta(hours=hour)
            here = {"id": one, "edition": edition, "at": at}
            await connection.execute(
                text(REGISTRATION), {**here, "person": person, "text": str(one)}
            )
            await connection.execute(text(DATA), {**here, "number": named})
    await upgrade(released)
    async with released.begin() as connection:
        contested = await connection.execute(
            text("SELECT registration FROM credential_data WHERE contested")
        )
        held = await connection.execute(
            text("SELECT identifier, registration FROM student_identifier ORDER BY identifier")
        )
        assert list(contested.scalars()) == [registrations[2]]
        assert [tuple(row) for row in held] == [
            (f"{ESI}uo1".lower(), registrations[0]),
            (f"{ESI}uo2".lower(), registrations[3]),
        ]
