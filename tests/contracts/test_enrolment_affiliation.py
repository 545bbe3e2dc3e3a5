"""A stated institution is a claim: silence blocks nothing, a contest takes nothing by itself."""

from datetime import timedelta
from uuid import UUID

import pytest

from app.domain.access.permissions import NotAllowed
from app.domain.access.roles import Caller
from app.domain.enrolment.claims import (
    ClaimDecided,
    ClaimState,
    NoInstitutionToAsk,
    RegistrationEnded,
)
from app.domain.enrolment.edition import Edition, Mode
from app.domain.enrolment.errors import ReasonNeeded, RegistrationNotFound, RegistrationStale
from app.domain.enrolment.registration import Registration
from app.domain.enrolment.use_cases.affiliation import (
    Saying,
    confirm_affiliation,
    confirm_affiliations,
    contest_affiliation,
    decide_contest,
)
from app.domain.enrolment.use_cases.deciding import OfficerDecision, decide_registration
from app.domain.enrolment.use_cases.lists import publish_list
from app.domain.enrolment.use_cases.registrations import list_registrations
from app.domain.enrolment.use_cases.undecided import list_undecided
from app.domain.enrolment.views import RegistrationView
from tests.contracts.conftest import OpenWork
from tests.contracts.enrolment_steps import cancels, proven, states
from tests.enrolment_builders import LIKENESS, officer, opened, queue_up, registers
from tests.enrolment_imports import Importer, at
from tests.forms_workbooks import Row
from tests.memory_ports import StoryClock

NOT_OURS = "Not among our people."


async def now(work: OpenWork, registration: UUID) -> Registration:
    async with work() as w:
        return await w.registrations.read(registration)


async def contests(
    work: OpenWork, clock: StoryClock, view: RegistrationView, by: Caller
) -> Registration:
    current = await now(work, view.registration.id)
    saying = Saying(current.id, current.version, NOT_OURS)
    await contest_affiliation(saying, work=work(by), caller=by, clock=clock)
    return await now(work, current.id)


async def decides(
    work: OpenWork, clock: StoryClock, view: RegistrationView, *, upheld: bool
) -> list[Registration]:
    current = await now(work, view.registration.id)
    saying = Saying(current.id, current.version, "I asked them both.")
    _, promoted = await decide_contest(
        saying, upheld=upheld, work=work(), caller=officer(), clock=clock
    )
    return list(promoted)


async def questions(work: OpenWork, edition: Edition) -> dict[UUID, list[str]]:
    """What the edition's officer finds to decide."""
    found = await list_undecided(
        edition.id, after=None, limit=9, likeness=LIKENESS, work=work(), caller=officer()
    )
    return {one.view.registration.id: list(one.questions) for one in found}


async def test_a_contest_takes_nothing_away_until_the_editions_officer_upholds_it(
    work: OpenWork, clock: StoryClock
) -> None:
    edition = await opened(work, clock, mode=Mode.DIRECT, places=2, per_institution=1)
    views = await queue_up(work, clock, edition, ["HKA", "UDA", "HKA", "HIS"])
    contested = await contests(work, clock, views[0], officer("HKA"))
    assert (contested.claim_state, contested.claim.reason) == (ClaimState.CONTESTED, NOT_OURS)
    assert await states(work, edition) == ["placed", "placed", "waiting", "waiting"]
    promoted = await decides(work, clock, views[0], upheld=True)
    # The seat goes on in the same step, to the first who fits.
    assert [one.id for one in promoted] == [views[2].registration.id]
    assert await states(work, edition) == ["cancelled", "placed", "placed", "waiting"]
    ended = await now(work, views[0].registration.id)
    assert (ended.reason, ended.claim.state) == ("affiliation", ClaimState.UPHELD)
    assert await proven(work, edition) == []


