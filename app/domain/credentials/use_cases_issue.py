"""Issuing a batch: the job that builds, seals and keeps one credential per learner.

Reading, sealing and keeping are three steps with no transaction around them all: nothing computes
for long while rows are locked. What makes it exactly once is the database, which holds one live
credential per award, so the job may be killed and run again at any moment.
"""

import asyncio
import logging
import traceback
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

from app.domain.clock import Clock
from app.domain.credentials.batch import (
    BatchIncomplete,
    BatchItem,
    BatchState,
    IssuingBatch,
    Outcome,
    SpecificationChanged,
    award_hash,
)
from app.domain.credentials.credential import Credential, Source
from app.domain.credentials.ports import (
    AnotherIsLive,
    CredentialsWork,
    EditionNotFound,
    Sealing,
    WorkMaker,
)
from app.domain.credentials.seal import IssuedCredential, IssuingOrder, SealDoubtful
from app.domain.credentials.status import LIVE, Channel, Delivery, DeliveryState
from app.domain.credentials.use_cases_batches import certified
from app.domain.credentials.use_cases_wallet import want_deposit
from app.domain.errors import Conflict, DomainError, InternalInconsistency, Unavailable
from app.domain.ids import new_id
from app.domain.jobs import JobItem, Progress
from app.domain.vocabulary.award import Award
from app.domain.vocabulary.institutions import Alliance, Institution
from app.domain.vocabulary.micro_credential import MicroCredential

AT_ONCE = 2
"""Credentials in the making at the same time: one is kept while the next is rendered."""

log = logging.getLogger(__name__)


class AwardChanged(Conflict):
    """The award is no longer what the two officers agreed on."""

    code = "award_changed"

    def __init__(self) -> None:
        super().__init__(
            "The learner's result or data changed after the batch was prepared. "
            "Prepare a new batch, so that two officers see what is sealed."
        )


class IssuingDefect(DomainError):
    """Making one credential failed in a way that nobody foresaw."""

    code = "issuing_defect"

    def __init__(self) -> None:
        super().__init__(
            "Making this credential failed for a reason that is ours. The log tells it; "
            "resume the job when it has been put right."
        )


@dataclass(frozen=True)
class Done:
    """What became of one learner of a batch."""

    status: str
    code: str
    credential: UUID | None = None


@dataclass
class _Run:
    """One run of a batch's job, and what its workers share."""

    batch: IssuingBatch
    micro_credential: MicroCredential
    institutions: tuple[Institution, ...]
    alliance: Alliance
    pending: Iterator[BatchItem]
    settled: dict[UUID, Done]
    """Who had an outcome when the run began, and which."""
    awards: dict[UUID, Award]
    """As they were when the run began; looked at again before a credential is kept."""
    done: int = 0
    halted: bool = False
    """Nobody begins another one."""
    refusal: DomainError | None = None
    """What stops everybody: without a seal, the next learner fares no better."""


async def issue_batch(
    batch_id: UUID,
    *,
    work: WorkMaker,
    sealing: Sealing,
    clock: Clock,
    progress: Progress,
) -> Outcome | None:
    """Seal one credential for every learner of an approved batch who has none.

    Returns None when it was asked to stop half way. Raises BatchNotFound, BatchMoveNotAllowed,
    SpecificationChanged, SealUnavailable, SealDoubtful, and BatchIncomplete at the end when some
    could not be made: each of these can be put right and the job resumed.
    """
    run = await _begin(batch_id, work=work)
    total = len(run.batch.items)
    # A run that was killed may have kept a credential without having said so.
    for registration, settled in run.settled.items():
        await _note(registration, settled, progress)
    await progress.report(run.done, total)
    if run.batch.is_complete:
        return run.batch.outcome
    workers = await asyncio.gather(
        *(
            _worker(run, work=work, sealing=sealing, clock=clock, progress=progress)
            for _ in range(AT_ONCE)
        ),
        return_exceptions=True,
    )
    for error in workers:
        if error is not None:
            raise error
    # Two workers report in any order; this is where it ended.
    await progress.report(run.done, total)
    if run.halted:
        await _stop(batch_id, work=work)
        if run.refusal is not None:
            raise run.refusal
        return None
    outcome = await _finish(batch_id, work=work, clock=clock)
    if outcome.failed:
        raise BatchIncomplete(outcome.failed, total)
    return outcome


