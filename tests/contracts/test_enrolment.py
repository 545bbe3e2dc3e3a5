"""What enrolment promises on every store: places, waiting, promotion, and their proof."""

import pytest

from app.domain.access.permissions import NotAllowed
from app.domain.enrolment.edition import Mode
from app.domain.enrolment.errors import (
    NotAdmitted,
    RegistrationInvalid,
    RegistrationNotFound,
    RegistrationStale,
)
from app.domain.enrolment.quota import Availability
from app.domain.enrolment.reasons import Reason
from app.domain.enrolment.registration import State
from app.domain.enrolment.use_cases.editions import (
    close_edition,
)
from app.domain.enrolment.use_cases.places import (
    get_availability,
    get_places,
)
from app.domain.enrolment.use_cases.register import register
from app.domain.enrolment.use_cases.registrations import (
    cancel_registration,
    get_registration,
    list_registrations,
    my_registrations,
)
from app.domain.enrolment.views import RegistrationView
from app.domain.vocabulary.micro_credential import NoInstitutionRule
from tests.contracts.conftest import OpenWork
from tests.contracts.enrolment_steps import cancels, outcome, proven, states
from tests.enrolment_builders import (
    LIKENESS,
    a_learner,
    a_request,
    officer,
    opened,
    queue_up,
    registers,
)
from tests.memory_ports import StoryClock


async def test_places_go_in_order_of_arrival_within_both_caps(
    work: OpenWork, clock: StoryClock
) -> None:
    edition = await opened(work, clock, mode=Mode.DIRECT, places=3, per_institution=2)
    views = await queue_up(work, clock, edition, ["UNIOVI", "UNIOVI", "UNIOVI", "HKA", "UDA"])
    assert [outcome(view) for view in views] == [
        "placed in_order", "placed in_order", "waiting quota", "placed in_order", "waiting full",
    ]  # fmt: skip
    assert await proven(work, edition) == []


async def test_registering_twice_gives_the_registration_that_exists(
    work: OpenWork, clock: StoryClock
) -> None:
    edition = await opened(work, clock, mode=Mode.DIRECT)
    caller = await a_learner(work, "ana")
    found = [
        await register(
            edition.id, a_request("ana"), work=work(caller), caller=caller, clock=clock,
            likeness=LIKENESS,
        )
        for _ in range(2)
    ]  # fmt: skip
    assert [is_new for _, is_new in found] == [True, False]
    assert found[0][0].registration.id == found[1][0].registration.id
    assert await states(work, edition) == ["placed"]


async def test_a_freed_place_goes_at_once_to_the_first_who_fits(
    work: OpenWork, clock: StoryClock
) -> None:
    edition = await opened(work, clock, mode=Mode.DIRECT, places=3, per_institution=2)
    queue = ["HKA", "UNIOVI", "UNIOVI", "UNIOVI", "HKA", "UDA"]
    views = await queue_up(work, clock, edition, queue)
    promoted = await cancels(work, clock, views[0])
    # The third from Oviedo came first, but its institution is full; Karlsruhe's has room again.
    assert [p.id for p in promoted] == [views[4].registration.id]
    assert await states(work, edition) == [
        "cancelled", "placed", "placed", "waiting", "placed", "waiting",
    ]  # fmt: skip
    assert [p.id for p in await cancels(work, clock, views[1])] == [views[3].registration.id]
    assert await proven(work, edition) == []


async def test_giving_up_a_turn_promotes_nobody_and_giving_up_twice_changes_nothing(
    work: OpenWork, clock: StoryClock
) -> None:
    edition = await opened(work, clock, mode=Mode.DIRECT, places=1)
    views = await queue_up(work, clock, edition, ["HKA", "UDA", "URN"])
    assert await cancels(work, clock, views[1]) == []
    assert await cancels(work, clock, views[1]) == []
    assert await states(work, edition) == ["placed", "cancelled", "waiting"]
    assert await proven(work, edition) == []


async def test_who_registers_again_goes_to_the_end(work: OpenWork, clock: StoryClock) -> None:
    edition = await opened(work, clock, mode=Mode.DIRECT, places=1)
    views = await queue_up(work, clock, edition, ["HKA", "UDA"])
    await cancels(work, clock, views[0])
    again = await registers(work, clock, edition, "learner-0", "HKA")
    assert again.registration.id != views[0].registration.id
    assert await states(work, edition) == ["cancelled", "placed", "waiting"]


