"""What every unit of work of the platform promises."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from app.domain.access.ports import GrantNotFound, Identity, RoleGrant
from app.domain.access.roles import Caller, Role, Subject
from app.domain.ids import new_id
from app.domain.jobs import JobItem, JobNotFound, JobState
from app.domain.vocabulary.institutions import InstitutionNotFound
from tests.contracts.conftest import OpenWork
from tests.memory_ports import StoryClock

SUBJECT = Subject("https://id.example", "s-1")


async def test_the_ten_partners_are_known_with_confirmed_identifiers_only(work: OpenWork) -> None:
    async with work() as w:
        partners = await w.institutions.all()
        oviedo = await w.institutions.get("UNIOVI")
    assert [p.code for p in partners] == [
        "HIS", "HKA", "MTU", "MUS", "TUIASI", "UDA", "UNIOVI", "UOC", "URN", "XAMK",
    ]  # fmt: skip
    assert dict(oviedo.identifiers) == {"erasmus": "E  OVIEDO01", "ror": "006gksa02"}


async def test_an_unknown_partner_is_refused(work: OpenWork) -> None:
    async with work() as w:
        with pytest.raises(InstitutionNotFound):
            await w.institutions.get("NOBODY")


async def test_a_spelling_that_an_officer_decides_is_known_from_then_on(work: OpenWork) -> None:
    async with work() as w:
        assert "the oviedo one" not in await w.institutions.aliases()
        await w.institutions.remember_alias("The  OVIEDO, one", "UNIOVI")
    async with work() as w:
        assert (await w.institutions.aliases())["the oviedo one"] == "UNIOVI"
        await w.institutions.remember_alias("the oviedo one", "HKA")
    async with work() as w:
        assert (await w.institutions.aliases())["the oviedo one"] == "HKA"


async def test_the_same_subject_is_the_same_account(work: OpenWork, clock: StoryClock) -> None:
    callers = []
    for _ in range(2):
        async with work() as w:
            callers.append(await w.accounts.caller(Identity(SUBJECT), at=clock.now(), trace_id="t"))
    assert callers[0] == callers[1]
    assert callers[0].account is not None


async def test_two_who_sign_in_for_the_first_time_at_once_share_one_account(
    work: OpenWork, clock: StoryClock
) -> None:
    async def sign_in() -> Caller:
        async with work() as w:
            return await w.accounts.caller(Identity(SUBJECT), at=clock.now(), trace_id="t")

    callers = await asyncio.gather(*(sign_in() for _ in range(8)))
    async with work() as w:
        final = await w.accounts.caller(Identity(SUBJECT), at=clock.now(), trace_id="t")
    assert final.account in {caller.account for caller in callers}


async def test_a_grant_counts_from_its_first_instant_to_before_its_last(
    work: OpenWork, clock: StoryClock
) -> None:
    start = clock.now() + timedelta(days=1)
    end = start + timedelta(days=1)
    async with work() as w:
        account = await w.accounts.account(SUBJECT)
        await w.grants.add(
            RoleGrant(new_id(), account, SUBJECT, Role.TEACHER, "HKA", start, end, "operator")
        )
    held = []
    for at in (clock.now(), start, end - timedelta(microseconds=1), end):
        async with work() as w:
            caller = await w.accounts.caller(Identity(SUBJECT), at=at, trace_id="t")
        held.append([(g.role, g.institution) for g in caller.grants])
    assert held == [[], [(Role.TEACHER, "HKA")], [(Role.TEACHER, "HKA")], []]


async def test_grants_come_in_pages_and_by_institution(work: OpenWork, clock: StoryClock) -> None:
    async with work() as w:
        account = await w.accounts.account(SUBJECT)
        made = [
            RoleGrant(new_id(), account, SUBJECT, role, at, clock.now(), None, "operator")
            for role, at in ((Role.TEACHER, "HKA"), (Role.TEACHER, "UDA"), (Role.AUDITOR, None))
        ]
        for grant in made:
            await w.grants.add(grant)
    async with work() as w:
        first = await w.grants.page(institution=None, role=None, after=None, limit=2)
        rest = await w.grants.page(institution=None, role=None, after=first[-1].id, limit=2)
        at_uda = await w.grants.page(institution="UDA", role=None, after=None, limit=9)
    assert [*first, *rest] == made
    assert at_uda == [made[1]]


async def test_what_fails_leaves_nothing_behind(work: OpenWork, clock: StoryClock) -> None:
    started: list[UUID] = []

    async def begin_and_fail() -> None:
        async with work() as w:
            await w.trail.append("thing", "one", after="changed")
            started.append((await w.jobs.start("nothing", {})).id)
            await w.grants.get(uuid4())

    with pytest.raises(GrantNotFound):
        await begin_and_fail()
    async with work() as w:
        assert await w.audit.page(kind=None, subject=None, actor=None, after=None, limit=9) == []
        with pytest.raises(JobNotFound):
            await w.jobs.read(started[0])


async def test_the_audit_record_says_who_did_what(work: OpenWork, clock: StoryClock) -> None:
    caller = Caller(account=uuid4(), trace_id="abc")
    async with work(caller, "change_thing") as w:
        await w.trail.append("thing", "one", before="v1", after="v2", note="because")
    async with work() as w:
        (record,) = await w.audit.page(
            kind="thing", subject="one", actor=caller.actor, after=None, limit=9
        )
    assert (record.at, record.action, record.trace_id) == (clock.now(), "change_thing", "abc")
    assert (record.before, record.after, record.note) == ("v1", "v2", "because")


async def test_a_job_keeps_its_state_and_one_note_per_thing(work: OpenWork) -> None:
    async with work() as w:
        job = await w.jobs.start("count", {"edition": "e"}, total=2)
    async with work() as w:
        loaded = await w.jobs.get(job.id)
        await w.jobs.save(replace(loaded.moved(JobState.RUNNING), done=1))
        await w.jobs.put_item(job.id, JobItem("a", "failed", "seal_unavailable"))
        await w.jobs.put_item(job.id, JobItem("a", "done", "sealed", {"n": 1}))
    async with work() as w:
        after = await w.jobs.read(job.id)
        items = await w.jobs.items(job.id)
    assert (after.state, after.done, after.total, after.params) == (
        JobState.RUNNING, 1, 2, {"edition": "e"},
    )  # fmt: skip
    assert list(items) == [JobItem("a", "done", "sealed", {"n": 1})]


async def test_two_who_change_one_job_do_so_one_after_the_other(work: OpenWork) -> None:
    async with work() as w:
        job = await w.jobs.start("count", {})

    async def one_more() -> None:
        async with work() as w:
            loaded = await w.jobs.get(job.id)
            await asyncio.sleep(0.01)
            await w.jobs.save(replace(loaded, done=loaded.done + 1))

    await asyncio.gather(*(one_more() for _ in range(6)))
    async with work() as w:
        assert (await w.jobs.read(job.id)).done == 6