@pytest.mark.parametrize("mode", list(Mode))
async def test_who_registers_again_after_a_contest_was_upheld_takes_part_and_officers_are_told(
    work: OpenWork, clock: StoryClock, mode: Mode
) -> None:
    edition = await opened(work, clock, mode=mode)
    before = await registers(work, clock, edition, "ana", "HKA")
    await contests(work, clock, before, officer("HKA"))
    await decides(work, clock, before, upheld=True)
    again = await registers(work, clock, edition, "ana", "HKA")
    assert (again.warnings, again.state) == (
        ("registered_after_contest",), "placed" if mode is Mode.DIRECT else "waiting",
    )  # fmt: skip
    assert await questions(work, edition) == {again.registration.id: ["registered_after_contest"]}
    found = await now(work, again.registration.id)
    decided = await decide_registration(
        found.id, found.version, OfficerDecision(), work=work(), caller=officer(), clock=clock
    )
    assert (decided.view.warnings, decided.view.state) == ((), again.state)
    assert await questions(work, edition) == {}


async def test_the_institution_itself_can_say_that_who_comes_again_is_one_of_theirs_now(
    work: OpenWork, clock: StoryClock
) -> None:
    edition = await opened(work, clock, mode=Mode.DIRECT)
    before = await registers(work, clock, edition, "ana", "HKA")
    await contests(work, clock, before, officer("HKA"))
    await decides(work, clock, before, upheld=True)
    again = await registers(work, clock, edition, "ana", "HKA")
    by = officer("HKA")
    shown = await confirm_affiliation(
        Saying(again.registration.id, again.registration.version),
        work=work(by), caller=by, clock=clock,
    )  # fmt: skip
    assert (shown.warnings, await questions(work, edition)) == ((), {})


async def test_who_comes_again_as_of_another_institution_is_registered_like_anybody(
    work: OpenWork, clock: StoryClock
) -> None:
    edition = await opened(work, clock, mode=Mode.DIRECT)
    before = await registers(work, clock, edition, "ana", "HKA")
    await contests(work, clock, before, officer("HKA"))
    await decides(work, clock, before, upheld=True)
    again = await registers(work, clock, edition, "ana", "UDA")
    given_up = await registers(work, clock, edition, "bo", "UDA")
    await cancels(work, clock, given_up)
    once_more = await registers(work, clock, edition, "bo", "UDA")
    assert (again.warnings, once_more.warnings) == ((), ())


async def test_a_row_of_somebody_who_comes_again_after_a_contest_says_so(
    work: OpenWork, clock: StoryClock
) -> None:
    edition = await opened(work, clock)
    importer = Importer(work, clock, edition)
    await importer.map()
    (first,) = await importer.take([Row(1, at(clock, 1), "Ana", "ana@h-ka.de", "HKA")])
    assert first.registration is not None
    current = await now(work, first.registration)
    by = officer("HKA")
    saying = Saying(current.id, current.version, NOT_OURS)
    await contest_affiliation(saying, work=work(by), caller=by, clock=clock)
    saying = Saying(current.id, current.version + 1, "I asked them both.")
    await decide_contest(saying, upheld=True, work=work(), caller=officer(), clock=clock)
    clock.move(timedelta(minutes=9))
    (again,) = await importer.take([Row(2, clock.now(), "Ana", "ana@h-ka.de", "HKA")])
    assert (again.verdict, again.warnings) == ("create", ("registered_after_contest",))
    assert await questions(work, edition) == {again.registration: ["registered_after_contest"]}


async def test_a_contest_that_is_not_upheld_leaves_everything_and_cannot_be_raised_again(
    work: OpenWork, clock: StoryClock
) -> None:
    edition = await opened(work, clock, mode=Mode.DIRECT, places=1)
    views = await queue_up(work, clock, edition, ["HKA", "UDA"])
    await contests(work, clock, views[0], officer("HKA"))
    assert await decides(work, clock, views[0], upheld=False) == []
    kept = await now(work, views[0].registration.id)
    assert (kept.claim_state, kept.state) == (ClaimState.DISMISSED, "placed")
    with pytest.raises(ClaimDecided):
        await contests(work, clock, views[0], officer("HKA"))
    with pytest.raises(ClaimDecided):
        await decides(work, clock, views[0], upheld=True)