async def test_each_sees_true_ranks_and_the_reason_that_holds_now(
    work: OpenWork, clock: StoryClock
) -> None:
    edition = await opened(work, clock, mode=Mode.DIRECT, places=3, per_institution=2)
    views = await queue_up(work, clock, edition, ["HKA", "UDA", "URN", "HKA", "HKA"])
    assert outcome(views[4]) == "waiting full"
    await cancels(work, clock, views[1])
    # Karlsruhe's second was promoted, so its third now waits for its own institution.
    caller = await a_learner(work, "learner-4")
    seen = await get_registration(views[4].registration.id, work=work(caller), caller=caller)
    assert (outcome(seen), seen.position, seen.position_within) == ("waiting quota", 4, 3)
    other = await a_learner(work, "learner-3")
    with pytest.raises(RegistrationNotFound):
        await get_registration(views[4].registration.id, work=work(other), caller=other)
    mine = await my_registrations(work=work(caller), caller=caller)
    assert [view.registration.id for view in mine] == [views[4].registration.id]


async def test_who_waits_sees_how_many_wait_before_them_and_not_who_has_a_place(
    work: OpenWork, clock: StoryClock
) -> None:
    edition = await opened(work, clock, mode=Mode.DIRECT, places=4, per_institution=2)
    views = await queue_up(work, clock, edition, ["HKA"] * 3 + ["UDA"] * 2 + ["URN", "HIS"])
    told = [(view.position, view.position_within, view.waiting_position) for view in views]
    assert told == [
        (1, 1, None), (2, 2, None), (3, 3, 1), (4, 1, None), (5, 2, None), (6, 1, 2), (7, 1, 3),
    ]  # fmt: skip
    listed = await list_registrations(
        edition.id, institution=None, states=(), after=None, limit=50, work=work(),
        caller=officer(),
    )  # fmt: skip
    assert [(v.position, v.position_within, v.waiting_position) for v in listed] == told
    await cancels(work, clock, views[0])
    last = await a_learner(work, "learner-6")
    seen = await get_registration(views[6].registration.id, work=work(last), caller=last)
    assert (seen.position, seen.waiting_position) == (6, 2)


async def test_each_officer_sees_their_own_names_and_everybodys_numbers(
    work: OpenWork, clock: StoryClock
) -> None:
    edition = await opened(work, clock, mode=Mode.DIRECT, places=3, per_institution=2)
    await queue_up(work, clock, edition, ["HIS", "HIS", "HIS", "UDA", "EXT:Town Hall"])

    async def names(at: str, institution: str | None = None) -> list[str]:
        caller = officer(at)
        found = await list_registrations(
            edition.id, institution=institution, states=(), after=None, limit=50,
            work=work(caller), caller=caller,
        )  # fmt: skip
        return [view.person.full_name.removeprefix("Learner learner-") for view in found]

    assert await names("HIS") == ["0", "1", "2"]
    assert await names("HIS", "UDA") == []
    assert await names("UNIOVI") == ["0", "1", "2", "3", "4"]
    assert await names("UNIOVI", "UDA") == ["3"]
    report = await get_places(edition.id, work=work(), caller=officer("MTU"))
    numbers = {
        row.bucket: (row.cap, row.placed, row.free, row.waiting, dict(row.waiting_reasons))
        for row in report.institutions
        if row.placed or row.waiting
    }
    assert numbers == {
        "HIS": (2, 2, 0, 1, {Reason.QUOTA: 1}),
        "UDA": (2, 1, 0, 0, {}),
        "EXT:town hall": (2, 0, 0, 1, {Reason.FULL: 1}),
    }
    whole = report.whole
    assert (whole.cap, whole.placed, whole.free, whole.waiting) == (3, 3, 0, 2)
    assert len(report.institutions) == 11
    one = await get_places(edition.id, "HIS", work=work(), caller=officer("MTU"))
    assert [row.bucket for row in one.institutions] == ["HIS"]


async def test_availability_tells_each_institution_what_to_expect(
    work: OpenWork, clock: StoryClock
) -> None:
    edition = await opened(work, clock, mode=Mode.DIRECT, places=3, per_institution=1)
    await queue_up(work, clock, edition, ["HIS", "HKA", "HKA"])

    async def told() -> dict[str, Availability]:
        _, found = await get_availability(edition.id, work=work())
        return {b: a for b, a in found if b in ("HIS", "HKA", "UDA", "EXT:")}

    assert await told() == {
        "HIS": Availability.FULL,
        "HKA": Availability.FULL_WITH_QUEUE,
        "UDA": Availability.OPEN,
        "EXT:": Availability.OPEN,
    }
    await registers(work, clock, edition, "third", "MTU")
    # Full, and those who wait compete for no seat of the others: their institution is full.
    assert (await told())["UDA"] is Availability.FULL
    await registers(work, clock, edition, "fourth", "URN")
    assert (await told())["UDA"] is Availability.FULL_WITH_QUEUE
    async with work() as w:
        version = (await w.editions.read(edition.id)).version
    await close_edition(edition.id, version, "full", work=work(), caller=officer(), clock=clock)
    assert set((await told()).values()) == {Availability.CLOSED}


