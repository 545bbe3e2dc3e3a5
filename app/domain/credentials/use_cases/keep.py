"""Keeping what was sealed: in one transaction with all that goes with a new credential.

What makes it exactly once is the database, which holds one live credential per award.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from app.domain.credentials.batch import BatchItem, IssuingBatch, award_hash
from app.domain.credentials.credential import Credential, Source
from app.domain.credentials.errors import AnotherIsLive, CredentialRevoked
from app.domain.credentials.ports import CredentialsWork
from app.domain.credentials.seal import IssuedCredential, IssuingOrder
from app.domain.credentials.status import (
    LIVE,
    Channel,
    CredentialState,
    Delivery,
    DeliveryState,
)
from app.domain.credentials.use_cases.wallet import want_deposit
from app.domain.errors import Conflict, DomainError, InternalInconsistency
from app.domain.vocabulary.award import Award


class AwardChanged(Conflict):
    """The award is no longer what the two officers agreed on."""

    code = "award_changed"

    def __init__(self) -> None:
        super().__init__(
            "The learner's result or data changed after the batch was prepared. "
            "Prepare a new batch, so that two officers see what is sealed."
        )


@dataclass(frozen=True)
class Done:
    """What became of one learner of a batch."""

    status: str
    code: str
    credential: UUID | None = None


@dataclass
class Made:
    """One learner's credential on its way from the order to what is kept."""

    item: BatchItem
    order: IssuingOrder
    issued: IssuedCredential | None = None


async def keep_sealed(
    batch: IssuingBatch,
    item: BatchItem,
    order: IssuingOrder,
    issued: IssuedCredential,
    *,
    work: CredentialsWork,
) -> Done:
    """Keep what was sealed, with all that goes with a new credential, unless another was faster.

    Raises AnotherIsLive when it replaces a credential that somebody else has replaced meanwhile,
    CredentialRevoked when the learner's credential was revoked meanwhile.
    """
    credential = _credential(batch, item, order, issued)
    if item.supersedes is not None:
        old = await work.credentials.get(item.supersedes)
        old.give_way(credential.id, batch.reason or "", issued.issued_at)
        await work.credentials.save(old)
    if await work.credentials.keep(credential, issued, _source(order)):
        await _expect_none_revoked(batch, [item.registration], work=work)
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


async def keep_together(
    batch: IssuingBatch, sealed: Sequence[Made], *, work: CredentialsWork
) -> Mapping[UUID, Done]:
    """The same for several learners none of whose credentials replaces another.

    Those of whom something else is true by now than two officers agreed on are left out, and told.
    Raises CredentialRevoked when that is so of somebody: each alone fares better.
    """
    held = await work.awards.held([one.item.registration for one in sealed])
    outcomes: dict[UUID, Done] = {}
    fresh: list[tuple[Credential, IssuedCredential, Source]] = []
    for one in sealed:
        award = held[one.item.registration]
        if one.issued is None:
            raise InternalInconsistency("keeping what was not sealed")
        if isinstance(award, DomainError):
            outcomes[one.item.registration] = Done("failed", award.code)
        elif award_hash(award) != one.item.award_hash:
            outcomes[one.item.registration] = Done("failed", AwardChanged.code)
        else:
            credential = _credential(batch, one.item, one.order, one.issued)
            fresh.append((credential, one.issued, _source(one.order)))
    kept = await work.credentials.keep_all(fresh)
    await _expect_none_revoked(batch, [c.registration for c, *_ in fresh], work=work)
    new = [credential for credential, _, _ in fresh if credential.id in kept]
    at = {credential.id: issued.issued_at for credential, issued, _ in fresh}
    await work.status_lists.assign_all({c.id: at[c.id] for c in new})
    await work.credentials.note_deliveries(
        [Delivery(c.id, Channel.EMAIL, DeliveryState.PENDING, at[c.id]) for c in new]
    )
    wanted = await work.wallet_consents.given_among([c.registration for c in new])
    for credential in new:
        if credential.registration in wanted:
            await want_deposit(credential, work=work, at=at[credential.id])
        outcomes[credential.registration] = Done("done", "sealed", credential.id)
    if len(new) < len(fresh):
        # Somebody was faster: another batch, or this very job run by a second worker.
        standing = await kept_of(batch, work=work)
        for credential, _, _ in fresh:
            if credential.id not in kept:
                outcomes[credential.registration] = standing[credential.registration]
    return outcomes


async def agreed(item: BatchItem, *, work: CredentialsWork) -> Award:
    """The award, when it is still what two officers agreed on.

    Raises AwardNotFound, AwardNotReady, AwardChanged.
    """
    award = await work.awards.get(item.registration)
    if award_hash(award) != item.award_hash:
        raise AwardChanged
    return award


def _source(order: IssuingOrder) -> Source:
    micro_credential = order.micro_credential
    return Source(order.award, micro_credential.specification, micro_credential.certified_hash)


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
    """What became of the batch's learners who have a credential, or whose credential was revoked.

    A batch makes none in the place of a revoked one, however long ago it was prepared: somebody
    has had a reason. It is issued anew by a batch that replaces it, and by no other.
    """
    existing = await work.credentials.of_registrations([i.registration for i in batch.items])
    replaced = {item.supersedes for item in batch.items}
    found = {c.registration: c for c in existing if _is_revoked(c) and c.id not in replaced}
    found |= {c.registration: c for c in existing if c.state in LIVE and c.id not in replaced}
    return {registration: _settled(batch, c) for registration, c in found.items()}


def _settled(batch: IssuingBatch, credential: Credential) -> Done:
    if credential.batch == batch.id:
        return Done("done", "sealed", credential.id)
    revoked = credential.state is CredentialState.REVOKED
    return Done("skipped", CredentialRevoked.code if revoked else "already_issued", credential.id)


def _is_revoked(credential: Credential) -> bool:
    return credential.state is CredentialState.REVOKED and credential.superseded_by is None


async def _expect_none_revoked(
    batch: IssuingBatch, registrations: Collection[UUID], *, work: CredentialsWork
) -> None:
    """Asked after keeping: one in force bars a second until the moment in which it is revoked, so
    that keeping was possible only if whoever revoked it is seen by now."""
    replaced = {item.supersedes for item in batch.items}
    existing = await work.credentials.of_registrations(registrations)
    if any(_is_revoked(c) and c.id not in replaced for c in existing):
        raise CredentialRevoked
