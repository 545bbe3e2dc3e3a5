"""Issuing a batch: the job that builds, seals and keeps one credential per learner.

Reading, sealing and keeping are three steps with no transaction around them all: nothing computes
for long while rows are locked. What makes it exactly once is the database, which holds one live
credential per award, so the job may be killed and run again at any moment.
"""

import asyncio
import logging
import traceback
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
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
from app.domain.credentials.errors import CredentialRevoked, EditionNotFound
from app.domain.credentials.ports import CredentialsWork, WorkMaker
from app.domain.credentials.ports_sealing import Sealing
from app.domain.credentials.seal import IssuedCredential, IssuingOrder, SealDoubtful
from app.domain.credentials.use_cases.batches import certified
from app.domain.credentials.use_cases.keep import (
    Done,
    Made,
    agreed,
    keep_sealed,
    keep_together,
    kept_of,
)
from app.domain.errors import DomainError, InternalInconsistency, Unavailable
from app.domain.ids import new_id
from app.domain.jobs import JobItem, Progress
from app.domain.vocabulary.award import Award
from app.domain.vocabulary.institutions import Alliance, Institution
from app.domain.vocabulary.micro_credential import MicroCredential

log = logging.getLogger(__name__)


class IssuingDefect(DomainError):
    """Making one credential failed in a way that nobody foresaw."""

    code = "issuing_defect"

    def __init__(self) -> None:
        super().__init__(
            "Making this credential failed for a reason that is ours. The log tells it; "
            "resume the job when it has been put right."
        )


@dataclass
class _Run:
    """One run of a batch's job, and what its workers share."""

    batch: IssuingBatch
    micro_credential: MicroCredential
    institutions: tuple[Institution, ...]
    alliance: Alliance
    pending: Iterator[Sequence[BatchItem]]
    """In handfuls that are made and kept together."""
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
    run = await _begin(batch_id, work=work, sealing=sealing)
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
            # One more than there is room for: one handful is kept while the next is rendered.
            for _ in range(sealing.at_once + 1)
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


async def _begin(batch_id: UUID, *, work: WorkMaker, sealing: Sealing) -> _Run:
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
            pending=_handfuls(
                [item for item in batch.items if item.registration not in have], sealing
            ),
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


def _handfuls(items: Sequence[BatchItem], sealing: Sealing) -> Iterator[Sequence[BatchItem]]:
    """Few make small ones, so that nobody is idle at the end."""
    size = max(1, min(sealing.together, len(items) // (2 * sealing.at_once)))
    if any(item.supersedes is not None for item in items):
        # Keeping one may fail as a whole, and takes back what went with it.
        size = 1
    for start in range(0, len(items), size):
        yield items[start : start + size]


async def _worker(
    run: _Run, *, work: WorkMaker, sealing: Sealing, clock: Clock, progress: Progress
) -> None:
    try:
        for items in run.pending:
            if run.halted or await progress.cancelled():
                run.halted = True
                return
            async for registration, outcome in _issue(
                run, items, work=work, sealing=sealing, clock=clock
            ):
                await _note(registration, outcome, progress)
                run.done += 1
                await progress.report(run.done, len(run.batch.items))
    except (Unavailable, SealDoubtful) as refusal:
        run.halted, run.refusal = True, refusal
    except BaseException:
        run.halted = True
        raise


async def _issue(
    run: _Run, items: Sequence[BatchItem], *, work: WorkMaker, sealing: Sealing, clock: Clock
) -> AsyncIterator[tuple[UUID, Done]]:
    """What becomes of each. Raises Unavailable and SealDoubtful after those that were kept."""
    made: list[Made] = []
    stop: DomainError | None = None
    for item, order in [(item, await _order(run, item, work=work, clock=clock)) for item in items]:
        if isinstance(order, DomainError):
            yield item.registration, Done("failed", order.code)
        else:
            made.append(Made(item, order))
    for one, issued in zip(made, await _issued([m.order for m in made], sealing), strict=True):
        if isinstance(issued, (Unavailable, SealDoubtful)):
            stop = stop or issued
        elif isinstance(issued, DomainError):
            yield one.item.registration, Done("failed", issued.code)
        else:
            one.issued = issued
    sealed = [one for one in made if one.issued is not None]
    for registration, outcome in (await _kept(run.batch, sealed, work=work)).items():
        yield registration, outcome
    if stop is not None:
        raise stop


async def _order(
    run: _Run, item: BatchItem, *, work: WorkMaker, clock: Clock
) -> IssuingOrder | DomainError:
    award = run.awards.pop(item.registration, None)
    if award is None or award_hash(award) != item.award_hash:
        try:
            async with work() as reading:
                award = await agreed(item, work=reading)
        except Unavailable:
            raise
        except DomainError as refusal:
            return refusal
    return IssuingOrder(
        credential=new_id(),
        award=award,
        micro_credential=run.micro_credential,
        institutions=run.institutions,
        alliance=run.alliance,
        issued_at=clock.now(),
        seal=run.batch.seal,
    )


async def _issued(
    orders: Sequence[IssuingOrder], sealing: Sealing
) -> Sequence[IssuedCredential | DomainError]:
    """What was made of each order, or why nothing was."""
    if not orders:
        return []
    found: list[IssuedCredential | DomainError] = []
    for order, made in zip(orders, await sealing.issue_all(orders), strict=True):
        if isinstance(made, Exception) and not isinstance(made, DomainError):
            # One learner's odd data must not hold up the others. The message may hold those data,
            # so that only the kind of the error and the place go into the log.
            where = (traceback.extract_tb(made.__traceback__) or [None])[-1]
            log.error(
                "registration %s: %s at %s:%s",
                order.award.registration,
                type(made).__name__,
                where and where.filename,
                where and where.lineno,
            )
            made = IssuingDefect()
        found.append(made)
    return found


async def _kept(
    batch: IssuingBatch, sealed: Sequence[Made], *, work: WorkMaker
) -> Mapping[UUID, Done]:
    """Keep what was sealed: together, or one by one when there is anything odd about one."""
    if not sealed:
        return {}
    if len(sealed) > 1:
        try:
            async with work() as writing:
                return await keep_together(batch, sealed, work=writing)
        except DomainError:
            log.info("keeping %d credentials one by one", len(sealed))
    return {one.item.registration: await _kept_alone(batch, one, work=work) for one in sealed}


async def _kept_alone(batch: IssuingBatch, one: Made, *, work: WorkMaker) -> Done:
    if one.issued is None:
        raise InternalInconsistency("keeping what was not sealed")
    try:
        async with work() as writing:
            # Again, and held this time: an objection may have come in while the seal was at work.
            await agreed(one.item, work=writing)
            return await keep_sealed(batch, one.item, one.order, one.issued, work=writing)
    except Unavailable:
        raise
    except CredentialRevoked as refusal:
        # Nothing that a further run could put right.
        return Done("skipped", refusal.code)
    except DomainError as refusal:
        return Done("failed", refusal.code)


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