async def test_people_from_outside_count_by_the_editions_rule(
    work: OpenWork, clock: StoryClock
) -> None:
    own = await opened(work, clock, mode=Mode.DIRECT, per_institution=1)
    queue = ["EXT:Town Hall", "EXT:TOWN hall", "EXT:Chamber of Commerce"]
    views = await queue_up(work, clock, own, queue)
    views.append(await registers(work, clock, own, "self-employed", None))
    assert [(v.registration.bucket, v.registration.state.value) for v in views] == [
        ("EXT:town hall", "placed"), ("EXT:town hall", "waiting"),
        ("EXT:chamber of commerce", "placed"), ("INDEPENDENT", "placed"),
    ]  # fmt: skip
    shared = await opened(
        work, clock, mode=Mode.DIRECT, per_institution=1,
        no_institution=NoInstitutionRule.SHARED_BUCKET,
    )  # fmt: skip
    views = await queue_up(work, clock, shared, queue)
    assert [v.registration.state.value for v in views] == ["placed", "waiting", "waiting"]
    closed = await opened(
        work, clock, mode=Mode.DIRECT, no_institution=NoInstitutionRule.NOT_ADMITTED
    )
    with pytest.raises(NotAdmitted):
        await registers(work, clock, closed, "outsider", "EXT:Town Hall")


async def test_a_misspelt_partner_is_an_officers_decision_and_not_a_bucket_of_its_own(
    work: OpenWork, clock: StoryClock
) -> None:
    edition = await opened(work, clock, mode=Mode.DIRECT)
    views = await queue_up(
        work, clock, edition, ["EXT:Univercity of Oviedo", "EXT:Uni Oviedo", "EXT:hogskolan SKOVDE"]
    )
    assert {outcome(view) for view in views} == {"needs_decision institution_unclear"}
    known = await registers(work, clock, edition, "spelt", "EXT:universidad  de OVIEDO")
    assert (known.registration.bucket, known.registration.state) == ("UNIOVI", State.PLACED)


async def test_only_what_can_be_right_is_registered(work: OpenWork, clock: StoryClock) -> None:
    edition = await opened(work, clock, mode=Mode.DIRECT)
    with pytest.raises(RegistrationInvalid) as refused:
        await registers(
            work, clock, edition, "x\ny", "NOWHERE", country="Spain", language="español",
        )  # fmt: skip
    assert [f.pointer for f in refused.value.findings] == [
        "/full_name", "/email", "/country", "/language",
    ]  # fmt: skip
    with pytest.raises(RegistrationInvalid) as refused:
        await registers(work, clock, edition, "anna", "NOWHERE")
    assert [f.pointer for f in refused.value.findings] == ["/institution"]
    assert await states(work, edition) == []


async def test_an_officer_registers_others_of_their_institution_only(
    work: OpenWork, clock: StoryClock
) -> None:
    edition = await opened(work, clock, mode=Mode.DIRECT)
    async with work() as w:
        account = (await a_learner(work, "officer")).account
        assert account is not None
        del w
    at_skovde = officer("HIS", account)

    async def for_another(name: str, institution: str) -> RegistrationView:
        view, _ = await register(
            edition.id, a_request(name, institution, for_another=True), work=work(at_skovde),
            caller=at_skovde, clock=clock, likeness=LIKENESS,
        )  # fmt: skip
        return view

    first = await for_another("sven", "HIS")
    assert (first.registration.state, first.own) == (State.PLACED, False)
    with pytest.raises(NotAllowed):
        await for_another("otto", "HKA")
    # The person signs in later, with the address verified: it is their registration.
    sven = await a_learner(work, "sven")
    mine, is_new = await register(
        edition.id, a_request("sven", "HIS"), work=work(sven), caller=sven, clock=clock,
        likeness=LIKENESS,
    )  # fmt: skip
    assert (mine.registration.id, is_new) == (first.registration.id, False)


async def test_a_registration_that_has_changed_is_not_given_up_by_an_old_view(
    work: OpenWork, clock: StoryClock
) -> None:
    edition = await opened(work, clock, mode=Mode.DIRECT, places=1)
    views = await queue_up(work, clock, edition, ["HKA", "UDA"])
    await cancels(work, clock, views[0])
    with pytest.raises(RegistrationStale):
        await cancel_registration(
            views[1].registration.id, 1, work=work(), caller=officer(), clock=clock
        )
