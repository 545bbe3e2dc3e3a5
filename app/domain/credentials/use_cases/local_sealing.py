"""Sealing where the key is: prepare the bytes here, sign them there, bring the signatures back.

The university's key never reaches us. Two people agree on the batch as on any other; then a job
builds and checks everything and keeps what is to be signed. What is brought back is verified like
whatever we seal ourselves, and kept by the same path, so that there is one credential per award
however often and by whomever signatures are brought.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from app.domain.access.permissions import require
from app.domain.access.roles import Caller
from app.domain.access.table import PERMISSIONS
from app.domain.clock import Clock
from app.domain.credentials.batch import (
    BatchIncomplete,
    BatchItem,
    BatchNotFound,
    BatchState,
    IssuingBatch,
    Outcome,
    SpecificationChanged,
)
from app.domain.credentials.errors import CredentialRevoked
from app.domain.credentials.ports import CredentialsWork, WorkMaker
from app.domain.credentials.ports_local import PreparedSealNotFound, Waiting
from app.domain.credentials.ports_sealing import Sealing
from app.domain.credentials.seal import Brought, IssuingOrder, PreparedSeal, SealDoubtful
from app.domain.credentials.use_cases.batches import begin_job, certified, place_of
from app.domain.credentials.use_cases.keep import agreed, keep_sealed, kept_of
from app.domain.errors import Conflict, DomainError, Unavailable
from app.domain.ids import new_id
from app.domain.jobs import FINISHED, Job, Progress


class NotSealedElsewhere(Conflict):
    """The batch is sealed here, or has not been approved, or is at its end."""

    code = "not_sealed_elsewhere"

    def __init__(self, batch: IssuingBatch) -> None:
        super().__init__(
            f"This batch is {batch.state}, and its seal "
            f"{'stays with the institution' if batch.local else 'is here'}. "
            "Only an approved batch whose seal stays with the institution is sealed elsewhere."
        )


class StillPreparing(Conflict):
    """The job that prepares the batch has not come to its end."""

    code = "still_preparing"

    def __init__(self) -> None:
        super().__init__("The batch is being prepared. Wait for its job, then try again.")


@dataclass(frozen=True)
class LocalLearner:
    """How far one learner of the batch is."""

    registration: UUID
    waiting: Waiting | None
    """What is to be signed; None before it is prepared, and after."""
    credential: UUID | None
    """The credential in force, once there is one."""


@dataclass(frozen=True)
class Attached:
    """What became of one signature that was brought."""

    credential: UUID
    status: str
    """`sealed`, `already_sealed` or `refused`."""
    code: str | None = None
    """Why it was refused."""
    detail: str | None = None


async def prepare_local_seals(
    batch_id: UUID, *, work: WorkMaker, sealing: Sealing, clock: Clock, progress: Progress
) -> Mapping[str, int] | None:
    """Build, check and keep what is to be signed for every learner who has nothing yet.

    Returns None when it was asked to stop. Raises BatchNotFound, NotSealedElsewhere,
    SpecificationChanged, SealUnavailable, SealDoubtful, and BatchIncomplete at the end when some
    could not be prepared; run again, it goes on with those.
    """
    async with work() as reading:
        batch = await reading.batches.read(batch_id)
        _expect_local(batch)
        micro_credential = await certified(batch, work=reading)
        if micro_credential.certified_hash != batch.certified_hash:
            raise SpecificationChanged
        institutions = tuple(await reading.institutions.all())
        alliance = await reading.institutions.alliance()
        done = {one.registration for one in await reading.prepared_seals.waiting(batch_id)}
        done |= set(await kept_of(batch, work=reading))
    failed = 0
    for number, item in enumerate(batch.items):
        if await progress.cancelled():
            return None
        if item.registration not in done:
            try:
                async with work() as reading:
                    award = await agreed(item, work=reading)
                order = IssuingOrder(
                    credential=new_id(),
                    award=award,
                    micro_credential=micro_credential,
                    institutions=institutions,
                    alliance=alliance,
                    issued_at=clock.now(),
                    seal=batch.seal,
                )
                prepared = await sealing.prepare(order)
                async with work() as writing:
                    _expect_local(await writing.batches.get(batch_id))
                    await writing.prepared_seals.put(batch_id, prepared)
            except (NotSealedElsewhere, Unavailable, SealDoubtful):
                # Not of this learner alone: the next one would fare no better.
                raise
            except DomainError as refusal:
                failed += 1
                await progress.item(str(item.registration), "failed", refusal.code)
            else:
                await progress.item(str(item.registration), "done", "prepared")
        await progress.report(number + 1, len(batch.items))
    if failed:
        raise BatchIncomplete(failed, len(batch.items))
    return {"prepared": len(batch.items) - failed}


async def renew_local_sealing(
    batch_id: UUID, version: int, *, work: CredentialsWork, caller: Caller
) -> tuple[IssuingBatch, Job]:
    """Prepare anew whatever nobody has signed yet: under today's date and today's certificate.

    What was downloaded before cannot be attached any more. Raises BatchNotFound, NotAllowed,
    BatchStale, NotSealedElsewhere, StillPreparing.
    """
    async with work:
        batch = await work.batches.get(batch_id)
        _enter(batch, "renew_local_sealing", caller)
        batch.expect(version)
        _expect_local(batch)
        if batch.job is not None and (await work.jobs.get(batch.job)).state not in FINISHED:
            raise StillPreparing
        await work.prepared_seals.clear(batch_id)
        job = await begin_job(batch, work=work)
        await work.batches.save(batch)
    return batch, job


async def get_local_sealing(
    batch_id: UUID, *, work: CredentialsWork, caller: Caller
) -> tuple[IssuingBatch, Sequence[LocalLearner]]:
    """How far each learner of a batch is that is sealed elsewhere. Raises BatchNotFound."""
    async with work:
        batch = await work.batches.read(batch_id)
        _enter(batch, "get_local_sealing", caller)
        kept = await kept_of(batch, work=work)
        waiting = {
            one.registration: one
            for one in (await work.prepared_seals.waiting(batch_id))
            if batch.local
        }
    return batch, [
        LocalLearner(
            item.registration,
            waiting.get(item.registration),
            kept[item.registration].credential if item.registration in kept else None,
        )
        for item in batch.items
    ]


async def get_prepared_seal(
    batch_id: UUID, credential: UUID, action: str, *, work: CredentialsWork, caller: Caller
) -> PreparedSeal:
    """What is to be signed for one learner; that somebody has had it is put on record.

    Raises BatchNotFound, NotAllowed, PreparedSealNotFound.
    """
    async with work:
        batch = await work.batches.read(batch_id)
        _enter(batch, action, caller)
        prepared = await work.prepared_seals.read(batch_id, credential)
        await work.trail.append(
            "issuing_batch", batch_id, after=prepared.digest.hex(), note="taken_to_be_signed"
        )
    return prepared


async def download_local_sealing(
    batch_id: UUID, *, after: UUID | None, limit: int, work: CredentialsWork, caller: Caller
) -> tuple[IssuingBatch, Sequence[PreparedSeal]]:
    """What is to be signed, by credential after a given one; put on record as well.

    Raises BatchNotFound, NotAllowed.
    """
    async with work:
        batch = await work.batches.read(batch_id)
        _enter(batch, "download_local_sealing", caller)
        found = await work.prepared_seals.page(batch_id, after=after, limit=limit)
        await work.trail.append(
            "issuing_batch", batch_id, after=str(len(found)), note="taken_to_be_signed"
        )
    return batch, found


async def may_attach_seals(
    batch_id: UUID, action: str, *, work: CredentialsWork, caller: Caller
) -> None:
    """Before anything that was sent is looked at. Raises BatchNotFound, NotAllowed."""
    async with work:
        _enter(await work.batches.read(batch_id), action, caller)


async def attach_seals(
    batch_id: UUID,
    brought: Iterable[tuple[UUID, Brought]],
    *,
    action: str = "attach_seals",
    work: WorkMaker,
    sealing: Sealing,
    caller: Caller,
    clock: Clock,
) -> Sequence[Attached]:
    """Take signatures or sealed files back, by the credential that each is of.

    Each stands for itself, several of one credential too, and has its outcome at the same place:
    one that is refused keeps none of the others from being kept. When the
    last learner has a credential, the batch is finished. Raises BatchNotFound, NotAllowed,
    NotSealedElsewhere.
    """
    async with work() as reading:
        batch = await reading.batches.read(batch_id)
        _enter(batch, action, caller)
    outcomes: list[Attached] = []
    for credential, one in brought:
        try:
            status = await _attach(
                batch_id, credential, one, work=work, sealing=sealing, clock=clock
            )
            if status == CredentialRevoked.code:
                raise CredentialRevoked
        except DomainError as refusal:
            if isinstance(refusal, NotSealedElsewhere) and not outcomes:
                raise
            outcomes.append(Attached(credential, "refused", refusal.code, refusal.detail))
        else:
            outcomes.append(Attached(credential, status))
    return outcomes


async def _attach(
    batch_id: UUID,
    credential: UUID,
    brought: Brought,
    *,
    work: WorkMaker,
    sealing: Sealing,
    clock: Clock,
) -> str:
    async with work() as reading:
        batch = await reading.batches.read(batch_id)
        if await _is_kept(credential, batch, work=reading):
            return "already_sealed"
        _expect_local(batch)
        prepared = await reading.prepared_seals.read(batch_id, credential)
    issued = await sealing.attach(prepared, brought)
    async with work() as writing:
        # Locked, so that of several who bring something at once one sees that it was the last.
        batch = await writing.batches.get(batch_id)
        if await _is_kept(credential, batch, work=writing):
            return "already_sealed"
        _expect_local(batch)
        if (await writing.prepared_seals.read(batch_id, credential)).digest != prepared.digest:
            raise PreparedSealNotFound(credential)
        item = _item(batch, prepared)
        settled = (await kept_of(batch, work=writing)).get(item.registration)
        if settled is not None and settled.code == CredentialRevoked.code:
            await writing.prepared_seals.remove(batch_id, credential)
            await _finish(batch, work=writing, clock=clock)
            return settled.code
        # Held: an objection may have come in while it was signed.
        award = await agreed(item, work=writing)
        micro_credential = await certified(batch, work=writing)
        if micro_credential.certified_hash != batch.certified_hash:
            raise SpecificationChanged
        order = IssuingOrder(
            credential=credential,
            award=award,
            micro_credential=micro_credential,
            institutions=(),
            alliance=await writing.institutions.alliance(),
            issued_at=prepared.prepared_at,
            seal=batch.seal,
        )
        done = await keep_sealed(batch, item, order, issued, work=writing)
        await writing.prepared_seals.remove(batch_id, credential)
        await writing.trail.append("issuing_batch", batch_id, after=issued.sha256, note="attached")
        await _finish(batch, work=writing, clock=clock)
    return "sealed" if done.credential == credential else "already_sealed"


async def _finish(batch: IssuingBatch, *, work: CredentialsWork, clock: Clock) -> None:
    kept = await kept_of(batch, work=work)
    if len(kept) < len(batch.items):
        return
    sealed = sum(done.status == "done" for done in kept.values())
    batch.start()
    batch.finish(Outcome(sealed, len(kept) - sealed, 0), clock.now())
    await work.batches.save(batch)
    await work.prepared_seals.clear(batch.id)


async def _is_kept(credential: UUID, batch: IssuingBatch, *, work: CredentialsWork) -> bool:
    return any(done.credential == credential for done in (await kept_of(batch, work=work)).values())


def _item(batch: IssuingBatch, prepared: PreparedSeal) -> BatchItem:
    for item in batch.items:
        if item.registration == prepared.registration:
            return item
    raise PreparedSealNotFound(prepared.credential)


def _expect_local(batch: IssuingBatch) -> None:
    if not batch.local or batch.state is not BatchState.APPROVED:
        raise NotSealedElsewhere(batch)


def _enter(batch: IssuingBatch, action: str, caller: Caller) -> None:
    require(
        PERMISSIONS,
        caller,
        action,
        place_of(batch.issuer),
        see="get_batch",
        missing=BatchNotFound(batch.id),
    )
