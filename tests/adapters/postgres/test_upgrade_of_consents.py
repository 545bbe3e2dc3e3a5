"""Agreements to what a form asks, of registrations that were made before it was kept when they were
given or taken back here."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from app.adapters.postgres.migrate import upgrade
from app.domain.ids import new_id
from tests.adapters.postgres.test_upgrade_of_editions import INSERT as EDITION
from tests.adapters.postgres.test_upgrade_of_editions import NOW, PLAIN, bring_to
from tests.adapters.postgres.test_upgrade_of_editions import released as released  # a fixture
from tests.adapters.postgres.test_upgrade_of_identifiers import PERSON

REGISTRATION = """
INSERT INTO registration (id, edition, person, state, reason, received_at, source, rank, stated,
    bucket, registered_by, privacy_notice_at, answers_at, created_at, warnings, identity_decided,
    version, imported_by)
VALUES (:id, :edition, :person, 'waiting', 'provisional', :at, 'forms', :text, 'UNIOVI',
    'UNIOVI', 'anonymous', :at, :at, :at, '[]', false, 1, :import)
"""
BEFORE = "0021"
EARLIER, ANSWERED, LATER = (NOW + timedelta(hours=hour) for hour in (-1, 0, 1))


def by_form(at: datetime) -> dict[str, datetime]:
    return {"form_consent": at}


async def test_what_was_said_here_before_is_known_from_what_registrations_hold(
    released: AsyncEngine,
) -> None:
    """By story: whether a form brought it, what is agreed to, when somebody edited it last; and
    what counts as said here, with its time."""
    stories: dict[str, tuple[bool, dict[str, datetime], datetime | None, Any]] = {
        "a form's yes that nobody touched": (True, by_form(ANSWERED), None, None),
        "a form's no that nobody touched": (True, {}, None, None),
        "taken back, or never given, by an edit": (True, {}, LATER, (False, LATER)),
        "the same beside another agreement": (True, {"news": LATER}, LATER, (False, LATER)),
        "a form's yes that an edit left alone": (True, by_form(ANSWERED), LATER, None),
        "given here after the answers": (True, by_form(LATER), LATER, (True, LATER)),
        "given by an answer before the last": (True, by_form(EARLIER), LATER, None),
        "over the API, edited": (False, {}, LATER, None),
        "over the API, agreed to elsewhere": (False, by_form(LATER), LATER, None),
    }
    edition = new_id()
    made: dict[str, UUID] = {}
    async with released.begin() as connection:
        await connection.execute(
            text(EDITION),
            {
                "id": edition, "code": "IMC-1", "state": "open", "mode": "provisional",
                "quota": PLAIN, "opens": NOW, "closes": NOW + timedelta(days=10),
            },
        )  # fmt: skip
        for name, (imported, _, _, _) in stories.items():
            one = made[name] = new_id()
            await connection.execute(text(PERSON), {"id": one, "text": str(one)})
            given = {"id": one, "edition": edition, "person": one, "at": ANSWERED}
            await connection.execute(
                text(REGISTRATION),
                {**given, "text": str(one), "import": new_id() if imported else None},
            )
    await bring_to(released, BEFORE)
    async with released.begin() as connection:
        for name, (_, consents, edited, _) in stories.items():
            await connection.execute(
                text(
                    "UPDATE registration SET consents = CAST(:consents AS jsonb),"
                    " data_confirmed_at = :edited WHERE id = :id"
                ),
                {"consents": orjson.dumps(consents).decode(), "edited": edited, "id": made[name]},
            )
    await upgrade(released)
    async with released.connect() as connection:
        rows = await connection.execute(text("SELECT id, consent_said FROM registration"))
        said = {row.id: row.consent_said for row in rows}
    found = {
        name: kept and (kept["given"], datetime.fromisoformat(kept["at"]).astimezone(UTC))
        for name, kept in ((name, said[made[name]]) for name in stories)
    }
    assert found == {name: told for name, (_, _, _, told) in stories.items()}
