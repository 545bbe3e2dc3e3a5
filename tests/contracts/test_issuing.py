"""Issuing as a story: the same on PostgreSQL and in memory."""

import asyncio
from dataclasses import replace

import pytest

from app.domain.access.permissions import NotAllowed
from app.domain.access.roles import Caller, Role
from app.domain.credentials.batch import (
    BatchIncomplete,
    BatchMoveNotAllowed,
    BatchNotFound,
    BatchStale,
    BatchState,
    NothingToIssue,
    Outcome,
    SpecificationChanged,
)
from app.domain.credentials.batch_actions import allowed_on_batch
from app.domain.credentials.credential import Change, SamePerson
from app.domain.credentials.errors import EditionNotFound
from app.domain.credentials.seal import DocumentInvalid, SealDoubtful, SealUnavailable
from app.domain.credentials.status import CredentialState
from app.domain.credentials.use_cases.batches import (
    LearnerOutcome,
    approve_batch,
    cancel_batch,
    get_batch,
    list_awards,
    list_batches,
)
from app.domain.errors import Finding, NotAuthenticated
from app.domain.ids import new_id
from app.domain.jobs import JobState
from tests.contracts.issuing_house import House, memory_house, postgres_house
from tests.issuing_builders import LEARNER, Notes, officer

EXPIRED = Finding("/certificate/valid_until", "certificate_expired", "It has expired.")


@pytest.fixture(params=["memory", "postgres"])
def house(request: pytest.FixtureRequest) -> House:
    if request.param == "memory":
        return memory_house()
    return postgres_house(request.getfixturevalue("engine"))


async def test_every_learner_who_passed_gets_one_credential(house):
    awards = house.learners(5)
    notes = Notes()
    outcome = await house.run(await house.approved(), notes)
    assert outcome == Outcome(sealed=5, skipped=0, failed=0)
    live = await house.live()
    assert sorted(live) == sorted(award.registration for award in awards)
    assert {len(credentials) for credentials in live.values()} == {1}
    assert notes.items == {
        str(registration): ("done", "sealed", {"credential": str(credentials[0])})
        for registration, credentials in live.items()
    }
    assert notes.reports[0] == (0, 5)
    assert {done for done, _ in notes.reports} == {0, 1, 2, 3, 4, 5}
    assert notes.reports[-1] == (5, 5)


async def test_each_sealing_is_told_once_and_the_end_of_the_batch_last(house):
    house.learners(3)
    batch = await house.approved()
    await house.run(batch)
    await house.run(batch)
    sealed = [
        {"event": "CredentialSealed", "subject": str(credentials[0])}
        for credentials in (await house.live()).values()
    ]
    told = await house.told()
    assert sorted(told[:-1], key=str) == sorted(sealed, key=str)
    assert told[-1] == {"event": "BatchFinished", "subject": str(batch.id)}


async def test_running_it_again_issues_nothing_twice(house):
    house.learners(4)
    batch = await house.approved()
    first = await house.run(batch)
    before = await house.live()
    assert await house.run(batch) == first
    assert await house.live() == before
    assert len(house.sealing.orders) == 4


async def test_two_batches_for_the_same_learners_make_one_credential_each(house):
    house.learners(6)
    first, second = await house.approved(), await house.approved()
    notes = [Notes(), Notes()]
    outcomes = await asyncio.gather(house.run(first, notes[0]), house.run(second, notes[1]))
    assert sum(outcome.sealed for outcome in outcomes) == 6
    assert sum(outcome.skipped for outcome in outcomes) == 6
    assert [len(credentials) for credentials in (await house.live()).values()] == [1] * 6


async def test_the_same_job_run_by_two_workers_at_once_makes_one_credential_each(house):
    house.learners(6)
    batch = await house.approved()
    notes = Notes()
    outcomes = await asyncio.gather(house.run(batch, notes), house.run(batch, notes))
    assert set(outcomes) == {Outcome(sealed=6, skipped=0, failed=0)}
    assert [len(credentials) for credentials in (await house.live()).values()] == [1] * 6
    assert notes.codes() == {"sealed": 6}


