"""People complete and confirm what is known of them; the log proves itself without them."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from app.adapters.postgres.unit_of_work import PostgresWork
from app.domain.access.permissions import NotAllowed
from app.domain.access.roles import Caller, Grant, Role
from app.domain.enrolment.claims import RegistrationEnded
from app.domain.enrolment.edition import Edition, Mode
from app.domain.enrolment.errors import (
    AddressFixed,
    NoSuchInstitution,
    NotInThisState,
    PersonKnown,
    RegistrationInvalid,
    RegistrationMoveNotAllowed,
    RegistrationNotFound,
)
from app.domain.enrolment.notices import PrivacyNotices
from app.domain.enrolment.registration import Registration, State
from app.domain.enrolment.use_cases.editions import close_edition, start_edition
from app.domain.enrolment.use_cases.lists import replay_decisions
from app.domain.enrolment.use_cases.people import (
    PersonChanges,
    edit_registration,
    take_wanted_address,
)
from app.domain.enrolment.use_cases.places import get_places, list_places
from app.domain.enrolment.use_cases.register import register
from app.domain.enrolment.use_cases.registrations import confirm_address, record_no_show
from app.domain.enrolment.views import RegistrationView
from tests.contracts.conftest import OpenWork
from tests.contracts.enrolment_steps import cancels, proven, states
from tests.enrolment_builders import (
    LIKENESS,
    a_learner,
    a_request,
    an_edition,
    officer,
    opened,
    queue_up,
    registers,
)
from tests.memory_ports import StoryClock


async def without_account(
    work: OpenWork, clock: StoryClock, edition: Edition, name: str
) -> RegistrationView:
    manager = officer("UNIOVI", (await a_learner(work, f"manager-of-{name}")).account)
    view, _ = await register(
        edition.id, a_request(name, for_another=True), work=work(manager), caller=manager,
        clock=clock, likeness=LIKENESS,
    )  # fmt: skip
    return view


def by_link(view: RegistrationView) -> Caller:
    """Whoever opened the link that went to the stated address."""
    return Caller(account=None, registration=view.registration.id)


async def edits(
    work: OpenWork, clock: StoryClock, view: RegistrationView, caller: Caller, **changes: Any
) -> RegistrationView:
    async with work() as w:
        version = (await w.registrations.read(view.registration.id)).version
    return await edit_registration(
        view.registration.id, version, PersonChanges(**changes), work=work(caller), caller=caller,
        clock=clock,
    )  # fmt: skip


async def test_somebody_without_account_completes_and_confirms_their_data_by_a_link(
    work: OpenWork, clock: StoryClock
) -> None:
    edition = await opened(work, clock, mode=Mode.DIRECT)
    view = await without_account(work, clock, edition, "eva")
    seen = await edits(
        work, clock, view, by_link(view), full_name="Eva Núñez", country="ES", language="es",
        consents={"news": True},
    )  # fmt: skip
    assert (seen.person.full_name, seen.person.country, seen.person.language) == (
        "Eva Núñez", "ES", "es",
    )  # fmt: skip
    assert seen.registration.data_confirmed_at == clock.now()
    assert dict(seen.registration.consents) == {"news": clock.now()}
    given = clock.now()
    clock.move(timedelta(days=1))
    again = await edits(work, clock, view, by_link(view), consents={"news": True})
    assert dict(again.registration.consents) == {"news": given}
    taken_back = await edits(work, clock, view, by_link(view), consents={"news": False})
    assert dict(taken_back.registration.consents) == {}
    other = await without_account(work, clock, edition, "olga")
    with pytest.raises(RegistrationNotFound):
        await edits(work, clock, view, by_link(other), country="FR")


async def test_nobody_moves_the_address_that_links_go_to_but_an_officer_of_somebody_without_account(
    work: OpenWork, clock: StoryClock
) -> None:
    edition = await opened(work, clock, mode=Mode.DIRECT)
    view = await without_account(work, clock, edition, "eva")
    asked = await edits(work, clock, view, by_link(view), email="mine@example.org")
    assert (asked.person.email, asked.person.wanted_email) == (
        "eva@example.org", "mine@example.org",
    )  # fmt: skip
    mended = await edits(work, clock, view, officer(), email="eva.nunez@example.org")
    assert (mended.person.email, mended.person.email_verified) == ("eva.nunez@example.org", False)
    signed_in = await registers(work, clock, edition, "ana", "HKA")
    with pytest.raises(AddressFixed):
        await edits(work, clock, signed_in, officer(), email="eva@example.org")
    with pytest.raises(NotAllowed):
        await edits(work, clock, view, await a_stranger_who_sees(work), country="FR")


async def test_ones_own_new_address_holds_once_a_link_that_went_there_has_been_opened(
    work: OpenWork, clock: StoryClock
) -> None:
    edition = await opened(work, clock, mode=Mode.DIRECT)
    view = await without_account(work, clock, edition, "eva")
    await confirm_address(view.registration.id, ["eva@example.org"], work=work())
    await edits(work, clock, view, by_link(view), email="Eva@New.example ", country="ES")
    # Old links, and links to addresses that were given up again, move nothing.
    for addresses in (["eva@example.org"], ["other@new.example"], []):
        await take_wanted_address(view.registration.id, addresses, work=work())
    with pytest.raises(RegistrationInvalid):
        await edits(work, clock, view, by_link(view), email="nobody")

    async def now() -> tuple[str, str | None, bool]:
        async with work() as w:
            one = await w.persons.get(view.person.id)
        return one.email, one.wanted_email, one.email_verified

    assert await now() == ("eva@example.org", "Eva@New.example", True)
    await edits(work, clock, view, by_link(view), email="eva@example.org")
    assert await now() == ("eva@example.org", None, True)
    await edits(work, clock, view, by_link(view), email="eva@new.example")
    await take_wanted_address(view.registration.id, ["eva@new.example"], work=work())
    assert await now() == ("eva@new.example", None, True)


async def test_an_address_that_somebody_else_has_too_leads_to_a_look_and_not_to_an_error(
    work: OpenWork, clock: StoryClock
) -> None:
    edition = await opened(work, clock, mode=Mode.DIRECT)
    first = await without_account(work, clock, edition, "eva")
    second = await without_account(work, clock, edition, "eve")
    await edits(
        work, clock, second, by_link(second), full_name="Learner eva", email="eva@example.org"
    )
    await take_wanted_address(second.registration.id, ["eva@example.org"], work=work())
    async with work() as w:
        people = await w.persons.of([first.person.id, second.person.id])
        marked = await w.registrations.read(second.registration.id)
    assert [(one.email, one.apart) for one in people.values()].count(("eva@example.org", True)) == 1
    assert marked.is_doubted


async def test_no_officer_moves_an_address_that_its_person_has_confirmed(
    work: OpenWork, clock: StoryClock
) -> None:
    edition = await opened(work, clock, mode=Mode.DIRECT)
    view = await without_account(work, clock, edition, "eva")
    await confirm_address(view.registration.id, [view.person.email], work=work())
    with pytest.raises(AddressFixed):
        await edits(work, clock, view, officer(), email="officer@example.org")
    named = await edits(work, clock, view, officer(), full_name="Eva Núñez")
    assert (named.person.email, named.person.email_verified) == (view.person.email, True)


async def test_what_somebody_completed_is_nobodys_to_change_nor_the_address_that_leads_there(
    work: OpenWork, clock: StoryClock
) -> None:
    first = await opened(work, clock, mode=Mode.DIRECT)
    second = await opened(work, clock, mode=Mode.DIRECT)
    view = await without_account(work, clock, first, "eva")
    again = await without_account(work, clock, second, "eva")
    assert again.person.id == view.person.id
    async with work() as w:
        done = await w.registrations.get(view.registration.id)
        done.state = State.COMPLETED
        await w.registrations.save(await w.editions.get(first.id), [done])
    for change in ({"email": "officer@example.org"}, {"full_name": "Somebody Else"}):
        with pytest.raises(RegistrationEnded):
            await edits(work, clock, view, officer(), **change)
    with pytest.raises(AddressFixed):
        await edits(work, clock, again, officer(), email="officer@example.org")


async def a_stranger_who_sees(work: OpenWork) -> Caller:
    """A teacher of the organiser: reads registrations, changes none."""
    caller = await a_learner(work, "teacher")
    since = datetime.fromisoformat("2020-01-01T00:00Z")
    return replace(caller, grants=(Grant(Role.TEACHER, "UNIOVI", since),))


async def test_what_cannot_be_right_is_not_taken(work: OpenWork, clock: StoryClock) -> None:
    edition = await opened(work, clock, mode=Mode.DIRECT)
    view = await without_account(work, clock, edition, "eva")
    with pytest.raises(RegistrationInvalid) as refused:
        await edits(work, clock, view, by_link(view), country="Spain", consents={"News!": True})
    assert [f.pointer for f in refused.value.findings] == ["/country", "/consents"]
    await without_account(work, clock, edition, "olga")
    with pytest.raises(PersonKnown):
        await edits(
            work, clock, view, officer(), full_name="Learner olga", email="olga@example.org"
        )
    await cancels(work, clock, view)
    with pytest.raises(RegistrationEnded):
        await edits(work, clock, view, officer(), country="ES")


async def test_the_privacy_notice_that_was_shown_is_known_by_its_version_and_time(
    work: OpenWork, clock: StoryClock
) -> None:
    edition = await opened(work, clock, mode=Mode.DIRECT)
    since = clock.now() + timedelta(days=1)
    notices = PrivacyNotices.of(("1", f"2@{since.isoformat()}"))

    async def registers_with(name: str, version: str | None) -> RegistrationView:
        caller = await a_learner(work, name)
        view, _ = await register(
            edition.id,
            a_request(name, privacy_notice_version=version, consents=frozenset({"news"})),
            work=work(caller), caller=caller, clock=clock, likeness=LIKENESS, notices=notices,
        )  # fmt: skip
        return view

    first = await registers_with("ana", "1")
    clock.move(timedelta(days=1))
    with pytest.raises(RegistrationInvalid) as refused:
        await registers_with("ben", "1")
    assert [f.pointer for f in refused.value.findings] == ["/privacy_notice_version"]
    second = await registers_with("ben", None)
    shown = [notices.at(view.registration.privacy_notice_at) for view in (first, second)]
    assert shown == ["1", "2"]
    assert set(second.registration.consents) == {"news"}


async def test_a_no_show_ends_a_place_only_once_teaching_has_begun(
    work: OpenWork, clock: StoryClock
) -> None:
    edition = await opened(work, clock, mode=Mode.DIRECT, places=1)
    views = await queue_up(work, clock, edition, ["HKA", "UDA"])

    async def missed(view: RegistrationView) -> Registration:
        async with work() as w:
            current = await w.registrations.read(view.registration.id)
        shown, _ = await record_no_show(
            current.id, current.version, None, work=work(), caller=officer(), clock=clock
        )
        return shown.registration

    with pytest.raises(NotInThisState):
        await missed(views[0])
    await close_edition(edition.id, 2, "full", work=work(), caller=officer(), clock=clock)
    await start_edition(edition.id, 3, "early", work=work(), caller=officer(), clock=clock)
    with pytest.raises(RegistrationMoveNotAllowed):
        await missed(views[1])
    ended = await missed(views[0])
    assert (ended.state, ended.reason) == ("no_show", "did_not_come")
    assert await states(work, edition) == ["no_show", "waiting"]
    assert await proven(work, edition) == []


async def erase(work: OpenWork, persons: list[UUID]) -> None:
    """Take away who they are, straight in the store."""
    async with work() as w:
        if isinstance(w, PostgresWork):
            await w.connection.execute(
                text(
                    "UPDATE person SET full_name = '', email = '', name_key = id::text, "
                    "email_folded = '', country = NULL, account = NULL WHERE id = ANY(:persons)"
                ),
                {"persons": persons},
            )
            await w.connection.execute(
                text("UPDATE registration SET stated = '' WHERE person = ANY(:persons)"),
                {"persons": persons},
            )
        else:
            for person in persons:
                kept = await w.persons.get(person)
                gone = replace(kept, full_name=str(person), email="", country=None, account=None)
                await w.persons.save([gone])


async def test_the_log_proves_itself_after_everybody_has_been_erased(
    work: OpenWork, clock: StoryClock
) -> None:
    edition = await opened(work, clock, mode=Mode.DIRECT, places=2, per_institution=1)
    views = await queue_up(work, clock, edition, ["HKA", "HKA", "UDA", "URN", "EXT:Town Hall"])
    await cancels(work, clock, views[0])
    before = await replay_decisions(edition.id, work=work(), caller=officer())
    await erase(work, [view.registration.person for view in views])
    after = await replay_decisions(edition.id, work=work(), caller=officer())
    assert (after.is_proven, after.replay.states) == (True, before.replay.states)
    # And it goes on: a freed place still finds the first who fits.
    assert len(await cancels(work, clock, views[2])) == 1
    assert await proven(work, edition) == []


async def test_a_registration_that_ended_may_be_erased_whole_and_one_that_counts_may_not(
    work: OpenWork, clock: StoryClock
) -> None:
    edition = await opened(work, clock, mode=Mode.DIRECT, places=2)
    views = await queue_up(work, clock, edition, ["HKA", "UDA"])
    await cancels(work, clock, views[0])
    await remove(work, views[0].registration.id)
    report = await replay_decisions(edition.id, work=work(), caller=officer())
    assert (report.is_proven, report.erased) == (True, 1)
    await remove(work, views[1].registration.id)
    report = await replay_decisions(edition.id, work=work(), caller=officer())
    assert views[1].registration.id in {d.registration for d in report.differences}


async def remove(work: OpenWork, registration: UUID) -> None:
    async with work() as w:
        if isinstance(w, PostgresWork):
            await w.connection.execute(
                text("DELETE FROM registration WHERE id = :one"), {"one": registration}
            )
        else:
            w.table("registration").delete(registration)  # type: ignore[attr-defined]


async def test_numbers_across_editions_are_of_a_time_and_of_institutions_that_exist(
    work: OpenWork, clock: StoryClock
) -> None:
    first = await opened(work, clock, mode=Mode.DIRECT, per_institution=1)
    later = an_edition(clock.now()).start.replace(year=2028)
    second = await opened(work, clock, mode=Mode.DIRECT, start=later, end=later + timedelta(days=9))
    await queue_up(work, clock, first, ["HKA", "HKA"])
    await queue_up(work, clock, second, ["HKA"])

    async def numbers(institution: str, *starting: Any) -> list[tuple[UUID, int, int]]:
        found = await list_places(
            institution, starting=starting or (None, None), after=None, limit=50, work=work(),
            caller=officer("HKA"),
        )  # fmt: skip
        return [(one.edition, one.tally.placed, one.tally.waiting) for one in found]

    assert await numbers("HKA") == [(first.id, 1, 1), (second.id, 1, 0)]
    assert await numbers("HKA", later, None) == [(second.id, 1, 0)]
    assert await numbers("HKA", None, first.start) == [(first.id, 1, 1)]
    assert await numbers("URN") == []
    # A partner of whom nobody has come has its places all the same.
    assert await numbers("UDA") == [(first.id, 0, 0), (second.id, 0, 0)]
    [there, _] = await list_places("UDA", after=None, limit=50, work=work(), caller=officer("HKA"))
    assert there.tally.cap == 1
    with pytest.raises(NoSuchInstitution):
        await numbers("NOPE")
    with pytest.raises(NoSuchInstitution):
        await get_places(first.id, "NOPE", work=work(), caller=officer())
    unused = await get_places(first.id, "URN", work=work(), caller=officer())
    assert [row.bucket for row in unused.institutions] == ["URN"]
