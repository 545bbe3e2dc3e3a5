"""Raising the seals of credentials to the wanted level, and keeping them there.

Between reading a document and keeping a further revision of it, others are asked, which takes long
and happens without a transaction. What makes it exactly once is the database: a revision has a
number, and whoever comes second with that number keeps nothing. So a job may be killed at any
moment and run again.
"""

import logging
import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from uuid import UUID

from app.domain.clock import Clock
from app.domain.credentials.credential import CredentialNotFound
from app.domain.credentials.events import SealLevelDue
from app.domain.credentials.levels import (
    DocumentRevision,
    LevelState,
    Raised,
    SealStanding,
)
from app.domain.credentials.ports import CredentialsWork, WorkMaker
from app.domain.credentials.ports_levels import SealLevels
from app.domain.credentials.status import LIVE
from app.domain.errors import DomainError, Unavailable

LEASE = timedelta(minutes=10)
"""How long a worker may take for one credential before another one tries."""
log = logging.getLogger(__name__)


class AugmentationDefect(Unavailable):
    """Adding to one seal failed in a way that nobody foresaw."""

    code = "augmentation_defect"

    def __init__(self) -> None:
        super().__init__(
            "Adding to the seal failed for a reason that is ours. The log tells it; "
            "it is tried again by itself."
        )


@dataclass(frozen=True)
class _Outcome:
    raised: Raised | None = None
    failure: DomainError | None = None


async def raise_seal(
    credential_id: UUID, *, work: WorkMaker, levels: SealLevels, clock: Clock
) -> SealStanding:
    """Bring one credential's seal to the wanted level, or renew its archive timestamp.

    What could be reached is kept even when the rest fails; why it failed stands in the answer, and
    when it is tried again. Raises CredentialNotFound.
    """
    async with work() as reading:
        credential = await reading.credentials.read(credential_id)
        # In this order: where the seal stands is never older than the revision that is worked on.
        newest = (await reading.revisions.of(credential_id))[-1]
        seen = next(iter(await reading.revisions.standings([credential_id])), None)
        if seen is None:
            raise CredentialNotFound(credential_id)
        if credential.state not in LIVE:
            return seen
        done = _is_done(seen, levels, clock)
        document = b"" if done else await reading.revisions.document(credential_id, newest.revision)
    if done:
        return await _arrived(credential_id, newest, work=work)
    outcome = await _added(document, seen, levels=levels, clock=clock)
    async with work() as writing:
        standing = await writing.revisions.standing(credential_id)
        if (standing.level, standing.renew_at) != (seen.level, seen.renew_at):
            # Somebody was faster, and has said where the seal stands.
            return standing
        if outcome.raised is not None:
            revision = DocumentRevision(
                credential_id,
                newest.revision + 1,
                outcome.raised.level,
                sha256(outcome.raised.document).hexdigest(),
                clock.now(),
            )
            if not await writing.revisions.add(revision, outcome.raised.document):
                return standing
            standing.raised(outcome.raised)
        if outcome.failure is None:
            standing.arrived()
        else:
            standing.failed(outcome.failure, clock.now())
        await writing.revisions.save(standing)
    return standing


async def order_due(*, work: CredentialsWork, levels: SealLevels, clock: Clock, limit: int) -> int:
    """Have the seals whose time has come worked on; how many there were, at most `limit`."""
    async with work:
        due: Sequence[UUID] = await work.revisions.claim_due(
            clock.now(),
            target=levels.target,
            retired_digests=levels.retired_digests,
            lease=LEASE,
            limit=limit,
        )
        await work.outbox.put(*(SealLevelDue(credential) for credential in due))
    return len(due)


def _is_done(standing: SealStanding, levels: SealLevels, clock: Clock) -> bool:
    return standing.level.rank >= levels.target.rank and not standing.needs_renewal(
        clock.now(), levels.retired_digests
    )


async def _added(
    document: bytes, standing: SealStanding, *, levels: SealLevels, clock: Clock
) -> _Outcome:
    raised: Raised | None = None
    try:
        if standing.needs_renewal(clock.now(), levels.retired_digests):
            return _Outcome(await levels.renew(document))
        level = standing.level
        while level.rank < levels.target.rank:
            raised = await levels.raise_once(document)
            document, level = raised.document, raised.level
        return _Outcome(raised)
    except DomainError as why:
        return _Outcome(raised, why)
    except Exception as error:
        # The message may hold what the document says of its holder.
        where = traceback.extract_tb(error.__traceback__)[-1]
        log.error(
            "credential %s: %s at %s:%s",
            standing.credential,
            type(error).__name__,
            where.filename,
            where.lineno,
        )
        return _Outcome(raised, AugmentationDefect())


async def _arrived(
    credential_id: UUID, newest: DocumentRevision, *, work: WorkMaker
) -> SealStanding:
    async with work() as writing:
        standing = await writing.revisions.standing(credential_id)
        if standing.level is newest.level and standing.state is not LevelState.REFUSED:
            standing.arrived()
            await writing.revisions.save(standing)
    return standing
