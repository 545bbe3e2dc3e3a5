"""After a credential was sealed: suspending, revoking, reinstating and issuing it again."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from app.domain.access.roles import Caller
from app.domain.clock import Clock
from app.domain.credentials.batch import IssuingBatch
from app.domain.credentials.credential import (
    AlreadyReplaced,
    Change,
    Credential,
    tidy_reason,
)
from app.domain.credentials.ports import CredentialsWork, WorkMaker
from app.domain.credentials.ports_sealing import Sealing
from app.domain.credentials.seal import IssuingOrder, SealFacts, SealName, SealNotFound
from app.domain.credentials.status import CredentialMoveNotAllowed, CredentialState
from app.domain.credentials.use_cases.batches import (
    account_of,
    certified_before,
    named_seal,
    place_of,
)
from app.domain.credentials.use_cases.credentials import SeenCredential, enter, seen_by
from app.domain.ids import new_id
from app.domain.vocabulary.institutions import InstitutionCode


@dataclass(frozen=True)
class Notice:
    """Something that whoever changes a credential has to know."""

    code: str
    text: str


COPIES_STAY = Notice(
    "copies_may_look_verified",
    "Copies of the sealed file stay as they are, and European Digital Credentials carry no status "
    "inside: in Europass and in other viewers this credential can still look verified. Whoever "
    "follows the QR code or the address in it comes to us and is told what became of it.",
)


async def suspend_credential(
    credential_id: UUID,
    version: int,
    reason: str,
    *,
    work: CredentialsWork,
    caller: Caller,
    clock: Clock,
) -> tuple[SeenCredential, Sequence[Notice]]:
    """Take a credential out of force for now; one officer is enough, and the holder is told.

    Raises CredentialNotFound, NotAllowed, CredentialStale, ReasonNeeded,
    CredentialMoveNotAllowed.
    """
    async with work:
        credential = await _officer("suspend_credential", credential_id, version, work, caller)
        account_of(caller)
        credential.suspend(reason, clock.now())
        await work.credentials.save(credential)
        return await _answer(credential, work, caller), (COPIES_STAY,)


async def propose_change(
    credential_id: UUID,
    version: int,
    change: Change,
    reason: str,
    *,
    work: CredentialsWork,
    caller: Caller,
    clock: Clock,
) -> tuple[SeenCredential, Sequence[Notice]]:
    """Propose that a credential be revoked or reinstated; a second officer confirms.

    Raises CredentialNotFound, NotAllowed, CredentialStale, ReasonNeeded, AlreadyReplaced,
    CredentialMoveNotAllowed, ChangePending.
    """
    async with work:
        credential = await _officer(ACTION_OF[change], credential_id, version, work, caller)
        credential.propose(change, reason, by=account_of(caller), at=clock.now())
        await work.credentials.save(credential)
        return await _answer(credential, work, caller), _notices(change)


async def confirm_credential_change(
    credential_id: UUID, version: int, *, work: CredentialsWork, caller: Caller, clock: Clock
) -> tuple[SeenCredential, Sequence[Notice]]:
    """Carry out what another officer has proposed; the holder is told.

    Raises CredentialNotFound, NotAllowed, CredentialStale, NoChangePending, SamePerson,
    AlreadyReplaced, CredentialMoveNotAllowed, AnotherIsLive.
    """
    async with work:
        credential = await _officer(
            "confirm_credential_change", credential_id, version, work, caller
        )
        change = credential.pending.change if credential.pending else None
        credential.confirm(by=account_of(caller), at=clock.now())
        await work.credentials.save(credential)
        return await _answer(credential, work, caller), _notices(change)


async def drop_credential_change(
    credential_id: UUID, version: int, *, work: CredentialsWork, caller: Caller
) -> SeenCredential:
    """Take a proposed change back, one's own or another officer's.

    Raises CredentialNotFound, NotAllowed, CredentialStale, NoChangePending.
    """
    async with work:
        credential = await _officer("drop_credential_change", credential_id, version, work, caller)
        credential.drop_proposal()
        await work.credentials.save(credential)
        return await _answer(credential, work, caller)


async def prepare_reissue(
    credential_id: UUID,
    version: int,
    reason: str,
    seal_name: SealName | None = None,
    *,
    work: WorkMaker,
    sealing: Sealing,
    caller: Caller,
    clock: Clock,
) -> IssuingBatch:
    """Put a credential up to be issued again, from the result and the data as they are now.

    The new one certifies the same content as the old one did, by the seal of that name, else by
    the one that sealed the old, else by the issuer's default. A batch of one is prepared, for a
    second officer to approve like any other; when it is sealed, the old credential gives way.
    Raises CredentialNotFound, NotAllowed, CredentialStale, ReasonNeeded, AlreadyReplaced,
    CredentialMoveNotAllowed, AwardNotFound, AwardNotReady, SealUnavailable, SealNotFound,
    SealDoubtful, DocumentInvalid.
    """
    async with work() as reading:
        old = await reading.credentials.read(credential_id)
        await enter(old, "prepare_reissue", work=reading, caller=caller)
        old.expect(version)
        why = tidy_reason(reason)
        if old.superseded_by is not None:
            raise AlreadyReplaced(old.superseded_by)
        if not old.may_be_replaced:
            raise CredentialMoveNotAllowed(old.state, CredentialState.SUPERSEDED)
        by = account_of(caller)
        micro_credential = certified_before(
            await reading.micro_credentials.get(old.proposal),
            await reading.credentials.source(old.id),
        )
        award = await reading.awards.get(old.registration)
        institutions = tuple(await reading.institutions.all())
        alliance = await reading.institutions.alliance()
        before = (await reading.batches.read(old.batch)).seal
    now = clock.now()
    seal = await _seal(old.issuer, seal_name, before, sealing)
    batch = IssuingBatch.prepare(
        old.edition,
        micro_credential,
        [award],
        seal=seal,
        specimen=await sealing.rehearse(
            IssuingOrder(new_id(), award, micro_credential, institutions, alliance, now, seal.name)
        ),
        issued=0,
        not_ready=0,
        by=by,
        at=now,
        supersedes={old.registration: old.id},
        reason=why,
    )
    async with work() as writing:
        await writing.batches.add(batch)
    return batch


ACTION_OF = {Change.REVOKE: "propose_revocation", Change.REINSTATE: "propose_reinstatement"}
"""Under which name the permission table has the proposal of each change."""


async def _seal(
    issuer: InstitutionCode, name: SealName | None, before: SealName, sealing: Sealing
) -> SealFacts:
    if name is not None:
        return await named_seal(issuer, name, sealing)
    try:
        return await named_seal(issuer, before, sealing)
    except SealNotFound:
        # The seal of then has been retired.
        return await sealing.facts(issuer)


def _notices(change: Change | None) -> Sequence[Notice]:
    return (COPIES_STAY,) if change is Change.REVOKE else ()


async def _officer(
    action: str, credential_id: UUID, version: int, work: CredentialsWork, caller: Caller
) -> Credential:
    credential = await work.credentials.get(credential_id)
    await enter(credential, action, work=work, caller=caller)
    credential.expect(version)
    return credential


async def _answer(credential: Credential, work: CredentialsWork, caller: Caller) -> SeenCredential:
    return await seen_by(credential, place_of(credential.issuer), work=work, caller=caller)
