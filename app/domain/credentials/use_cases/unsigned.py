"""The other road: credentials without a seal, for whoever seals with the Commission's issuer.

What leaves here is not sealed, is no credential of ours, and is in no register of ours; that it
left, and by whom, is on record. Once a learner's data are confirmed the file says the same as the
credential that a batch would seal.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import NAMESPACE_URL, UUID, uuid5

from app.domain.access.permissions import require
from app.domain.access.roles import Caller
from app.domain.access.table import PERMISSIONS
from app.domain.clock import Clock
from app.domain.credentials.batch import BatchNotFound
from app.domain.credentials.errors import AwardNotFound
from app.domain.credentials.ports import WorkMaker
from app.domain.credentials.ports_sealing import Sealing
from app.domain.credentials.seal import IssuingOrder
from app.domain.credentials.use_cases.batches import certified, place_of
from app.domain.credentials.use_cases.keep import agreed
from app.domain.credentials.use_cases.taught import taught_in
from app.domain.errors import DomainError, Unavailable
from app.domain.vocabulary.award import Award


@dataclass(frozen=True)
class Unsigned:
    """One file for the Commission's issuer, or why there is none."""

    registration: UUID
    file: bytes | None = field(default=None, repr=False)
    """JSON: the credential, and where it is to be delivered. Personal data."""
    refusal: str | None = None
    """Code of what stands against it."""


def unsigned_identifier(registration: UUID) -> UUID:
    """The identifier inside the file: the same each time, so that repeats can be told.

    Never that of a credential of ours: the register knows nothing of it.
    """
    return uuid5(NAMESPACE_URL, f"unsigned:{registration}")


async def export_unsigned_credential(
    edition: UUID,
    registration: UUID,
    *,
    work: WorkMaker,
    sealing: Sealing,
    caller: Caller,
    clock: Clock,
) -> Unsigned:
    """The unsealed credential of one learner whose award is ready.

    Raises EditionNotFound, NotAllowed, IssuerMissing, AwardNotFound, AwardNotReady,
    DocumentInvalid.
    """
    async with work() as writing:
        micro_credential, _ = await taught_in(
            edition, "export_unsigned_credential", work=writing, caller=caller
        )
        award = await writing.awards.get(registration)
        if award.edition != edition:
            raise AwardNotFound(registration)
        order = IssuingOrder(
            credential=unsigned_identifier(registration),
            award=award,
            micro_credential=micro_credential,
            institutions=tuple(await writing.institutions.all()),
            alliance=await writing.institutions.alliance(),
            issued_at=clock.now(),
        )
        await writing.trail.append("registration", registration, note="exported_unsigned")
    return Unsigned(registration, await sealing.unsealed(order))


async def export_unsigned_batch(
    batch_id: UUID,
    *,
    after: UUID | None,
    limit: int,
    work: WorkMaker,
    sealing: Sealing,
    caller: Caller,
    clock: Clock,
) -> Sequence[Unsigned]:
    """The same for learners of a batch, by registration after a given one.

    One of whom the data changed meanwhile has a refusal and no file. Raises BatchNotFound,
    NotAllowed.
    """
    async with work() as writing:
        batch = await writing.batches.read(batch_id)
        require(
            PERMISSIONS,
            caller,
            "export_unsigned_batch",
            place_of(batch.issuer),
            see="get_batch",
            missing=BatchNotFound(batch_id),
        )
        micro_credential = await certified(batch, work=writing)
        institutions = tuple(await writing.institutions.all())
        alliance = await writing.institutions.alliance()
        chosen = [item for item in batch.items if after is None or item.registration > after]
        found: list[Award | Unsigned] = []
        for item in chosen[:limit]:
            try:
                found.append(await agreed(item, work=writing))
            except DomainError as refusal:
                found.append(Unsigned(item.registration, refusal=refusal.code))
        await writing.trail.append(
            "issuing_batch", batch_id, after=str(len(found)), note="exported_unsigned"
        )
    exported: list[Unsigned] = []
    for award in found:
        if isinstance(award, Unsigned):
            exported.append(award)
            continue
        order = IssuingOrder(
            credential=unsigned_identifier(award.registration),
            award=award,
            micro_credential=micro_credential,
            institutions=institutions,
            alliance=alliance,
            issued_at=clock.now(),
        )
        try:
            exported.append(Unsigned(award.registration, await sealing.unsealed(order)))
        except Unavailable:
            raise
        except DomainError as refusal:
            exported.append(Unsigned(award.registration, refusal=refusal.code))
    return exported
