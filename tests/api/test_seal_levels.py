"""What officers and learners see of a seal on its way up."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from app.domain.credentials.events import SealLevelDue
from app.domain.credentials.levels import RevocationUnknown, SealLevel
from app.reactions.seal_levels import raise_seal_level
from app.timers import raise_due_seals
from tests.api.test_credentials import IssuingApi, issuing_api
from tests.issuing_builders import PaperSeal
from tests.paper_levels import PaperLevels

RENEWAL = datetime(2036, 1, 1, tzinfo=UTC)


@pytest.fixture
def levels() -> PaperLevels:
    return PaperLevels(renew_at=RENEWAL)


@pytest.fixture
async def api(data_dir: Path, levels: PaperLevels) -> AsyncIterator[IssuingApi]:
    async with issuing_api(data_dir, sealing=PaperSeal(), seal_levels=levels) as api:
        yield api


async def the_seal(api: IssuingApi, credential: str, **session: str) -> dict[str, Any]:
    person = None if session else "ines-oviedo"
    response = await api(person, "GET", f"/v1/credentials/{credential}", headers=session)
    seal: dict[str, Any] = response.json()["seal"]
    return seal


async def document(api: IssuingApi, credential: str, query: str = "") -> Any:
    return await api("ines-oviedo", "GET", f"/v1/credentials/{credential}/document{query}")


async def test_officers_see_what_failed_last_and_learners_the_level(
    api: IssuingApi, levels: PaperLevels
) -> None:
    await api.issue()
    (credential, *_) = await api.credentials()
    fresh = credential["seal"]
    assert (fresh["level"], fresh["state"], fresh["failure"]) == ("B-B", "waiting", None)
    levels.failing[SealLevel.B_LT] = RevocationUnknown("Nobody answers.")
    await raise_seal_level(SealLevelDue(UUID(credential["id"])), api.ports)
    seen = await the_seal(api, credential["id"])
    assert (seen["level"], seen["state"], seen["attempts"]) == ("B-T", "waiting", 1)
    assert (seen["failure"]["code"], seen["failure"]["detail"]) == (
        "revocation_unknown",
        "Nobody answers.",
    )
    token = await api.session(credential["registration"])
    own = await the_seal(api, credential["id"], Authorization=f"Bearer {token}")
    assert (own["level"], own["failure"]) == ("B-T", None)
    levels.failing.clear()
    await raise_seal_level(SealLevelDue(UUID(credential["id"])), api.ports)
    assert await the_seal(api, credential["id"]) == {
        "level": "B-LTA",
        "state": "reached",
        "attempts": 0,
        "due_at": None,
        "renew_at": "2036-01-01T00:00:00Z",
        "failure": None,
    }


async def test_the_newest_revision_is_downloaded_and_older_ones_stay(
    api: IssuingApi, levels: PaperLevels
) -> None:
    await api.issue()
    (credential, *_) = await api.credentials()
    sealed = await document(api, credential["id"])
    await raise_seal_level(SealLevelDue(UUID(credential["id"])), api.ports)
    newest = await document(api, credential["id"])
    assert newest.content == sealed.content + b"+B-T+B-LT+B-LTA"
    assert newest.headers["etag"] == f'"{sha256(newest.content).hexdigest()}"'
    assert (await document(api, credential["id"], "?revision=2")).content == newest.content
    first = await document(api, credential["id"], "?revision=1")
    assert (first.content, first.headers["etag"]) == (
        sealed.content,
        f'"{credential["sha256"]}"',
    )
    missing = await document(api, credential["id"], "?revision=3")
    assert (missing.status_code, missing.json()["code"]) == (404, "revision_not_found")
    assert (await document(api, credential["id"], "?revision=0")).status_code == 422


async def test_a_timer_orders_what_is_due_and_nothing_where_no_level_is_wanted(
    api: IssuingApi, levels: PaperLevels
) -> None:
    await api.issue()
    issued = sorted(c["id"] for c in await api.credentials())
    # Each once, told by the seal itself.
    assert sorted(due(api)) == issued
    await raise_due_seals(api.ports)
    assert sorted(due(api)) == issued
    tomorrow = replace(api.ports, clock=Fixed(api.ports.clock.now() + timedelta(days=1)))
    levels.target = SealLevel.B_B
    await raise_due_seals(tomorrow)
    assert sorted(due(api)) == issued
    levels.target = SealLevel.B_T
    await raise_due_seals(tomorrow)
    assert sorted(due(api)) == sorted([*issued, *issued])


def due(api: IssuingApi) -> list[str]:
    work: Any = api.ports.system_work("look")
    return [str(event.subject) for event in work.store.events if isinstance(event, SealLevelDue)]


class Fixed:
    """A clock that stands still."""

    def __init__(self, now: datetime) -> None:
        self._now = now

    def now(self) -> datetime:
        return self._now