async def test_a_worker_that_died_between_keeping_and_telling_is_made_up_for(house):
    house.learners(3)
    batch = await house.approved()

    class Dies(Exception):
        pass

    class Deaf(Notes):
        async def item(self, key, status, code, detail=None):
            raise Dies

    with pytest.raises(Dies):
        await house.run(batch, Deaf())
    kept = await house.live()
    assert 1 <= len(kept) <= 2
    notes = Notes()
    assert await house.run(batch, notes) == Outcome(sealed=3, skipped=0, failed=0)
    assert notes.codes() == {"sealed": 3}
    assert {r: c for r, c in (await house.live()).items() if r in kept} == kept


async def test_a_cancelled_job_leaves_what_is_sealed_and_goes_on_when_resumed(house):
    house.learners(8)
    batch = await house.approved()
    assert await house.run(batch, Notes(cancel_after=3)) is None
    sealed = await house.live()
    assert 3 <= len(sealed) <= 4
    async with house.work() as work:
        assert (await work.batches.read(batch.id)).state is BatchState.STOPPED
    assert await house.run(batch) == Outcome(sealed=8, skipped=0, failed=0)
    assert {r: c for r, c in (await house.live()).items() if r in sealed} == sealed


async def test_an_objection_after_approval_keeps_that_learner_out_and_only_that_one(house):
    awards = house.learners(4)
    batch = await house.approved()
    house.awards.postpone(awards[1].registration, "objection_open")
    notes = Notes()
    with pytest.raises(BatchIncomplete, match="1 of 4"):
        await house.run(batch, notes)
    assert notes.items[str(awards[1].registration)] == ("failed", "award_not_ready", {})
    assert sorted(await house.live()) == sorted(
        a.registration for a in awards if a is not awards[1]
    )


async def test_an_objection_while_the_seal_is_at_work_wins(house):
    awards = house.learners(1)
    batch = await house.approved()
    house.sealing.before_issuing = lambda order: house.awards.postpone(
        order.award.registration, "objection_open"
    )
    with pytest.raises(BatchIncomplete):
        await house.run(batch)
    assert await house.live() == {}
    assert len(house.sealing.orders) == len(awards)


async def test_a_name_changed_after_the_two_officers_agreed_is_not_sealed(house):
    (award, _) = house.learners(2)
    batch = await house.approved()
    house.awards.ready[award.registration] = replace(
        award, holder=replace(award.holder, full_name="Somebody Else")
    )
    notes = Notes()
    with pytest.raises(BatchIncomplete):
        await house.run(batch, notes)
    assert notes.items[str(award.registration)] == ("failed", "award_changed", {})
    # A new batch, which two officers look at, takes the new name.
    assert await house.run(await house.approved()) == Outcome(sealed=1, skipped=0, failed=0)
    assert house.sealing.orders[-1].award.holder.full_name == "Somebody Else"


async def test_only_failures_are_tried_again(house):
    awards = house.learners(3)
    batch = await house.approved()

    def refuse(order):
        if order.award.registration == awards[0].registration:
            raise DocumentInvalid((Finding("/issuer", "required", "Say who issues."),))

    house.sealing.before_issuing = refuse
    notes = Notes()
    with pytest.raises(BatchIncomplete):
        await house.run(batch, notes)
    assert notes.items[str(awards[0].registration)] == ("failed", "document_invalid", {})
    house.sealing.before_issuing = lambda order: None
    house.sealing.orders.clear()
    assert await house.run(batch, notes) == Outcome(sealed=3, skipped=0, failed=0)
    assert [order.award.registration for order in house.sealing.orders] == [awards[0].registration]
    assert notes.codes() == {"sealed": 3}


async def test_a_defect_of_ours_with_one_learner_does_not_hold_up_the_others(house, caplog):
    awards = house.learners(3)
    batch = await house.approved()

    def stumble(order):
        if order.award.registration == awards[2].registration:
            raise KeyError(order.award.holder.full_name)

    house.sealing.before_issuing = stumble
    notes = Notes()
    with pytest.raises(BatchIncomplete):
        await house.run(batch, notes)
    assert notes.codes() == {"sealed": 2, "issuing_defect": 1}
    assert str(awards[2].registration) in caplog.text
    assert "Learner" not in caplog.text


