"""Preparing, approving and giving up issuing batches."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from app.domain.access.permissions import At, Place, require
from app.domain.access.roles import Caller, Role
from app.domain.access.table import PERMISSIONS
from app.domain.clock import Clock
from app.domain.credentials.batch import (
    BatchItem,
    BatchNotFound,
    IssuingBatch,
    NothingToRerun,
)
from app.domain.credentials.credential import Credential, Source
from app.domain.credentials.ports import CredentialsWork, WorkMaker
from app.domain.credentials.ports_sealing import Sealing
from app.domain.credentials.seal import (
    IssuingOrder,
    SealFacts,
    SealName,
    SealNotFound,
)
from app.domain.credentials.status import LIVE, CredentialState
from app.domain.credentials.use_cases.keep import kept_of
from app.domain.credentials.use_cases.taught import IssuerChanged, taught_in
from app.domain.errors import Forbidden
from app.domain.ids import new_id
from app.domain.jobs import Job, JobItem, JobState
from app.domain.vocabulary.award import Award, NotReady
from app.domain.vocabulary.institutions import InstitutionCode
from app.domain.vocabulary.micro_credential import MicroCredential

ISSUE_CREDENTIALS = "issue_credentials"
"""The kind of job that seals a batch."""
PREPARE_LOCAL_SEALS = "prepare_local_seals"
"""The kind of job that prepares what an issuer signs elsewhere."""


class AccountNeeded(Forbidden):
    """Two people are told apart by their accounts, and this caller has none."""

    code = "account_needed"

    def __init__(self) -> None:
        super().__init__("Sign in with your own account: sealing is put down to a person.")


@dataclass(frozen=True)
class EditionAwards:
    """Everybody who passed an edition, and how far their credential is."""

    edition: UUID
    issuer: InstitutionCode
    ready: tuple[Award, ...]
    """Can be put into a batch now."""
    issued: tuple[Credential, ...]
    """Have a credential in force, or a suspended one."""
    names: Mapping[UUID, str] = field(repr=False)
    """Full names of those who have one, by registration."""
    not_ready: tuple[NotReady, ...]


def place_of(issuer: InstitutionCode, *, own: bool = False) -> Place:
    """How institutions relate to a batch or a credential."""
    return Place({At.ISSUER: (issuer,)}, own=own)


async def list_awards(edition: UUID, *, work: CredentialsWork, caller: Caller) -> EditionAwards:
    """Everybody who passed an edition: ready, issued, or not ready and why.

    Raises EditionNotFound, NotAllowed.
    """
    async with work:
        _, awards = await _gather(edition, "list_awards", work=work, caller=caller)
    return awards


async def prepare_batch(
    edition: UUID,
    *,
    scheduled_for: datetime | None = None,
    seal_name: SealName | None = None,
    work: WorkMaker,
    sealing: Sealing,
    caller: Caller,
    clock: Clock,
) -> IssuingBatch:
    """Put everything that is ready into a batch, for a second officer to approve.

    Looks at the seal first (the issuer's default, unless `seal_name` says another), and builds the
    first credential without sealing it, so that what would go wrong for all goes wrong now.
    Raises EditionNotFound, NotAllowed, NothingToIssue, ScheduleInvalid, SealUnavailable,
    SealDoubtful, DocumentInvalid.
    """
    async with work() as reading:
        micro_credential, awards = await _gather(
            edition, "prepare_batch", work=reading, caller=caller
        )
        institutions = tuple(await reading.institutions.all())
        alliance = await reading.institutions.alliance()
    by = account_of(caller)
    seal = await named_seal(awards.issuer, seal_name, sealing)
    now = clock.now()
    specimen = [
        finding
        for award in awards.ready[:1]
        for finding in await sealing.rehearse(
            IssuingOrder(new_id(), award, micro_credential, institutions, alliance, now, seal.name)
        )
    ]
    batch = IssuingBatch.prepare(
        edition,
        micro_credential,
        awards.ready,
        seal=seal,
        specimen=specimen,
        issued=len(awards.issued),
        not_ready=len(awards.not_ready),
        by=by,
        at=now,
        scheduled_for=scheduled_for,
    )
    async with work() as writing:
        await writing.batches.add(batch)
    return batch


@dataclass(frozen=True)
class LearnerOutcome:
    """How one learner of a batch fares."""

    item: BatchItem
    credential: Credential | None
    """The one in force, once there is one."""
    noted: JobItem | None
    """What the batch's job has noted last."""


async def get_batch(
    batch_id: UUID, *, work: CredentialsWork, caller: Caller
) -> tuple[IssuingBatch, Sequence[LearnerOutcome]]:
    """A batch, and how each of its learners fares by now. Raises BatchNotFound."""
    async with work:
        batch = await work.batches.read(batch_id)
        _require(batch, "get_batch", caller)
        credentials = await work.credentials.of_registrations(
            [item.registration for item in batch.items]
        )
        items = () if batch.job is None else await work.jobs.items(batch.job)
    live = {c.registration: c for c in credentials if c.state in LIVE}
    noted = {item.key: item for item in items}
    return batch, [
        LearnerOutcome(item, live.get(item.registration), noted.get(str(item.registration)))
        for item in batch.items
    ]


async def list_batches(
    *,
    edition: UUID | None,
    after: UUID | None,
    limit: int,
    work: CredentialsWork,
    caller: Caller,
) -> Sequence[IssuingBatch]:
    """Batches of the institutions where the caller is an issuer officer; all, for auditors."""
    require(PERMISSIONS, caller, "list_batches")
    async with work:
        return await work.batches.page(
            issuers=visible_issuers(caller), edition=edition, after=after, limit=limit
        )


async def approve_batch(
    batch_id: UUID,
    version: int,
    *,
    work: WorkMaker,
    sealing: Sealing,
    caller: Caller,
    clock: Clock,
) -> tuple[IssuingBatch, Job | None]:
    """Let a batch be sealed, as a second person; a job begins at once, or when it is due.

    Raises BatchNotFound, NotAllowed, BatchStale, SamePerson, SealUnavailable, SealDoubtful,
    SealChanged, SpecificationChanged, BatchMoveNotAllowed.
    """
    async with work() as reading:
        seen = await reading.batches.read(batch_id)
        _require(seen, "approve_batch", caller)
    by = account_of(caller)
    seal = await sealing.facts(seen.issuer, seen.seal)
    async with work() as writing:
        batch = await writing.batches.get(batch_id)
        batch.expect(version)
        micro_credential = await certified(batch, work=writing)
        now = clock.now()
        batch.approve(
            seal=seal,
            certified_hash=micro_credential.certified_hash,
            by=by,
            at=now,
        )
        job = await begin_job(batch, work=writing) if batch.is_due(now) else None
        await writing.batches.save(batch)
    return batch, job


async def start_due_batch(
    batch_id: UUID, *, work: CredentialsWork, clock: Clock
) -> IssuingBatch | None:
    """Begin an approved batch whose moment has come; None when there is nothing to do.

    `work` acts for the officer who approved it, so that the job is theirs to watch.
    """
    async with work:
        batch = await work.batches.get(batch_id)
        if not batch.is_due(clock.now()):
            return None
        await begin_job(batch, work=work)
        await work.batches.save(batch)
    return batch


async def rerun_batch(
    batch_id: UUID, version: int, *, work: CredentialsWork, caller: Caller
) -> tuple[IssuingBatch, Job]:
    """Run a batch again for those who have no credential: what failed, what was left.

    Raises BatchNotFound, NotAllowed, BatchStale, NothingToRerun.
    """
    async with work:
        batch = await work.batches.get(batch_id)
        _require(batch, "rerun_batch", caller)
        batch.expect(version)
        batch.rerun()
        if batch.job is None:
            raise NothingToRerun
        job = await work.jobs.get(batch.job)
        if job.state not in (JobState.FAILED, JobState.CANCELLED):
            raise NothingToRerun
        job = replace(
            job.moved(JobState.QUEUED),
            error=None,
            result=None,
            finished_at=None,
            cancel_requested=False,
        )
        await work.jobs.save(job)
        await work.jobs.requeue(job)
        await work.batches.save(batch)
    return batch, job


async def cancel_batch(
    batch_id: UUID, version: int, *, work: CredentialsWork, caller: Caller, clock: Clock
) -> IssuingBatch:
    """Give up a batch, in the middle of its job as well. Credentials that it has sealed stay.

    Raises BatchNotFound, NotAllowed, BatchStale, BatchMoveNotAllowed.
    """
    async with work:
        batch = await work.batches.get(batch_id)
        _require(batch, "cancel_batch", caller)
        batch.expect(version)
        job = None if batch.job is None else await work.jobs.get(batch.job)
        at_work = job is not None and job.state is JobState.RUNNING
        batch.cancel(at_work=at_work)
        await work.batches.save(batch)
        if batch.local:
            await work.prepared_seals.clear(batch.id)
        if job is not None and at_work:
            await work.jobs.save(replace(job, cancel_requested=True))
        elif job is not None and job.state is JobState.QUEUED:
            cancelled = replace(job.moved(JobState.CANCELLED), finished_at=clock.now())
            await work.jobs.save(cancelled)
    return batch


def visible_issuers(caller: Caller) -> Sequence[InstitutionCode] | None:
    """Whose batches and credentials the caller may list; None for everybody's."""
    if caller.has(Role.AUDITOR, None):
        return None
    return sorted(caller.institutions(Role.ISSUER_OFFICER))


async def certified(batch: IssuingBatch, *, work: CredentialsWork) -> MicroCredential:
    """What a batch certifies: the published content, or what was sealed from the first time.

    A credential that is issued again says of the course what the first one said, whatever has been
    published since. Raises MicroCredentialNotFound, CredentialNotFound, IssuerChanged.
    """
    micro_credential = await work.micro_credentials.get(batch.proposal)
    again = [item.supersedes for item in batch.items if item.supersedes is not None]
    if not again:
        micro_credential = micro_credential.run_by(await work.awards.issuer_of(batch.edition))
        if micro_credential.issuer != batch.issuer:
            raise IssuerChanged
        return micro_credential
    return certified_before(micro_credential, await work.credentials.source(again[0]))


def certified_before(micro_credential: MicroCredential, source: Source) -> MicroCredential:
    """The micro-credential as it was when a credential was sealed from that source."""
    return replace(
        micro_credential,
        title=source.specification.academic.title,
        version=source.award.proposal_version,
        specification=source.specification,
        certified_hash=source.certified_hash,
    )


async def begin_job(batch: IssuingBatch, *, work: CredentialsWork) -> Job:
    """Start the job that seals a batch, or prepares it for sealing elsewhere.

    Learners who have got a credential since it was prepared, or whose credential was revoked, are
    noted at once as skipped.
    """
    kind = PREPARE_LOCAL_SEALS if batch.local else ISSUE_CREDENTIALS
    job = await work.jobs.start(kind, {"batch": str(batch.id)}, total=len(batch.items))
    await work.jobs.put_items(
        job.id,
        [
            JobItem(str(registration), done.status, done.code, {"credential": str(done.credential)})
            for registration, done in (await kept_of(batch, work=work)).items()
        ],
    )
    batch.job = job.id
    return job


async def named_seal(issuer: InstitutionCode, name: SealName | None, sealing: Sealing) -> SealFacts:
    """The seal of that name. Raises SealUnavailable, and SealNotFound where there is no such name:
    trying again later would not help."""
    if name is not None and name not in (known := await sealing.names(issuer)):
        raise SealNotFound(issuer, known)
    return await sealing.facts(issuer, name)


async def _gather(
    edition: UUID, action: str, *, work: CredentialsWork, caller: Caller
) -> tuple[MicroCredential, EditionAwards]:
    micro_credential, issuer = await taught_in(edition, action, work=work, caller=caller)
    ready, not_ready = await work.awards.of_edition(edition)
    names = {award.registration: award.holder.full_name for award in ready}
    existing = await work.credentials.of_registrations(list(names))
    issued = {c.registration: c for c in existing if c.state in LIVE}
    # A revoked credential is not made anew by the way: somebody has had a reason.
    revoked = {c.registration for c in existing if c.state is CredentialState.REVOKED}
    open_ = [award for award in ready if award.registration not in issued.keys() | revoked]
    # An edition is certified by the version that it was taught by, not by a newer one.
    current = [a for a in open_ if a.proposal_version == micro_credential.version]
    older = [a.registration for a in open_ if a.proposal_version != micro_credential.version]
    return micro_credential, EditionAwards(
        edition=edition,
        issuer=issuer,
        ready=tuple(current),
        issued=tuple(issued.values()),
        names={r: names[r] for r in issued},
        not_ready=(
            *not_ready,
            *(
                NotReady(r, ("credential_revoked",), full_name=names[r])
                for r in sorted(revoked - issued.keys())
            ),
            *(NotReady(r, ("other_version_published",), full_name=names[r]) for r in older),
        ),
    )


def _require(batch: IssuingBatch, action: str, caller: Caller) -> None:
    require(
        PERMISSIONS,
        caller,
        action,
        place_of(batch.issuer),
        see="get_batch",
        missing=BatchNotFound(batch.id),
    )


def account_of(caller: Caller) -> UUID:
    """By which the two people are told apart. Raises AccountNeeded."""
    if caller.account is None:
        raise AccountNeeded
    return caller.account