async def _begin(batch_id: UUID, *, work: WorkMaker) -> _Run:
    async with work() as writing:
        batch = await writing.batches.get(batch_id)
        micro_credential = await certified(batch, work=writing)
        if not batch.is_complete:
            if micro_credential.certified_hash != batch.certified_hash:
                raise SpecificationChanged
            batch.start()
            await writing.batches.save(batch)
        have = await kept_of(batch, work=writing)
        noted = {item.key for item in await _items(batch, work=writing) if item.status != "failed"}
        return _Run(
            batch=batch,
            micro_credential=micro_credential,
            institutions=tuple(await writing.institutions.all()),
            alliance=await writing.institutions.alliance(),
            pending=iter([item for item in batch.items if item.registration not in have]),
            settled={r: outcome for r, outcome in have.items() if str(r) not in noted},
            awards=await _awards(batch, work=writing),
            done=len(have),
        )


async def _awards(batch: IssuingBatch, *, work: CredentialsWork) -> dict[UUID, Award]:
    """Everybody's at once, which takes as many statements as one learner's."""
    if batch.is_complete:
        return {}
    wanted = {item.registration for item in batch.items}
    try:
        ready, _ = await work.awards.of_edition(batch.edition)
    except EditionNotFound:
        # Said of each learner.
        return {}
    return {award.registration: award for award in ready if award.registration in wanted}


async def _worker(
    run: _Run, *, work: WorkMaker, sealing: Sealing, clock: Clock, progress: Progress
) -> None:
    try:
        for item in run.pending:
            if run.halted or await progress.cancelled():
                run.halted = True
                return
            outcome = await _issue_one(run, item, work=work, sealing=sealing, clock=clock)
            await _note(item.registration, outcome, progress)
            run.done += 1
            await progress.report(run.done, len(run.batch.items))
    except (Unavailable, SealDoubtful) as refusal:
        run.halted, run.refusal = True, refusal
    except BaseException:
        run.halted = True
        raise


async def _issue_one(
    run: _Run, item: BatchItem, *, work: WorkMaker, sealing: Sealing, clock: Clock
) -> Done:
    try:
        award = run.awards.pop(item.registration, None)
        if award is None or award_hash(award) != item.award_hash:
            async with work() as reading:
                award = await agreed(item, work=reading)
        order = IssuingOrder(
            credential=new_id(),
            award=award,
            micro_credential=run.micro_credential,
            institutions=run.institutions,
            alliance=run.alliance,
            issued_at=clock.now(),
            seal=run.batch.seal,
        )
        issued = await _issued(order, sealing=sealing)
        async with work() as writing:
            # Again, and held this time: an objection may have come in while the seal was at work.
            await agreed(item, work=writing)
            return await keep_sealed(run.batch, item, order, issued, work=writing)
    except (Unavailable, SealDoubtful):
        raise
    except DomainError as refusal:
        return Done("failed", refusal.code)


