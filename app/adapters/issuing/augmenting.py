"""Raising seals behind its port: timestamps, certificates and revocation data, in EDC's form."""

import asyncio
import secrets
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography import x509

from app.adapters.edc.pki.issuers import Issuers
from app.adapters.edc.pki.timestamps import Timestamp, Timestamps
from app.adapters.edc.pki.tokens import Token, TokenFault, open_token
from app.adapters.edc.pki.trust import PathStatus, Purpose, TrustStore
from app.adapters.edc.seal import imprints, jades_levels
from app.adapters.edc.seal.jades_levels import SealText, seal_text
from app.adapters.edc.seal.opened import open_sealed
from app.adapters.edc.seal.validation_material import Gathered, Gatherer, RevokedWhenUsed
from app.adapters.edc.strict_json import NotReadable
from app.adapters.issuing.preflight import Reachable
from app.domain.clock import Clock
from app.domain.credentials.levels import (
    Raised,
    RevocationUnknown,
    SealCertificateRevoked,
    SealLevel,
    SealNotExtensible,
    TimestampUnavailable,
)
from app.domain.credentials.ports_levels import SealLevels
from app.domain.errors import Finding

_STILL_FRESH = timedelta(minutes=10)
"""How long an authority that answered is taken to be reachable."""

_LONGEST_WAIT = 60.0
"""Seconds that somebody who looks at a seal waits for authorities of timestamps."""


