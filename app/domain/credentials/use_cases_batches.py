"""Preparing, approving and giving up issuing batches."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from app.domain.access.permissions import At, Place, permits, require
from app.domain.access.roles import Caller, Role
from app.domain.access.table import PERMISSIONS
from app.domain.clock import Clock
from app.domain.credentials.batch import BatchNotFound, BatchState, IssuingBatch
from app.domain.credentials.credential import Credential
from app.domain.credentials.ports import CredentialsWork, Sealing, WorkMaker
from app.domain.credentials.seal import IssuingOrder
from app.domain.credentials.status import LIVE, CredentialState
from app.domain.errors import Forbidden, InternalInconsistency
from app.domain.ids import new_id
from app.domain.jobs import Job, JobState
from app.domain.vocabulary.award import Award, NotReady
from app.domain.vocabulary.institutions import InstitutionCode
from app.domain.vocabulary.micro_credential import MicroCredential

ISSUE_CREDENTIALS = "issue_credentials"
"""The kind of job that seals a batch."""


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
    not_ready: tuple[NotReady, ...]


def issuer_of(micro_credential: MicroCredential) -> InstitutionCode:
    """The partner that seals."""
    issuer = micro_credential.specification.academic.issuer
    if issuer is None:
        raise InternalInconsistency(f"published without an issuer: {micro_credential.proposal}")
    return issuer


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
    edition: UUID, *, work: WorkMaker, sealing: Sealing, caller: Caller, clock: Clock
) -> IssuingBatch:
    """Put everything that is ready into a batch, for a second officer to approve.

    Looks at the seal first, and builds the first credential without sealing it, so that what
    would go wrong for all goes wrong now. Raises EditionNotFound, NotAllowed, NothingToIssue,
    SealUnavailable, SealDoubtful, DocumentInvalid.
    """
    async with work() as reading:
        micro_credential, awards = await _gather(
            edition, "prepare_batch", work=reading, caller=caller
        )
        institutions = tuple(await reading.institutions.all())
        alliance = await reading.institutions.alliance()
    by = _account(caller)
    seal = await sealing.facts(awards.issuer)
    now = clock.now()
    specimen = [
        finding
        for award in awards.ready[:1]
        for finding in await sealing.rehearse(
            IssuingOrder(new_id(), award, micro_credential, institutions, alliance, now)
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
    )
    async with work() as writing:
        await writing.batches.add(batch)
    return batch


async def get_batch(
    batch_id: UUID, *, work: CredentialsWork, caller: Caller
) -> tuple[IssuingBatch, Sequence[Credential]]:
    """A batch, and the credentials that its learners have by now. Raises BatchNotFound."""
    async with work:
        batch = await work.batches.read(batch_id)
        _require(batch, "get_batch", caller)
        credentials = await work.credentials.of_registrations(
            [item.registration for item in batch.items]
        )
    return batch, [credential for credential in credentials if credential.state in LIVE]


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
) -> tuple[IssuingBatch, Job]:
    """Let a batch be sealed, as a second person; a job begins at once.

    Raises BatchNotFound, NotAllowed, BatchStale, SamePerson, SealUnavailable, SealDoubtful,
    SealChanged, SpecificationChanged, BatchMoveNotAllowed.
    """
    async with work() as reading:
        seen = await reading.batches.read(batch_id)
        _require(seen, "approve_batch", caller)
    by = _account(caller)
    seal = await sealing.facts(seen.issuer)
    async with work() as writing:
        batch = await writing.batches.get(batch_id)
        batch.expect(version)
        micro_credential = await writing.micro_credentials.get(batch.proposal)
        batch.approve(
            seal=seal,
            certified_hash=micro_credential.certified_hash,
            by=by,
            at=clock.now(),
        )
        job = await writing.jobs.start(
            ISSUE_CREDENTIALS, {"batch": str(batch.id)}, total=len(batch.items)
        )
        batch.job = job.id
        await writing.batches.save(batch)
    return batch, job


async def cancel_batch(
    batch_id: UUID, version: int, *, work: CredentialsWork, caller: Caller, clock: Clock
) -> IssuingBatch:
    """Give up a batch that does not run. Credentials that it has sealed stay.

    Raises BatchNotFound, NotAllowed, BatchStale, BatchMoveNotAllowed.
    """
    async with work:
        batch = await work.batches.get(batch_id)
        _require(batch, "cancel_batch", caller)
        batch.expect(version)
        batch.cancel()
        await work.batches.save(batch)
        if batch.job is not None:
            job = await work.jobs.get(batch.job)
            if job.state is JobState.QUEUED:
                cancelled = replace(job.moved(JobState.CANCELLED), finished_at=clock.now())
                await work.jobs.save(cancelled)
    return batch


def allowed_on_batch(batch: IssuingBatch, caller: Caller) -> list[str]:
    """What this caller may do to it now."""
    place = place_of(batch.issuer)
    actions = []
    if (
        permits(PERMISSIONS["approve_batch"], caller, place)
        and batch.state is BatchState.PREPARED
        and caller.account != batch.prepared_by
    ):
        actions.append("approve_batch")
    if permits(PERMISSIONS["cancel_batch"], caller, place) and batch.may_be_cancelled:
        actions.append("cancel_batch")
    return actions


def visible_issuers(caller: Caller) -> Sequence[InstitutionCode] | None:
    """Whose batches and credentials the caller may list; None for everybody's."""
    if caller.has(Role.AUDITOR, None):
        return None
    return sorted(caller.institutions(Role.ISSUER_OFFICER))


async def _gather(
    edition: UUID, action: str, *, work: CredentialsWork, caller: Caller
) -> tuple[MicroCredential, EditionAwards]:
    micro_credential = await work.micro_credentials.get(await work.awards.proposal_of(edition))
    issuer = issuer_of(micro_credential)
    # Everybody may know of the edition, so that nobody is told that it does not exist.
    require(PERMISSIONS, caller, action, place_of(issuer))
    ready, not_ready = await work.awards.of_edition(edition)
    existing = await work.credentials.of_registrations([award.registration for award in ready])
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
        not_ready=(
            *not_ready,
            *(NotReady(r, ("credential_revoked",)) for r in sorted(revoked - issued.keys())),
            *(NotReady(r, ("other_version_published",)) for r in older),
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


def _account(caller: Caller) -> UUID:
    if caller.account is None:
        raise AccountNeeded
    return caller.account
