"""Whatever happens to an edition, its caps hold, nobody waits beside a free seat, and the log
proves it."""

import asyncio
from contextlib import suppress
from dataclasses import replace

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.domain.enrolment.changing import EditionChanges
from app.domain.enrolment.decisions import Decision, Kind, Replay, compare, replay
from app.domain.enrolment.edition import Edition, Mode
from app.domain.enrolment.errors import CapBelowAdmitted
from app.domain.enrolment.quota import (
    EXTERNALS,
    PER_INSTITUTION,
    Counts,
    Placed,
    Quota,
    QuotaRule,
    decide,
    institution_scope,
)
from app.domain.enrolment.reasons import Reason
from app.domain.enrolment.registration import Registration, State
from app.domain.enrolment.use_cases.affiliation import Saying, contest_affiliation, decide_contest
from app.domain.enrolment.use_cases.deciding import OfficerDecision, Ruling, decide_registration
from app.domain.enrolment.use_cases.editions import edit_edition
from app.domain.enrolment.use_cases.lists import publish_list, replay_decisions
from app.domain.enrolment.use_cases.registrations import cancel_registration
from app.domain.errors import Conflict
from tests.domain.enrolment.memory import Store
from tests.enrolment_builders import officer, opened, queue_up, registers

FROM = ["UNIOVI", "HKA", "HIS", "EXT:Town Hall", "EXT:Chamber of Commerce"]

quotas = st.builds(
    lambda places, most, outside, held: Quota(
        places,
        (
            QuotaRule(PER_INSTITUTION, max=most),
            QuotaRule(EXTERNALS, max=outside),
            QuotaRule(institution_scope("HIS"), max=most, min=min(held, most, places)),
        ),
    ),
    st.integers(1, 7),
    st.integers(1, 4),
    st.integers(1, 4),
    st.integers(0, 2),
)
steps = st.lists(
    st.one_of(
        st.tuples(st.just("register"), st.sampled_from(FROM)),
        st.tuples(st.just("cancel"), st.integers(0, 20)),
        st.tuples(st.just("caps"), quotas),
        st.tuples(st.just("release"), st.just(None)),
        st.tuples(st.just("lift"), st.just(None)),
        st.tuples(st.just("contest"), st.integers(0, 20)),
        st.tuples(st.just("merge"), st.integers(0, 20)),
    ),
    max_size=25,
)


async def changes_caps(store: Store, edition: Edition, quota: Quota) -> None:
    async with store() as w:
        version = (await w.editions.read(edition.id)).version
    with suppress(CapBelowAdmitted):
        await edit_edition(
            edition.id,
            version,
            EditionChanges({"quota": quota}, "because"),
            work=store(),
            caller=officer(),
            clock=store.clock,
        )


async def is_contested(store: Store, one: Registration) -> None:
    """Their institution does not know them, and the edition's officer agrees."""
    with suppress(Conflict):
        by = officer(str(one.bucket))
        seen = await contest_affiliation(
            Saying(one.id, one.version, "no"), work=store(), caller=by, clock=store.clock
        )
        await decide_contest(
            Saying(one.id, seen.registration.version, "agreed"), upheld=True, work=store(),
            caller=officer(), clock=store.clock,
        )  # fmt: skip


async def are_merged(store: Store, one: Registration, other: Registration) -> None:
    """An officer finds that two are one person."""
    if not (one.is_live and other.is_live) or one.id == other.id:
        return
    async with store() as w:
        edition = await w.editions.get(one.edition)
        marked = await w.registrations.get(one.id)
        marked.warnings = (Reason.POSSIBLE_DOUBLE.value,)
        await w.registrations.save(edition, [marked])
    await decide_registration(
        one.id, marked.version, OfficerDecision(Ruling.MERGE, same_as=other.id), work=store(),
        caller=officer(), clock=store.clock,
    )  # fmt: skip