async def keep_sealed(
    batch: IssuingBatch,
    item: BatchItem,
    order: IssuingOrder,
    issued: IssuedCredential,
    *,
    work: CredentialsWork,
) -> Done:
    """Keep what was sealed, with all that goes with a new credential, unless another was faster.

    Raises AnotherIsLive when it replaces a credential that somebody else has replaced meanwhile.
    """
    credential = _credential(batch, item, order, issued)
    micro_credential = order.micro_credential
    source = Source(order.award, micro_credential.specification, micro_credential.certified_hash)
    if item.supersedes is not None:
        old = await work.credentials.get(item.supersedes)
        old.give_way(credential.id, batch.reason or "", issued.issued_at)
        await work.credentials.save(old)
    if await work.credentials.keep(credential, issued, source):
        await work.status_lists.assign(credential.id, issued.issued_at)
        await work.credentials.note_delivery(
            Delivery(credential.id, Channel.EMAIL, DeliveryState.PENDING, issued.issued_at)
        )
        await want_deposit(credential, work=work, at=issued.issued_at)
        return Done("done", "sealed", credential.id)
    if item.supersedes is not None:
        # Takes back that the old one gave way.
        raise AnotherIsLive(item.registration)
    # Somebody was faster: another batch, or this very job run by a second worker.
    return (await kept_of(batch, work=work))[item.registration]


async def _issued(order: IssuingOrder, *, sealing: Sealing) -> IssuedCredential:
    try:
        return await sealing.issue(order)
    except DomainError:
        raise
    except Exception as error:
        # One learner's odd data must not hold up the others. The message may hold those data,
        # so that only the kind of the error and the place go into the log.
        where = traceback.extract_tb(error.__traceback__)[-1]
        log.error(
            "registration %s: %s at %s:%s",
            order.award.registration,
            type(error).__name__,
            where.filename,
            where.lineno,
        )
        raise IssuingDefect from error


async def agreed(item: BatchItem, *, work: CredentialsWork) -> Award:
    """The award, when it is still what two officers agreed on.

    Raises AwardNotFound, AwardNotReady, AwardChanged.
    """
    award = await work.awards.get(item.registration)
    if award_hash(award) != item.award_hash:
        raise AwardChanged
    return award


def _credential(
    batch: IssuingBatch, item: BatchItem, order: IssuingOrder, issued: IssuedCredential
) -> Credential:
    if batch.approved_by is None or batch.approved_at is None:
        raise InternalInconsistency(f"batch {batch.id} runs without an approval")
    credential = Credential.draft(
        order.credential,
        order.award,
        order.micro_credential.title,
        batch.issuer,
        batch=batch.id,
        prepared_by=batch.prepared_by,
        at=batch.prepared_at,
        supersedes=item.supersedes,
    )
    credential.approve(batch.approved_by, batch.approved_at)
    credential.seal(issued)
    return credential


async def kept_of(batch: IssuingBatch, *, work: CredentialsWork) -> dict[UUID, Done]:
    """What became of the batch's learners who have a credential."""
    existing = await work.credentials.of_registrations([i.registration for i in batch.items])
    replaced = {item.supersedes for item in batch.items}
    return {
        c.registration: (
            Done("done", "sealed", c.id)
            if c.batch == batch.id
            else Done("skipped", "already_issued", c.id)
        )
        for c in existing
        if c.state in LIVE and c.id not in replaced
    }


async def _items(batch: IssuingBatch, *, work: CredentialsWork) -> Sequence[JobItem]:
    return () if batch.job is None else await work.jobs.items(batch.job)


async def _note(registration: UUID, outcome: Done, progress: Progress) -> None:
    detail = {"credential": str(outcome.credential)} if outcome.credential else {}
    await progress.item(str(registration), outcome.status, outcome.code, detail)


async def _stop(batch_id: UUID, *, work: WorkMaker) -> None:
    async with work() as writing:
        batch = await writing.batches.get(batch_id)
        if batch.state is BatchState.RUNNING:
            batch.stop()
            await writing.batches.save(batch)


async def _finish(batch_id: UUID, *, work: WorkMaker, clock: Clock) -> Outcome:
    """The figures come from what is kept, not from what this run remembers of itself."""
    async with work() as writing:
        batch = await writing.batches.get(batch_id)
        kept = await kept_of(batch, work=writing)
        sealed = sum(done.status == "done" for done in kept.values())
        outcome = Outcome(sealed, len(kept) - sealed, len(batch.items) - len(kept))
        if batch.state is BatchState.RUNNING:
            batch.finish(outcome, clock.now())
            await writing.batches.save(batch)
    return outcome