async def test_an_institution_withdraws_its_contest_by_confirming(
    work: OpenWork, clock: StoryClock
) -> None:
    edition = await opened(work, clock, mode=Mode.DIRECT)
    view = await registers(work, clock, edition, "ana", "HKA")
    contested = await contests(work, clock, view, officer("HKA"))
    by = officer("HKA")
    saying = Saying(contested.id, contested.version)
    shown = await confirm_affiliation(saying, work=work(by), caller=by, clock=clock)
    assert shown.registration.claim_state is ClaimState.CONFIRMED
    with pytest.raises(RegistrationStale):
        await confirm_affiliation(saying, work=work(by), caller=by, clock=clock)


async def test_only_the_institution_answers_for_its_list_and_only_with_a_reason(
    work: OpenWork, clock: StoryClock
) -> None:
    edition = await opened(work, clock, mode=Mode.DIRECT)
    view = await registers(work, clock, edition, "ana", "HKA")
    with pytest.raises(NotAllowed):
        await contests(work, clock, view, officer("UNIOVI"))
    with pytest.raises(RegistrationNotFound):
        await contests(work, clock, view, officer("UDA"))
    by = officer("HKA")
    with pytest.raises(ReasonNeeded):
        await contest_affiliation(
            Saying(view.registration.id, 1, "  "), work=work(by), caller=by, clock=clock
        )
    outside = await registers(work, clock, edition, "olle", "EXT:Town Hall")
    by = officer("EXT:town hall")
    with pytest.raises(NoInstitutionToAsk):
        await contests(work, clock, outside, by)
    await cancels(work, clock, view)
    with pytest.raises(RegistrationEnded):
        await contests(work, clock, view, officer("HKA"))


async def test_a_whole_list_is_confirmed_at_once_except_what_is_contested(
    work: OpenWork, clock: StoryClock
) -> None:
    edition = await opened(work, clock, mode=Mode.DIRECT)
    views = await queue_up(work, clock, edition, ["HKA", "HKA", "HKA", "UDA"])
    ids = [view.registration.id for view in views]
    by = officer("HKA")
    await contests(work, clock, views[1], by)
    await cancels(work, clock, views[2])
    done = await confirm_affiliations(
        edition.id, "HKA", None, work=work(by), caller=by, clock=clock
    )
    assert (done.confirmed, done.left) == ([ids[0]], {ids[1]: ClaimState.CONTESTED})
    with pytest.raises(NotAllowed):
        await confirm_affiliations(edition.id, "UDA", None, work=work(by), caller=by, clock=clock)
    late = await registers(work, clock, edition, "late", "HKA")
    named = await confirm_affiliations(
        edition.id, "HKA", [late.registration.id, ids[3]], work=work(by), caller=by, clock=clock
    )
    assert (named.confirmed, named.left) == ([late.registration.id], {ids[3]: None})
    again = await confirm_affiliations(
        edition.id, "HKA", None, work=work(by), caller=by, clock=clock
    )
    assert (again.confirmed, again.left) == (
        [],
        {
            ids[0]: ClaimState.CONFIRMED,
            ids[1]: ClaimState.CONTESTED,
            late.registration.id: ClaimState.CONFIRMED,
        },
    )
    assert await listed(work, edition, by, ClaimState.CONFIRMED) == [ids[0], late.registration.id]
    assert await listed(work, edition, by, ClaimState.CONTESTED) == [ids[1]]
    assert await listed(work, edition, officer(), ClaimState.STATED) == [ids[2], ids[3]]


async def listed(work: OpenWork, edition: Edition, caller: Caller, claim: ClaimState) -> list[UUID]:
    found = await list_registrations(
        edition.id, institution=None, states=(), claims=[claim], after=None, limit=50,
        work=work(caller), caller=caller,
    )  # fmt: skip
    return [view.registration.id for view in found]


async def test_somebody_contested_on_a_provisional_list_is_gone_before_it_is_published(
    work: OpenWork, clock: StoryClock
) -> None:
    edition = await opened(work, clock, places=1)
    views = await queue_up(work, clock, edition, ["HKA", "UDA"])
    await contests(work, clock, views[0], officer("HKA"))
    assert await decides(work, clock, views[0], upheld=True) == []
    clock.move(timedelta(days=11))
    await publish_list(edition.id, 2, work=work(), caller=officer(), clock=clock)
    assert await states(work, edition) == ["cancelled", "placed"]
    assert await proven(work, edition) == []
