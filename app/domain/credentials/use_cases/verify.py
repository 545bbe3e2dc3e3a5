"""Verifying a credential that anybody presents."""

from dataclasses import replace
from uuid import UUID

from app.domain.clock import Clock
from app.domain.credentials.credential import CredentialNotFound
from app.domain.credentials.ports import WorkMaker
from app.domain.credentials.ports_sealing import Verifier
from app.domain.credentials.status import PublicStatus
from app.domain.credentials.verification import Verification


async def verify_credential(
    raw: bytes, *, reading: WorkMaker, verifier: Verifier, clock: Clock
) -> Verification:
    """Check by check, what can be said of a file. Open to everybody; nothing of it is kept."""

    async def status(credential: UUID) -> PublicStatus | None:
        async with reading() as work:
            try:
                known = (await work.credentials.read(credential)).public_status
            except CredentialNotFound:
                return None
            try:
                kept = await work.revisions.of(credential)
            except CredentialNotFound:
                # Erased, or never sealed: what the register has is all there is.
                return known
        return replace(
            known, kept_hashes=tuple(one.sha256 for one in kept), level=kept[-1].level.value
        )

    return await verifier.verify(raw, now=clock.now(), status=status)