async def test_a_seal_that_cannot_be_reached_stops_the_batch_for_a_later_resume(house):
    house.learners(5)
    batch = await house.approved()

    def out_of_reach(order):
        if len(house.sealing.orders) > 2:
            raise SealUnavailable("The seal does not answer.")

    house.sealing.before_issuing = out_of_reach
    with pytest.raises(SealUnavailable):
        await house.run(batch)
    assert len(await house.live()) == 2
    assert len(house.sealing.orders) <= 4
    house.sealing.before_issuing = lambda order: None
    assert await house.run(batch) == Outcome(sealed=5, skipped=0, failed=0)


async def test_a_seal_that_expires_during_a_batch_seals_nothing_more(house):
    house.learners(4)
    batch = await house.approved()
    house.sealing.findings = (EXPIRED,)
    with pytest.raises(SealDoubtful):
        await house.run(batch)
    assert await house.live() == {}


async def test_a_batch_does_not_run_on_another_certified_content_than_was_approved(house):
    house.learners(1)
    batch = await house.approved()
    house.published.only = replace(house.micro_credential, certified_hash="sha256:" + "0" * 64)
    with pytest.raises(SpecificationChanged):
        await house.run(batch)
    assert await house.live() == {}


async def test_approval_starts_a_job_for_the_batch(house):
    house.learners(2)
    batch = await house.approved()
    async with house.work() as work:
        job = await work.jobs.read(batch.job)
        kept = await work.batches.read(batch.id)
    assert (job.kind, job.params, job.total) == (
        "issue_credentials",
        {"batch": str(batch.id)},
        2,
    )
    assert (kept.state, kept.version, kept.approved_by) == (
        BatchState.APPROVED,
        2,
        house.ivan.account,
    )


async def test_the_one_who_prepared_does_not_approve_and_is_told_so_beforehand(house):
    house.learners(1)
    batch = await house.prepared()
    assert allowed_on_batch(batch, house.ines) == ["cancel_batch"]
    assert allowed_on_batch(batch, house.ivan) == ["approve_batch", "cancel_batch"]
    with pytest.raises(SamePerson):
        await approve_batch(
            batch.id,
            1,
            work=lambda: house.work(house.ines),
            sealing=house.sealing,
            caller=house.ines,
            clock=house.clock,
        )


async def test_a_stale_approval_is_refused(house):
    house.learners(1)
    batch = await house.approved()
    with pytest.raises(BatchStale):
        await approve_batch(
            batch.id,
            1,
            work=lambda: house.work(house.ivan),
            sealing=house.sealing,
            caller=house.ivan,
            clock=house.clock,
        )


async def test_a_batch_given_up_before_its_job_ran_takes_the_job_with_it(house):
    house.learners(2)
    batch = await house.approved()
    cancelled = await cancel_batch(
        batch.id, 2, work=house.work(house.ines), caller=house.ines, clock=house.clock
    )
    assert (cancelled.state, cancelled.version) == (BatchState.CANCELLED, 3)
    async with house.work() as work:
        assert (await work.jobs.read(batch.job)).state is JobState.CANCELLED
    with pytest.raises(BatchMoveNotAllowed):
        await house.run(batch)


async def test_what_is_ready_issued_and_not_ready_is_told_apart(house):
    awards = house.learners(4)
    house.awards.postpone(awards[3].registration, "credential_data_missing")
    await house.run(await house.approved())
    newcomer = house.learners(1)[0]
    async with house.work() as work:
        (revoked,) = await work.credentials.of_registrations([awards[0].registration])
        credential = await work.credentials.get(revoked.id)
        credential.propose(Change.REVOKE, "wrong", by=house.ines.account, at=house.clock.now())
        credential.confirm(by=house.ivan.account, at=house.clock.now())
        await work.credentials.save(credential)
    seen = await list_awards(house.edition, work=house.work(house.ines), caller=house.ines)
    assert [award.registration for award in seen.ready] == [newcomer.registration]
    assert sorted(c.registration for c in seen.issued) == sorted(
        a.registration for a in awards[1:3]
    )
    assert {n.registration: n.reasons for n in seen.not_ready} == {
        awards[3].registration: ("credential_data_missing",),
        awards[0].registration: ("credential_revoked",),
    }