async def live(store: Store, edition: Edition, happened: list[tuple[str, object]]) -> None:
    """One thing after the other; what has to hold is looked at after each."""
    registered = 0
    for what, how in happened:
        async with store() as w:
            quota = (await w.editions.read(edition.id)).quota
            everybody = await w.registrations.page(
                edition.id, buckets=None, states=(), after=None, limit=100
            )
        match what:
            case "register":
                registered += 1
                await registers(store, store.clock, edition, f"n{registered}", str(how))
            case "cancel" if everybody:
                assert isinstance(how, int)
                one = everybody[how % len(everybody)]
                await cancel_registration(
                    one.id, one.version, work=store(), caller=officer(), clock=store.clock
                )
            case "contest" if everybody:
                assert isinstance(how, int)
                await is_contested(store, everybody[how % len(everybody)])
            case "merge" if everybody:
                assert isinstance(how, int)
                await are_merged(store, everybody[how % len(everybody)], everybody[0])
            case "caps":
                assert isinstance(how, Quota)
                await changes_caps(store, edition, how)
            case "release":
                await changes_caps(store, edition, quota.with_released(institution_scope("HIS")))
            case "lift":
                await changes_caps(store, edition, quota.with_lifted(PER_INSTITUTION))
            case _:
                pass
        await holds(store, edition)


async def holds(store: Store, edition: Edition) -> None:
    async with store() as w:
        quota = (await w.editions.read(edition.id)).quota
        placed = await w.registrations.seated(edition.id)
        waiting = await w.registrations.entrants(edition.id)
    counts = Counts()
    for entrant in placed:
        counts.take(entrant.bucket)
    above = {s: n for s, n in counts.placed.items() if n > (quota.cap_of(s) or 10**6)}
    assert above == {}
    fitting = [e for e in waiting if isinstance(decide(counts, quota, e.bucket), Placed)]
    assert fitting == []
    report = await replay_decisions(edition.id, work=store(), caller=officer())
    assert list(report.differences) == []


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(quotas, steps)
def test_a_direct_edition_through_whatever_happens(quota, happened):
    async def story() -> None:
        store = Store()
        edition = await opened(store, store.clock, mode=Mode.DIRECT, quota=quota)
        await live(store, edition, happened)

    asyncio.run(story())


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(quotas, st.lists(st.sampled_from(FROM), max_size=12), steps)
def test_a_published_edition_through_whatever_happens(quota, before, happened):
    async def story() -> None:
        store = Store()
        edition = await opened(store, store.clock, quota=quota)
        await queue_up(store, store.clock, edition, before)
        await publish_list(
            edition.id, 2, reason="early", work=store(), caller=officer(), clock=store.clock
        )
        await live(store, edition, happened)

    asyncio.run(story())


async def a_log() -> tuple[list[Decision], Replay]:
    store = Store()
    edition = await opened(
        store, store.clock, mode=Mode.DIRECT, quota=Quota(3, (QuotaRule(PER_INSTITUTION, max=2),))
    )
    views = await queue_up(store, store.clock, edition, ["HIS", "HIS", "HIS", "HKA", "UDA", "HKA"])
    for view in (views[0], views[3]):
        await cancel_registration(
            view.registration.id, view.registration.version, work=store(), caller=officer(),
            clock=store.clock,
        )  # fmt: skip
    async with store() as w:
        log = list(await w.decisions.page(edition.id, after=0, limit=100))
    return log, replay(log)


def test_the_replay_of_a_log_that_was_tampered_with_does_not_agree():
    log, honest = asyncio.run(a_log())
    assert honest.differences == []
    assert [d.kind for d in log] == [
        Kind.CAPS, *[Kind.REGISTERED] * 6, Kind.ENDED, Kind.PROMOTED, Kind.ENDED, Kind.PROMOTED,
    ]  # fmt: skip
    turned_away = replace(log[1], state=State.WAITING, reason=Reason.FULL)
    for tampered in (
        [*log[:1], turned_away, *log[2:]],
        [*log[:8], *log[9:]],
        [*log[:8], replace(log[8], registration=log[6].registration), *log[9:]],
        log[:8],
        [replace(log[0], caps=Quota(4)), *log[1:]],
        [*log[:3], *log[4:]],
    ):
        assert replay(tampered).differences != []


def test_what_is_stored_differently_is_named():
    log, honest = asyncio.run(a_log())
    stored = dict(honest.states)
    assert compare(honest, stored) == []
    first = log[1].registration
    assert first is not None
    stored[first] = State.PLACED
    (difference,) = compare(honest, stored)
    assert difference.registration == first
