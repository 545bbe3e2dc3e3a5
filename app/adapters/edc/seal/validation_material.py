"""Everything that is needed to check a seal or a timestamp without asking anybody, gathered."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from app.adapters.edc.pki.revocation import Revocation, Said, needs_no_word, responders_of


class RevokedWhenUsed(Exception):
    """A certificate had been revoked when it was used. Says whose."""


@dataclass
class Gathered:
    """Certificates, and what was said about them, each once and in the order of gathering."""

    certificates: list[x509.Certificate] = field(default_factory=list)
    said: list[Said] = field(default_factory=list)

    @property
    def certificate_values(self) -> Sequence[bytes]:
        """The certificates in DER."""
        return [certificate.public_bytes(Encoding.DER) for certificate in self.certificates]

    @property
    def lists(self) -> Sequence[bytes]:
        """The revocation lists in DER."""
        return list(dict.fromkeys(said.der for said in self.said if not said.is_ocsp))

    @property
    def responses(self) -> Sequence[bytes]:
        """The OCSP responses in DER."""
        return list(dict.fromkeys(said.der for said in self.said if said.is_ocsp))

    def add(self, certificates: Sequence[x509.Certificate]) -> None:
        """Further certificates; known ones are passed over."""
        self.certificates += [c for c in dict.fromkeys(certificates) if c not in self.certificates]


class Gatherer:
    """Asks about every certificate of a chain but the trusted one at its end."""

    def __init__(self, revocation: Revocation) -> None:
        self._revocation = revocation

    async def gather(
        self,
        chain: Sequence[x509.Certificate],
        into: Gathered,
        *,
        used_at: datetime,
        asked_after: datetime | None = None,
    ) -> None:
        """Add a chain, and what is said about its certificates.

        `asked_after` is for the first certificate alone: those above it rarely change. Raises
        RevokedWhenUsed, RevocationUnknown, SealNotExtensible.
        """
        into.add(chain)
        for place, (certificate, issuer) in enumerate(pairwise(chain)):
            said = await self._revocation.about(
                certificate, issuer, asked_after=None if place else asked_after
            )
            revoked_at = said.statement.revoked_at
            if revoked_at is not None and revoked_at <= used_at:
                raise RevokedWhenUsed(certificate.subject.rfc4514_string())
            into.said.append(said)
            for responder in responders_of(said, issuer):
                known = responder in into.certificates
                into.add([responder])
                if not known and not needs_no_word(responder):
                    into.said.append(await self._revocation.about(responder, issuer))
