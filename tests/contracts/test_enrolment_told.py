"""What people and officers are told of a place or a turn, and that it is true when they read it."""

from datetime import timedelta

import pytest

from app.domain.enrolment.decisions import Kind
from app.domain.enrolment.edition import Edition, Mode
from app.domain.enrolment.quota import (
    EXTERNALS,
    PARTNERS,
    PER_INSTITUTION,
    Quota,
    QuotaRule,
    Waiting,
    institution_scope,
)
from app.domain.enrolment.sentences import explain
from app.domain.enrolment.use_cases.caps import CapsStep, stop_promotion
from app.domain.enrolment.use_cases.deciding import OfficerDecision, Ruling, decide_registration
from app.domain.enrolment.use_cases.editions import close_edition, start_edition
from app.domain.enrolment.use_cases.lists import get_standing, publish_list
from app.domain.enrolment.use_cases.places import get_places
from app.domain.enrolment.use_cases.registrations import get_registration
from app.domain.enrolment.use_cases.timetable import make_due_moves
from app.domain.enrolment.views import RegistrationView, why_waiting
from app.domain.vocabulary.micro_credential import NoInstitutionRule
from tests.contracts.conftest import OpenWork
from tests.contracts.enrolment_steps import cancels, outcome, proven, states
from tests.enrolment_builders import a_learner, officer, opened, queue_up, registers
from tests.memory_ports import StoryClock


async def told(work: OpenWork, view: RegistrationView) -> RegistrationView:
    """What an officer of the edition reads of it now, as the person does."""
    return await get_registration(view.registration.id, work=work(), caller=officer())


async def version(work: OpenWork, edition: Edition) -> int:
    async with work() as w:
        return (await w.editions.read(edition.id)).version


def sentence(view: RegistrationView) -> str:
    return explain(view.state, view.reason, "en", view.scope)


async def stops(work: OpenWork, clock: StoryClock, edition: Edition) -> Edition:
    step = CapsStep("stop_promotion", "The course begins on Monday.")
    stopped, _ = await stop_promotion(
        edition.id, await version(work, edition), step, work=work(), caller=officer(), clock=clock
    )
    return stopped


async def publishes(work: OpenWork, clock: StoryClock, edition: Edition) -> None:
    await publish_list(
        edition.id, await version(work, edition), reason="the list is ready",
        work=work(), caller=officer(), clock=clock,
    )  # fmt: skip


async def test_a_place_above_the_cap_is_promised_to_nobody_before_the_list_is_published(
    work: OpenWork, clock: StoryClock
) -> None:
    edition = await opened(work, clock, places=1, overrides_allowed=True)
    first = await registers(work, clock, edition, "ana", "UNIOVI")
    second = await registers(work, clock, edition, "bert", "HKA")
    await decide_registration(
        second.registration.id, 1, OfficerDecision(Ruling.PLACE, reason="teaches it next year"),
        work=work(), caller=officer(), clock=clock,
    )  # fmt: skip
    caller = await a_learner(work, "bert")
    own = await get_registration(second.registration.id, work=work(), caller=caller)
    assert outcome(own) == "waiting provisional"
    assert "You have a place" not in sentence(own)
    standing = await get_standing(edition.id, work=work(), caller=officer())
    said = {s.entrant.registration: s.outcome.reason for s in standing.standings}
    assert said == {first.registration.id: "full", second.registration.id: "override"}
    await publishes(work, clock, edition)
    own = await get_registration(second.registration.id, work=work(), caller=caller)
    assert outcome(own) == "placed override"
    assert await proven(work, edition) == []


@pytest.mark.parametrize("way", ["stopped", "started"])
async def test_once_no_more_places_are_given_that_alone_is_why_everybody_waits(
    work: OpenWork, clock: StoryClock, way: str
) -> None:
    quota = Quota(2, (QuotaRule(PER_INSTITUTION, max=1),))
    edition = await opened(work, clock, mode=Mode.DIRECT, quota=quota)
    views = await queue_up(work, clock, edition, ["HKA", "HKA", "UDA", "URN"])
    assert [outcome(v) for v in views] == [
        "placed in_order", "waiting quota", "placed in_order", "waiting full",
    ]  # fmt: skip
    if way == "stopped":
        await stops(work, clock, edition)
    else:
        seen = await version(work, edition)
        await close_edition(
            edition.id, seen, "all are here", work=work(), caller=officer(), clock=clock
        )
        await start_edition(
            edition.id, seen + 1, "all are here", work=work(), caller=officer(), clock=clock
        )
    assert await cancels(work, clock, views[0]) == []
    now = [await told(work, view) for view in views]
    left = "cancelled by_officer" if way == "stopped" else "withdrawn by_officer"
    assert [outcome(v) for v in now] == [
        left, "waiting cut_off", "placed in_order", "waiting cut_off",
    ]  # fmt: skip
    assert "gives no more places" in sentence(now[3])
    places = await get_places(edition.id, work=work(), caller=officer())
    assert places.whole.waiting_reasons == {"cut_off": 2}
    standing = await get_standing(edition.id, work=work(), caller=officer())
    waits = [s.outcome.reason for s in standing.standings if isinstance(s.outcome, Waiting)]
    assert waits == ["cut_off", "cut_off"]
    async with work() as w:
        log = await w.decisions.page(edition.id, after=0, limit=100)
        assert await why_waiting(views[1].registration, w) == ("cut_off", "edition")
    # What was decided stays as it was decided.
    entered = [line.reason for line in log if line.kind is Kind.REGISTERED]
    assert entered == ["in_order", "quota", "in_order", "full"]
    assert await proven(work, edition) == []


