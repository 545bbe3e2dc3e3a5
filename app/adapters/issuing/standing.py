"""Whether the certificates of a seal are still in force, found out before it is used.

What a folder holds counts always. The authorities themselves are asked where a deployment wants
their answers beside its seals anyway, or says so; a thousand credentials of one batch ask once.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from threading import Lock

from cryptography import x509

from app.adapters.edc.pki.certificates import fingerprint
from app.adapters.edc.pki.revocation import Revocation
from app.adapters.edc.pki.revocation_data import Statement, best_statement
from app.adapters.edc.pki.trust import Path
from app.adapters.edc.verification.times import Material
from app.adapters.issuing.status_folder import StatusFolder
from app.domain.clock import Clock
from app.domain.credentials.levels import RevocationUnknown, SealNotExtensible
from app.domain.errors import Finding

_STILL_FRESH = timedelta(minutes=5)
"""How long an answer is not asked for again: a revocation shows within that time."""
_SILENT = timedelta(seconds=30)
"""How long nobody is asked again who did not answer."""
_LONGEST_WAIT = 60.0
"""Seconds that somebody who looks at a seal waits for its authorities."""
_KEPT = 100

Answer = Statement | str
"""What was said of a certificate or, for people, why nothing was."""

Ask = Callable[[Sequence[x509.Certificate]], Sequence[Answer]]
"""Asks about every certificate of a chain but the trusted one at its end. Blocking."""


@dataclass(frozen=True)
class Standing:
    """What there is to say of a seal's certificates."""

    refusals: tuple[Finding, ...] = ()
    warnings: tuple[Finding, ...] = ()


@dataclass(frozen=True)
class _Known:
    standing: Standing
    material: Material
    until: datetime


class Standings:
    """Finds out, and remembers for some minutes. For use from several threads."""

    def __init__(
        self,
        kept: StatusFolder,
        *,
        ask: Ask | None = None,
        needed: bool = False,
    ) -> None:
        """`needed` says that nothing is sealed whose certificates nobody answers for.

        So it is where the answers have to stand beside the seal: whatever could not get them
        would be sealed, and never finished.
        """
        self._folder = kept
        self._ask = ask
        self._needed = needed
        self._lock = Lock()
        self._known: dict[str, _Known] = {}

    @property
    def material(self) -> Material:
        """What the folder holds."""
        return self._folder.material

    def of(self, path: Path, now: datetime) -> Standing:
        """The standing of the certificates of a chain that ends at a trusted authority."""
        if len(path.chain) < 2:
            # The certificate itself is what is trusted: nobody stands above it to revoke it.
            return Standing()
        key, material = fingerprint(path.chain[0]), self.material
        with self._lock:
            known = self._known.get(key)
        if known is not None and known.material is material and now < known.until:
            return known.standing
        standing = self._found(path.chain, material, now)
        sure = not standing.refusals and not standing.warnings
        with self._lock:
            if len(self._known) >= _KEPT:
                self._known.clear()
            until = now + (_STILL_FRESH if sure else _SILENT)
            self._known[key] = _Known(standing, material, until)
        return standing

    def _found(
        self, chain: Sequence[x509.Certificate], material: Material, now: datetime
    ) -> Standing:
        kept = [
            _current(best_statement(certificate, [issuer], material.lists, material.responses), now)
            for certificate, issuer in pairwise(chain)
        ]
        asked: Sequence[Answer | None] = [None] * len(kept)
        if self._ask is not None and not any(s and s.revoked_at for s in kept):
            asked = self._ask(chain)
        refusals, silent = [], []
        for certificate, *words in zip(chain, kept, asked, strict=False):
            said = [word for word in words if isinstance(word, Statement)]
            revoked = next((word for word in said if word.revoked_at is not None), None)
            if revoked is not None:
                refusals.append(_revoked(certificate, revoked))
            elif not said or (self._needed and not isinstance(words[-1], Statement)):
                silent.append(_unknown(certificate, words[-1]))
        if self._needed:
            return Standing((*refusals, *silent))
        # Of authorities above, hardly anybody keeps lists; the seal's own is what counts.
        return Standing(tuple(refusals), tuple(silent[:1]))


def asking(revocation: Revocation, clock: Clock, loop: asyncio.AbstractEventLoop) -> Ask:
    """Asks from a thread, while the loop runs elsewhere."""

    async def about(certificate: x509.Certificate, issuer: x509.Certificate) -> Answer:
        try:
            fresh = clock.now() - _STILL_FRESH
            return (await revocation.about(certificate, issuer, asked_after=fresh)).statement
        except SealNotExtensible as nobody:
            return nobody.detail
        except RevocationUnknown:
            pass
        try:
            # An older answer may still hold; it is worth more than none.
            return (await revocation.about(certificate, issuer)).statement
        except RevocationUnknown as silence:
            return silence.detail

    async def of_all(chain: Sequence[x509.Certificate]) -> Sequence[Answer]:
        return await asyncio.gather(*(about(one, above) for one, above in pairwise(chain)))

    def ask(chain: Sequence[x509.Certificate]) -> Sequence[Answer]:
        asked = asyncio.run_coroutine_threadsafe(of_all(chain), loop)
        try:
            return asked.result(_LONGEST_WAIT)
        except TimeoutError:
            asked.cancel()
            return ["Nobody has answered in good time."] * (len(chain) - 1)

    return ask


def _current(said: Statement | None, now: datetime) -> Statement | None:
    """A revocation stays; that there was none holds until the next word was due."""
    if said is None or said.revoked_at is not None:
        return said
    return said if said.next_update is not None and now <= said.next_update else None


def _revoked(certificate: x509.Certificate, said: Statement) -> Finding:
    since = f"{said.revoked_at:%F}" if said.revoked_at else ""
    return Finding(
        "",
        "certificate_revoked",
        f"Its authority has revoked the certificate of {certificate.subject.rfc4514_string()} "
        f"on {since}. Order a new one.",
    )


def _unknown(certificate: x509.Certificate, why: Answer | None) -> Finding:
    reason = why if isinstance(why, str) else "No answer of its authority is kept here."
    return Finding(
        "",
        "certificate_status_unknown",
        f"Whether the certificate of {certificate.subject.rfc4514_string()} was revoked is not "
        f"known. {reason}",
    )
