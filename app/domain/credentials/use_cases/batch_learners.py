"""Who the learners of a batch are: for the officers who stand for what is sealed, and no others."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID

from app.domain.access.permissions import permits
from app.domain.access.roles import Caller
from app.domain.access.table import PERMISSIONS
from app.domain.credentials.batch import IssuingBatch
from app.domain.credentials.errors import EditionNotFound
from app.domain.credentials.ports import CredentialsWork
from app.domain.credentials.use_cases.batches import place_of
from app.domain.vocabulary.award import Award


@dataclass(frozen=True)
class BatchLearner:
    """One of them, as their data are confirmed now. Personal data."""

    full_name: str | None = field(repr=False)
    award: Award | None = field(default=None, repr=False)
    """None while it is not ready, for example during an objection."""


async def batch_learners(
    batch: IssuingBatch, *, work: CredentialsWork, caller: Caller
) -> Mapping[UUID, BatchLearner]:
    """By registration. Empty for whoever may not see the awards of the edition, such as auditors.

    Those who are not in it have no result that passes any more.
    """
    if not permits(PERMISSIONS["list_awards"], caller, place_of(batch.issuer)):
        return {}
    wanted = {item.registration for item in batch.items}
    async with work:
        try:
            ready, not_ready = await work.awards.of_edition(batch.edition)
        except EditionNotFound:
            return {}
    return {one.registration: BatchLearner(one.full_name) for one in not_ready} | {
        award.registration: BatchLearner(award.holder.full_name, award)
        for award in ready
        if award.registration in wanted
    }
