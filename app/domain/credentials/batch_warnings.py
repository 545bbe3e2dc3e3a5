"""What the two officers of a batch should know before it is sealed."""

from collections.abc import Mapping
from uuid import UUID

from app.domain.credentials.batch import BatchState, IssuingBatch
from app.domain.credentials.errors import EditionNotFound
from app.domain.credentials.ports import CredentialsWork
from app.domain.errors import Finding
from app.domain.vocabulary.lettering import Lettering, not_drawable
from app.domain.vocabulary.scripts import mixed_scripts, scripts_mixed

_AWAITED = frozenset({BatchState.PREPARED, BatchState.APPROVED})


async def batch_warnings(
    batch: IssuingBatch, *, work: CredentialsWork, lettering: Lettering
) -> Mapping[UUID, Finding]:
    """What there is, by registration; nothing once the batch is at work."""
    if batch.state not in _AWAITED:
        return {}
    learners = {item.registration for item in batch.items}
    async with work:
        try:
            ready, _ = await work.awards.of_edition(batch.edition)
        except EditionNotFound:
            return {}
    names = {a.registration: a.holder.full_name for a in ready if a.registration in learners}
    return await name_warnings(names, lettering)


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