@dataclass
class EdcSealLevels:
    """See `app.domain.credentials.ports_levels.SealLevels`."""

    target: SealLevel
    timestamps: Timestamps
    gatherer: Gatherer
    issuers: Issuers
    trust: Callable[[], TrustStore]
    """May block."""
    clock: Clock
    renewed_before: timedelta
    """How long before its authority's certificate ends an archive timestamp is renewed."""
    retired_digests: Collection[str] = ()

    async def raise_once(self, document: bytes) -> Raised:
        """The document, one level higher."""
        text = await asyncio.to_thread(seal_text, document)
        match text.level:
            case SealLevel.B_B:
                return await self._stamped(document, text)
            case SealLevel.B_T:
                return await self._with_values(document, text)
            case SealLevel.B_LT:
                return await self._archived(document, text)
            case SealLevel.B_LTA:
                raise SealNotExtensible("The seal has the highest level already.")

    async def renew(self, document: bytes) -> Raised:
        """A document of level B-LTA with a new archive timestamp over all."""
        text = await asyncio.to_thread(seal_text, document)
        if text.level is not SealLevel.B_LTA:
            raise SealNotExtensible("The seal has no archive timestamp that could be renewed.")
        last = max(i for i, (name, _) in enumerate(text.unsigned) if name == "arcTst")
        covered = imprints.of_archive_timestamp(
            text.payload, text.protected, text.signature, text.entries[:last]
        )
        token = await asyncio.to_thread(_opened, text.tokens("arcTst")[-1], covered)
        gathered = Gathered()
        await self._gather_timestamp(token, (), gathered)
        values = jades_levels.timestamp_validation(
            gathered.certificate_values, gathered.lists, gathered.responses
        )
        extended = await asyncio.to_thread(jades_levels.with_entries, document, values)
        return await self._archived(extended, await asyncio.to_thread(seal_text, extended))

    async def findings(self, *, ask: bool = True) -> Sequence[Finding]:
        """What is doubtful about the authorities of timestamps."""
        if self.target is SealLevel.B_B:
            return ()
        now = self.clock.now()
        standings = self.timestamps.standings.values()
        if any(s.answered_at and now - s.answered_at < _STILL_FRESH for s in standings):
            return ()
        if ask:
            try:
                await self.timestamps.stamp(secrets.token_bytes(32))
            except TimestampUnavailable as unavailable:
                return [self._finding(unavailable.detail)]
            return ()
        failed = [s.failure.detail for s in standings if s.failures and s.failure]
        if failed and len(failed) == len(self.timestamps.authorities):
            return [self._finding(" ".join(failed))]
        return ()

    def _finding(self, detail: str) -> Finding:
        failures = [s.failure for s in self.timestamps.standings.values() if s.failure]
        if failures and all(failure.code == "clock_differs" for failure in failures):
            return Finding(
                "",
                "clock_doubtful",
                "This machine's clock and those of the authorities of timestamps do not agree. "
                f"{detail}",
            )
        return Finding("", "timestamp_authority_unreachable", detail)

    # One level each

    async def _stamped(self, document: bytes, text: SealText) -> Raised:
        stamp = await self.timestamps.stamp(imprints.of_signature_timestamp(text.signature))
        return Raised(
            await asyncio.to_thread(
                jades_levels.with_entries, document, jades_levels.signature_timestamp(stamp.token)
            ),
            SealLevel.B_T,
        )

    async def _with_values(self, document: bytes, text: SealText) -> Raised:
        certificates = await asyncio.to_thread(_certificates, document)
        covered = imprints.of_signature_timestamp(text.signature)
        token = await asyncio.to_thread(_opened, text.tokens("sigTst")[0], covered, certificates)
        gathered = Gathered()
        chain = await self._chain(
            certificates[0], certificates[1:], token.time, Purpose.SEALS, "the seal"
        )
        # An answer from before the timestamp could not know of a revocation in between.
        try:
            await self.gatherer.gather(chain, gathered, used_at=token.time, asked_after=token.time)
        except RevokedWhenUsed as revoked:
            raise SealCertificateRevoked(str(revoked)) from None
        await self._gather_timestamp(token, certificates, gathered)
        return Raised(
            await asyncio.to_thread(
                jades_levels.with_entries,
                document,
                jades_levels.certificate_values(gathered.certificate_values),
                jades_levels.revocation_values(gathered.lists, gathered.responses),
            ),
            SealLevel.B_LT,
        )

    async def _archived(self, document: bytes, text: SealText) -> Raised:
        covered = await asyncio.to_thread(
            imprints.of_archive_timestamp,
            text.payload,
            text.protected,
            text.signature,
            text.entries,
        )
        stamp = await self.timestamps.stamp(covered)
        return Raised(
            await asyncio.to_thread(
                jades_levels.with_entries, document, jades_levels.archive_timestamp(stamp.token)
            ),
            SealLevel.B_LTA,
            renew_at=self._renewal(stamp),
            digest=stamp.digest,
        )

    # What they need

    async def _gather_timestamp(
        self, token: Token, others: Sequence[x509.Certificate], into: Gathered
    ) -> None:
        chain = await self._chain(
            token.authority,
            [*token.certificates, *others],
            token.time,
            Purpose.TIMESTAMPS,
            "its timestamp",
        )
        try:
            await self.gatherer.gather(chain, into, used_at=token.time)
        except RevokedWhenUsed as revoked:
            raise SealNotExtensible(
                f"The certificate of the timestamp ({revoked}) was revoked before it was made."
            ) from None

    async def _chain(
        self,
        leaf: x509.Certificate,
        others: Sequence[x509.Certificate],
        at: datetime,
        purpose: Purpose,
        what: str,
    ) -> Sequence[x509.Certificate]:
        trust = await asyncio.to_thread(self.trust)
        path = await self.issuers.path(leaf, others, at, trust, purpose)
        if path.status is PathStatus.NOT_VALID:
            raise SealNotExtensible(f"The chain of {what} breaks the rules: {path.problem}.")
        if path.status is PathStatus.UNKNOWN:
            raise RevocationUnknown(
                f"No authority that is trusted here stands behind the certificate of {what}."
            )
        return path.chain

    def _renewal(self, stamp: Timestamp) -> datetime:
        """In good time before the first certificate of the timestamp ends; the root's may end."""
        now = self.clock.now()
        ends = min(c.not_valid_after_utc for c in stamp.chain[:-1] or stamp.chain)
        # A certificate that ends sooner than that is renewed half way, and not again and again.
        return max(ends - self.renewed_before, now + (ends - now) / 2)


def from_a_thread(levels: SealLevels, loop: asyncio.AbstractEventLoop) -> Reachable:
    """The findings for those who look at a seal in a thread, while the loop runs elsewhere."""

    def reachable() -> Sequence[Finding]:
        asked = asyncio.run_coroutine_threadsafe(levels.findings(), loop)
        try:
            return asked.result(_LONGEST_WAIT)
        except TimeoutError:
            # Whoever runs the loop is going, or every authority takes its time.
            asked.cancel()
            return [
                Finding(
                    "",
                    "timestamp_authority_unreachable",
                    "No authority of timestamps has answered in good time.",
                )
            ]

    return reachable


def _certificates(document: bytes) -> Sequence[x509.Certificate]:
    """`x5c`, the seal certificate first. Raises SealNotExtensible."""
    try:
        return open_sealed(document).certificates
    except NotReadable as fault:
        raise SealNotExtensible(f"The seal cannot be read: {fault}.") from None


def _opened(der: bytes, covered: bytes, others: Sequence[x509.Certificate] = ()) -> Token:
    try:
        return open_token(der, covered, others)
    except TokenFault as fault:
        raise SealNotExtensible(f"The seal's timestamp proves nothing: {fault.detail}") from None