async def test_who_registers_after_the_cut_off_is_told_so_at_once(
    work: OpenWork, clock: StoryClock
) -> None:
    edition = await opened(work, clock, mode=Mode.DIRECT, places=1)
    await registers(work, clock, edition, "ana", "UNIOVI")
    await stops(work, clock, edition)
    assert outcome(await registers(work, clock, edition, "bert", "HKA")) == "waiting cut_off"


async def test_who_waits_for_a_place_that_many_organisations_share_is_told_whose_it_is(
    work: OpenWork, clock: StoryClock
) -> None:
    rules = (QuotaRule(PER_INSTITUTION, max=2), QuotaRule(EXTERNALS, max=1))
    edition = await opened(work, clock, mode=Mode.DIRECT, quota=Quota(10, rules))
    alpha = await registers(work, clock, edition, "ana", "EXT:Alpha Works")
    beta = await registers(work, clock, edition, "bert", "EXT:Beta Cooperative")
    assert (outcome(beta), beta.scope) == ("waiting quota", EXTERNALS)
    assert "people from outside the alliance" in sentence(beta)
    assert "your institution" not in sentence(beta)
    standing = await get_standing(edition.id, work=work(), caller=officer())
    assert standing.standings[1].outcome == Waiting(beta.reason, EXTERNALS)
    promoted = await cancels(work, clock, alpha)
    assert [one.id for one in promoted] == [beta.registration.id]


async def test_the_partners_together_may_be_full_before_any_of_them_is(
    work: OpenWork, clock: StoryClock
) -> None:
    rules = (QuotaRule(PER_INSTITUTION, max=2), QuotaRule(PARTNERS, max=3))
    edition = await opened(work, clock, mode=Mode.DIRECT, quota=Quota(10, rules))
    views = await queue_up(work, clock, edition, ["HKA", "HKA", "HKA", "UDA", "URN"])
    waits = [(v.reason, v.scope) for v in views if v.scope]
    assert waits == [("quota", institution_scope("HKA")), ("quota", PARTNERS)]
    assert "one of its people" in sentence(views[2])
    assert "the partner institutions together" in sentence(views[4])
    # Read later, and one by one, the same.
    assert [(await told(work, v)).scope for v in views] == [v.scope for v in views]


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        (NoInstitutionRule.OWN_BUCKET, "people without an institution"),
        (NoInstitutionRule.SHARED_BUCKET, "people from outside the alliance"),
    ],
)
async def test_people_without_an_institution_are_not_told_of_one(
    work: OpenWork, clock: StoryClock, rule: NoInstitutionRule, words: str
) -> None:
    edition = await opened(
        work, clock, mode=Mode.DIRECT, places=10, per_institution=1, no_institution=rule
    )
    await registers(work, clock, edition, "ana", None)
    waits = await registers(work, clock, edition, "bert", None)
    assert outcome(waits) == "waiting quota"
    assert words in sentence(waits)
    assert "your institution" not in sentence(waits)


async def test_a_cut_off_before_the_list_is_published_takes_no_place_from_it(
    work: OpenWork, clock: StoryClock
) -> None:
    """The places of the list are the first ones; the cut-off ends what comes after them."""
    edition = await opened(work, clock, places=2, promotion_until=clock.now() + timedelta(days=2))
    views = await queue_up(work, clock, edition, ["HKA", "UDA", "URN"])
    clock.move(timedelta(days=3))
    await make_due_moves(edition.id, work=work(), clock=clock)
    standing = await get_standing(edition.id, work=work(), caller=officer())
    assert [s.is_placed for s in standing.standings] == [True, True, False]
    await publishes(work, clock, edition)
    assert await states(work, edition) == ["placed", "placed", "waiting"]
    assert await cancels(work, clock, views[0]) == []
    assert outcome(await told(work, views[2])) == "waiting cut_off"
    async with work() as w:
        assert not (await w.editions.read(edition.id)).quota.giving
        log = await w.decisions.page(edition.id, after=0, limit=100)
    assert [(line.kind, line.reason) for line in log if line.kind is Kind.CAPS] == [
        ("caps", "caps_set"), ("caps", "promotion_ended"),
    ]  # fmt: skip
    assert await proven(work, edition) == []


async def test_after_a_cut_off_before_the_list_is_published_what_is_left_of_it_is_still_free(
    work: OpenWork, clock: StoryClock
) -> None:
    edition = await opened(
        work, clock, places=3, per_institution=2, promotion_until=clock.now() + timedelta(days=2)
    )
    await queue_up(work, clock, edition, ["HKA", "HKA"])
    clock.move(timedelta(days=3))
    await make_due_moves(edition.id, work=work(), clock=clock)

    async def free() -> tuple[int, int, int]:
        report = await get_places(edition.id, work=work(), caller=officer())
        of = {row.bucket: row.free for row in report.institutions}
        return report.whole.free, of["HKA"], of["UDA"]

    assert await free() == (1, 0, 1)
    await publishes(work, clock, edition)
    # The place is there, but nobody gets it any more.
    assert await free() == (1, 0, 0)
