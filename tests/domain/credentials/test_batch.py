from dataclasses import replace
from hashlib import sha256

import pytest

from app.domain.credentials.batch import (
    BatchItem,
    BatchMoveNotAllowed,
    BatchStale,
    BatchState,
    IssuingBatch,
    NothingToIssue,
    Outcome,
    SealChanged,
    SpecificationChanged,
    award_hash,
)
from app.domain.credentials.credential import SamePerson
from app.domain.credentials.events import BatchApproved, BatchFinished
from app.domain.credentials.seal import DocumentInvalid, SealDoubtful
from app.domain.errors import Finding
from app.domain.ids import new_id
from tests.issuing_builders import NOW, PaperSeal, an_award, the_micro_credential

FIRST, SECOND = new_id(), new_id()
EDITION = new_id()
MICRO_CREDENTIAL = the_micro_credential()
EXPIRED = Finding("/certificate/valid_until", "certificate_expired", "It has expired.")


async def a_batch(**changes):
    given = {
        "seal": await PaperSeal().facts("UNIOVI"),
        "specimen": (),
        "issued": 0,
        "not_ready": 2,
        "by": FIRST,
        "at": NOW,
        **changes,
    }
    awards = given.pop("awards", [an_award(EDITION, MICRO_CREDENTIAL) for _ in range(3)])
    return IssuingBatch.prepare(EDITION, MICRO_CREDENTIAL, awards, **given)


async def test_a_batch_names_each_learner_once_and_what_exactly_is_certified():
    awards = [an_award(EDITION, MICRO_CREDENTIAL) for _ in range(3)]
    batch = await a_batch(awards=[awards[2], awards[0], awards[1]])
    assert batch.items == tuple(BatchItem(a.registration, award_hash(a)) for a in awards)
    assert (batch.state, batch.issuer, batch.not_ready) == (BatchState.PREPARED, "UNIOVI", 2)


async def test_another_grade_or_another_name_is_another_award():
    award = an_award(EDITION, MICRO_CREDENTIAL)
    renamed = replace(award, holder=replace(award.holder, full_name="Zoe Nandu"))
    hashes = {award_hash(award), award_hash(renamed), award_hash(replace(award, grade="Fail"))}
    assert len(hashes) == 3


async def test_another_address_or_language_to_write_in_is_the_same_award():
    award = an_award(EDITION, MICRO_CREDENTIAL)
    moved = replace(award.holder, email="new@example.org", language="it")
    assert award_hash(replace(award, holder=moved)) == award_hash(award)


async def test_an_empty_batch_says_why_it_is_empty():
    with pytest.raises(NothingToIssue) as refusal:
        await a_batch(awards=[], issued=4, not_ready=1)
    assert "4 issued already, 1 not ready" in refusal.value.detail


async def test_no_batch_is_prepared_under_a_doubtful_seal():
    seal = replace(await PaperSeal().facts("UNIOVI"), findings=(EXPIRED,))
    with pytest.raises(SealDoubtful) as refusal:
        await a_batch(seal=seal)
    assert refusal.value.findings == (EXPIRED,)


async def test_no_batch_is_prepared_whose_first_credential_would_not_conform():
    finding = Finding("/issuer", "required", "It has no issuer.")
    with pytest.raises(DocumentInvalid) as refusal:
        await a_batch(specimen=[finding])
    assert refusal.value.findings == (finding,)


async def test_another_officer_approves():
    batch = await a_batch()
    seal = await PaperSeal().facts("UNIOVI")
    batch.approve(seal=seal, certified_hash=MICRO_CREDENTIAL.certified_hash, by=SECOND, at=NOW)
    assert (batch.state, batch.approved_by) == (BatchState.APPROVED, SECOND)
    assert batch.take_events() == [BatchApproved(batch.id, EDITION)]


async def test_the_officer_who_prepared_it_does_not_approve():
    batch = await a_batch()
    with pytest.raises(SamePerson):
        batch.approve(
            seal=await PaperSeal().facts("UNIOVI"),
            certified_hash=MICRO_CREDENTIAL.certified_hash,
            by=FIRST,
            at=NOW,
        )
    assert batch.state is BatchState.PREPARED


@pytest.mark.parametrize(
    ("certificate", "findings", "certified_hash", "refusal"),
    [
        ("c1", (EXPIRED,), MICRO_CREDENTIAL.certified_hash, SealDoubtful),
        ("c2", (), MICRO_CREDENTIAL.certified_hash, SealChanged),
        ("c1", (), "sha256:" + "0" * 64, SpecificationChanged),
    ],
    ids=["a seal that expired meanwhile", "another seal", "another certified content"],
)
async def test_approval_is_for_what_both_officers_have_seen(
    certificate, findings, certified_hash, refusal
):
    batch = await a_batch()
    seal = replace(
        await PaperSeal().facts("UNIOVI"),
        findings=findings,
        certificate_sha256=sha256(certificate.encode()).hexdigest(),
    )
    with pytest.raises(refusal):
        batch.approve(seal=seal, certified_hash=certified_hash, by=SECOND, at=NOW)
    assert batch.state is BatchState.PREPARED


async def test_a_batch_goes_on_after_a_worker_has_died_and_after_it_was_stopped():
    batch = await a_batch()
    batch.state = BatchState.APPROVED
    batch.start()
    batch.start()
    batch.stop()
    batch.start()
    batch.finish(Outcome(2, 0, 1), NOW)
    assert not batch.is_complete
    batch.start()
    batch.finish(Outcome(3, 0, 0), NOW)
    assert batch.is_complete
    assert batch.take_events() == [
        BatchFinished(batch.id, EDITION, 2, 0, 1),
        BatchFinished(batch.id, EDITION, 3, 0, 0),
    ]


async def test_a_batch_that_nobody_approved_does_not_run():
    batch = await a_batch()
    with pytest.raises(BatchMoveNotAllowed):
        batch.start()


async def test_a_batch_that_was_given_up_stays_so():
    batch = await a_batch()
    batch.cancel()
    with pytest.raises(BatchMoveNotAllowed):
        batch.start()
    assert not batch.may_be_cancelled


async def test_a_batch_given_up_under_its_workers_feet_ends_when_the_worker_stops():
    batch = await a_batch()
    batch.state = BatchState.RUNNING
    batch.cancel(at_work=True)
    assert (batch.state, batch.may_be_cancelled) == (BatchState.RUNNING, False)
    batch.stop()
    assert batch.state is BatchState.CANCELLED


async def test_a_decision_on_an_older_version_is_refused_with_the_current_one():
    batch = await a_batch()
    batch.version = 3
    with pytest.raises(BatchStale) as refusal:
        batch.expect(2)
    assert refusal.value.current == 3
