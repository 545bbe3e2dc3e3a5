"""What officers are asked of people who take part all the same: new organisations from outside,
and those who come again after a contest in a way that shows only later."""

from datetime import timedelta
from uuid import UUID

import pytest

from app.domain.enrolment.edition import Edition, Mode
from app.domain.enrolment.registration import Registration
from app.domain.enrolment.use_cases.affiliation import Saying, contest_affiliation, decide_contest
from app.domain.enrolment.use_cases.deciding import (
    Decided,
    OfficerDecision,
    Ruling,
    decide_registration,
)
from app.domain.enrolment.use_cases.undecided import list_undecided
from app.domain.enrolment.views import RegistrationView
from tests.enrolment_builders import LIKENESS, OpenWork, officer, opened, registers
from tests.enrolment_imports import Importer
from tests.forms_workbooks import Row
from tests.memory_ports import StoryClock

NEW = "new_external_organisation"
AGAIN = "registered_after_contest"


async def now(work: OpenWork, registration: UUID) -> Registration:
    async with work() as w:
        return await w.registrations.read(registration)


async def questions(work: OpenWork, edition: Edition) -> dict[UUID, list[str]]:
    found = await list_undecided(
        edition.id, after=None, limit=9, likeness=LIKENESS, work=work(), caller=officer()
    )
    return {one.view.registration.id: list(one.questions) for one in found}


async def decides(
    work: OpenWork, clock: StoryClock, registration: UUID, decision: OfficerDecision
) -> Decided:
    found = await now(work, registration)
    return await decide_registration(
        found.id, found.version, decision, work=work(), caller=officer(), clock=clock
    )


async def contested_with_right(work: OpenWork, clock: StoryClock, view: RegistrationView) -> None:
    """HKA contests it, and the edition's officer agrees."""
    by = officer("HKA")
    saying = Saying(view.registration.id, view.registration.version, "Not one of ours.")
    await contest_affiliation(saying, work=work(by), caller=by, clock=clock)
    current = await now(work, view.registration.id)
    saying = Saying(current.id, current.version, "I asked them both.")
    await decide_contest(saying, upheld=True, work=work(), caller=officer(), clock=clock)


@pytest.mark.parametrize("mode", list(Mode))
async def test_officers_are_told_of_an_organisation_on_which_nobody_has_decided_and_say_it_is_one(
    work: OpenWork, clock: StoryClock, mode: Mode
) -> None:
    edition = await opened(work, clock, mode=mode)
    first = await registers(work, clock, edition, "ana", "EXT:Town Hall")
    second = await registers(work, clock, edition, "bo", "EXT:TOWN hall")
    other = await registers(work, clock, edition, "cy", "EXT:Chamber of Commerce")
    assert [view.warnings for view in (first, second, other)] == [(NEW,), (NEW,), (NEW,)]
    decided = await decides(work, clock, first.registration.id, OfficerDecision())
    assert (decided.view.warnings, decided.also) == ((), [second.registration.id])
    assert await questions(work, edition) == {other.registration.id: [NEW]}
    later = await registers(work, clock, edition, "di", "EXT:Town Hall")
    assert (later.warnings, later.registration.bucket) == ((), "EXT:town hall")


async def test_an_organisation_that_is_a_partner_is_corrected_for_all_who_wrote_the_same(
    work: OpenWork, clock: StoryClock
) -> None:
    edition = await opened(work, clock)
    first = await registers(work, clock, edition, "ana", "EXT:Panepistimion")
    second = await registers(work, clock, edition, "bo", "EXT:Panepistimion")
    decided = await decides(work, clock, first.registration.id, OfficerDecision(institution="HKA"))
    assert decided.also == [second.registration.id]
    assert [
        ((one := await now(work, view.registration.id)).bucket, one.warnings)
        for view in (first, second)
    ] == [("HKA", ()), ("HKA", ())]
    assert await questions(work, edition) == {}


async def test_to_name_the_organisation_again_on_a_list_that_binds_says_that_it_is_one(
    work: OpenWork, clock: StoryClock
) -> None:
    edition = await opened(work, clock, mode=Mode.DIRECT)
    view = await registers(work, clock, edition, "ana", "EXT:Town Hall")
    named = OfficerDecision(organisation="Town Hall")
    decided = await decides(work, clock, view.registration.id, named)
    assert (decided.view.warnings, decided.view.state) == ((), "placed")
    later = await registers(work, clock, edition, "bo", "EXT:Town Hall")
    assert later.warnings == ()


async def test_people_of_a_partner_and_of_none_raise_no_question(
    work: OpenWork, clock: StoryClock
) -> None:
    edition = await opened(work, clock)
    for name, institution in (("ana", "HKA"), ("bo", None), ("cy", "EXT:freelancer")):
        assert (await registers(work, clock, edition, name, institution)).warnings == ()
    assert await questions(work, edition) == {}


async def test_a_merge_shows_that_an_institution_was_right_about_the_other_address(
    work: OpenWork, clock: StoryClock
) -> None:
    edition = await opened(work, clock)
    before = await registers(work, clock, edition, "ana", "HKA")
    await contested_with_right(work, clock, before)
    importer = Importer(work, clock, edition)
    await importer.map()
    clock.move(timedelta(minutes=9))
    (row,) = await importer.take([Row(1, clock.now(), "Learner ana", "ana@home.example", "HKA")])
    assert row.registration is not None
    assert (await now(work, row.registration)).warnings == ()
    again = await registers(work, clock, edition, "ana", "HKA")
    merged = OfficerDecision(Ruling.MERGE, same_as=row.registration)
    await decides(work, clock, again.registration.id, merged)
    # The row came first and stays, and with it what was said of its person.
    assert (await now(work, row.registration)).warnings == (AGAIN,)
    assert await questions(work, edition) == {row.registration: [AGAIN]}


async def test_an_unclear_row_that_turns_out_to_be_of_the_institution_that_was_right_says_so(
    work: OpenWork, clock: StoryClock
) -> None:
    edition = await opened(work, clock)
    before = await registers(work, clock, edition, "ana", "HKA")
    await contested_with_right(work, clock, before)
    unclear = await registers(work, clock, edition, "ana", "EXT:Karlsruhe Hochschul")
    assert (unclear.registration.bucket, unclear.warnings) == (None, ())
    named = OfficerDecision(institution="HKA")
    decided = await decides(work, clock, unclear.registration.id, named)
    assert (decided.view.state, decided.view.warnings) == ("waiting", (AGAIN,))
    assert await questions(work, edition) == {unclear.registration.id: [AGAIN]}
    # Said once more it stands: the officer has seen it.
    again = await decides(work, clock, unclear.registration.id, named)
    assert again.view.warnings == ()
    assert await questions(work, edition) == {}


async def test_who_is_corrected_to_that_institution_is_shown_too_and_away_from_it_no_more(
    work: OpenWork, clock: StoryClock
) -> None:
    edition = await opened(work, clock)
    before = await registers(work, clock, edition, "ana", "HKA")
    await contested_with_right(work, clock, before)
    again = await registers(work, clock, edition, "ana", "UDA")
    there = await decides(work, clock, again.registration.id, OfficerDecision(institution="HKA"))
    assert there.view.warnings == (AGAIN,)
    back = await decides(work, clock, again.registration.id, OfficerDecision(institution="UDA"))
    assert back.view.warnings == ()
