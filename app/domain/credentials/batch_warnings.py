"""What the two officers of a batch should know before it is sealed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from app.domain.credentials.batch import BatchState, IssuingBatch
from app.domain.credentials.errors import CredentialRevoked, EditionNotFound
from app.domain.credentials.ports import CredentialsWork
from app.domain.credentials.use_cases.keep import kept_of
from app.domain.errors import Finding
from app.domain.vocabulary.lettering import Lettering, not_drawable
from app.domain.vocabulary.scripts import mixed_scripts, scripts_mixed

_AWAITED = frozenset({BatchState.PREPARED, BatchState.APPROVED})
_SKIPPED = {
    "already_issued": "The learner has got a credential since this batch was prepared; nothing is "
    "sealed for them here.",
    CredentialRevoked.code: "The learner's credential was revoked, so nothing is sealed for them "
    "here. Issue that credential again if they are to have a new one.",
}


@dataclass(frozen=True)
class BatchWarning:
    """Something to know of one learner of a batch."""

    registration: UUID
    code: str
    detail: str
    batch: UUID | None = None
    """Another batch that it is about."""


async def batch_warnings(
    batch: IssuingBatch, *, work: CredentialsWork, lettering: Lettering
) -> Sequence[BatchWarning]:
    """What there is, by registration; nothing once the batch is at work."""
    if batch.state not in _AWAITED:
        return ()
    learners = {item.registration for item in batch.items}
    async with work:
        settled = await kept_of(batch, work=work)
        elsewhere = await work.batches.held_elsewhere(batch)
        try:
            ready, _ = await work.awards.of_edition(batch.edition)
        except EditionNotFound:
            ready = ()
    names = {a.registration: a.holder.full_name for a in ready if a.registration in learners}
    found = [
        BatchWarning(registration, finding.code, finding.detail)
        for registration, finding in (await name_warnings(names, lettering)).items()
    ]
    found += [
        BatchWarning(registration, done.code, _SKIPPED[done.code])
        for registration, done in settled.items()
        if done.code in _SKIPPED
    ]
    found += [
        BatchWarning(
            registration,
            "in_another_batch",
            f"Batch {other}, which was prepared before this one, holds the learner as well. "
            "Whichever is sealed first makes the credential, and the other skips the learner.",
            other,
        )
        for registration, other in elsewhere.items()
        if registration not in settled
    ]
    return sorted(found, key=lambda one: (one.registration, one.code))


async def name_warnings(names: Mapping[UUID, str], lettering: Lettering) -> Mapping[UUID, Finding]:
    """What there is to know of names, by the key that each was given with."""
    undrawn = await lettering.undrawn(set(names.values()))
    found = {}
    for registration, name in names.items():
        if name in undrawn:
            found[registration] = not_drawable("/full_name", undrawn[name])
        elif mixed := scripts_mixed(name):
            found[registration] = mixed_scripts("/full_name", mixed)
    return found