async def test_learners_of_an_older_version_are_not_certified_by_a_newer_one(house):
    house.learners(1)
    newer = replace(house.micro_credential, version=2, certified_hash="sha256:" + "2" * 64)
    house.published.only = newer
    seen = await list_awards(house.edition, work=house.work(house.ines), caller=house.ines)
    assert seen.ready == ()
    assert [n.reasons for n in seen.not_ready] == [("other_version_published",)]
    with pytest.raises(NothingToIssue):
        await house.prepared()


async def test_a_second_batch_when_all_have_theirs_is_refused(house):
    house.learners(2)
    await house.run(await house.approved())
    with pytest.raises(NothingToIssue, match="2 issued already"):
        await house.prepared()


async def test_no_batch_without_a_seal_beyond_doubt(house):
    house.learners(1)
    house.sealing.findings = (EXPIRED,)
    with pytest.raises(SealDoubtful):
        await house.prepared()
    house.sealing.findings = ()
    house.sealing.specimen = (Finding("/issuer", "required", "Say who issues."),)
    with pytest.raises(DocumentInvalid):
        await house.prepared()


async def test_officers_of_other_institutions_see_no_awards_and_do_not_know_of_the_batch(house):
    house.learners(1)
    batch = await house.prepared()
    stranger = officer(Role.ISSUER_OFFICER, "HKA")
    teacher = officer(Role.TEACHER, "UNIOVI")
    for nosy in (stranger, teacher, LEARNER):
        with pytest.raises(NotAllowed):
            await list_awards(house.edition, work=house.work(nosy), caller=nosy)
        with pytest.raises(BatchNotFound):
            await get_batch(batch.id, work=house.work(nosy), caller=nosy)
    nobody = Caller(account=None)
    with pytest.raises(NotAuthenticated):
        await list_awards(house.edition, work=house.work(nobody), caller=nobody)
    with pytest.raises(EditionNotFound):
        await list_awards(new_id(), work=house.work(house.ines), caller=house.ines)
    assert (
        await list_batches(
            edition=None, after=None, limit=10, work=house.work(stranger), caller=stranger
        )
        == []
    )
    with pytest.raises(NotAllowed):
        await list_batches(
            edition=None, after=None, limit=10, work=house.work(teacher), caller=teacher
        )


async def test_an_auditor_sees_the_batch_and_changes_nothing(house):
    house.learners(1)
    batch = await house.prepared()
    auditor = officer(Role.AUDITOR, None)
    seen, credentials = await get_batch(batch.id, work=house.work(auditor), caller=auditor)
    assert (seen.items, credentials) == (
        batch.items,
        [LearnerOutcome(item, None, None) for item in batch.items],
    )
    assert allowed_on_batch(batch, auditor) == []
    with pytest.raises(NotAllowed):
        await cancel_batch(batch.id, 1, work=house.work(auditor), caller=auditor, clock=house.clock)
    listed = await list_batches(
        edition=house.edition, after=None, limit=10, work=house.work(auditor), caller=auditor
    )
    assert [b.id for b in listed] == [batch.id]


async def test_the_batch_shows_which_credentials_came_of_it(house):
    house.learners(2)
    batch = await house.approved()
    await house.run(batch)
    seen, outcomes = await get_batch(batch.id, work=house.work(house.ines), caller=house.ines)
    credentials = [outcome.credential for outcome in outcomes if outcome.credential]
    assert [o.noted.code for o in outcomes if o.noted] == ["sealed"] * 2
    assert seen.state is BatchState.FINISHED
    assert seen.outcome == Outcome(2, 0, 0)
    assert {c.registration for c in credentials} == {i.registration for i in batch.items}
    assert {c.state for c in credentials} == {CredentialState.SEALED}
    assert {(c.prepared_by, c.approved_by) for c in credentials} == {
        (house.ines.account, house.ivan.account)
    }
