"""An edition is over when everybody who passed has a credential, or an officer says so."""

from pathlib import Path
from uuid import UUID

from app import reactions
from app.domain.credentials.events import BatchFinished
from app.domain.enrolment.edition import EditionState
from app.running import react
from tests.api.test_credentials import IssuingApi, issuing_api
from tests.enrolment_builders import an_edition
from tests.issuing_builders import PaperSeal


async def being_issued(api: IssuingApi) -> None:
    """The edition whose credentials are issued, as enrolment has it."""
    edition = an_edition(api.ports.clock.now(), id=api.edition, state=EditionState.ISSUING)
    async with api.ports.system_work("create_edition") as work:
        await work.editions.add(edition)


async def issued(api: IssuingApi) -> None:
    """A batch, and what enrolment does once it is finished; a worker may do so twice."""
    batch = await api.issue()
    finished = BatchFinished(UUID(batch), api.edition, sealed=1, skipped=0, failed=0)
    assert "enrolment.note_sealed" in reactions.NAMES[BatchFinished]
    for _ in range(2):
        await react("enrolment.note_sealed", finished, api.ports)


async def state(api: IssuingApi) -> str:
    seen = await api(None, "GET", f"/v1/editions/{api.edition}")
    return str(seen.json()["state"])


async def test_an_edition_is_finished_once_everybody_who_passed_has_a_credential(
    data_dir: Path,
) -> None:
    async with issuing_api(data_dir, sealing=PaperSeal()) as api:
        await being_issued(api)
        late = min(api.awards.ready)
        award = api.awards.ready[late]
        api.awards.postpone(late, "credential_data_missing")
        await issued(api)
        assert await state(api) == "issuing"
        del api.awards.not_ready[late]
        api.awards.ready[late] = award
        await issued(api)
        assert await state(api) == "completed"


async def test_an_officer_finishes_an_edition_by_hand_with_a_reason(data_dir: Path) -> None:
    async with issuing_api(data_dir, sealing=PaperSeal()) as api:
        await being_issued(api)
        path = f"/v1/editions/{api.edition}"
        etag = (await api("elena-oviedo", "GET", path)).headers["etag"]
        silent = await api("elena-oviedo", "POST", f"{path}/finish", json={}, if_match=etag)
        assert (silent.status_code, silent.json()["code"]) == (422, "reason_needed")
        done = await api(
            "elena-oviedo", "POST", f"{path}/finish", json={"reason": "One of them has died."},
            if_match=etag,
        )  # fmt: skip
        assert done.json()["state"] == "completed"
        again = await api(
            "elena-oviedo", "POST", f"{path}/finish", json={"reason": "Again."},
            if_match=done.headers["etag"],
        )  # fmt: skip
        assert (again.status_code, again.json()["code"]) == (409, "edition_state")


async def test_an_edition_is_put_away_once_it_is_completed_and_not_before(data_dir: Path) -> None:
    async with issuing_api(data_dir, sealing=PaperSeal()) as api:
        await being_issued(api)
        path = f"/v1/editions/{api.edition}"
        etag = (await api("elena-oviedo", "GET", path)).headers["etag"]
        early = await api("elena-oviedo", "POST", f"{path}/archive", if_match=etag)
        assert (early.status_code, early.json()["code"]) == (409, "edition_state")
        done = await api(
            "elena-oviedo", "POST", f"{path}/finish", json={"reason": "One of them has died."},
            if_match=etag,
        )  # fmt: skip
        assert "archive_edition" in done.json()["allowed_actions"]
        etag = done.headers["etag"]
        away = await api("elena-oviedo", "POST", f"{path}/archive", if_match=etag)
        assert (away.status_code, away.json()["state"]) == (200, "archived")
        assert "archive_edition" not in away.json()["allowed_actions"]
        stale = await api("elena-oviedo", "POST", f"{path}/archive", if_match=etag)
        assert stale.status_code == 412
        listed = (await api(None, "GET", "/v1/editions?state=archived")).json()["items"]
        assert [one["id"] for one in listed] == [str(api.edition)]
