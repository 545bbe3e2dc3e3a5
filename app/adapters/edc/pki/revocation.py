"""Asking whether certificates have been revoked, so that the answers can be kept with a seal.

OCSP (RFC 6960) where the certificate names a responder, else a CRL (RFC 5280). An answer is looked
at before it is used: from whoever may say it, about this certificate, and current. Answers are kept
for as long as they hold, since a thousand seals ask about the same few certificates.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from asn1crypto import ocsp
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp as building
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID

from app.adapters.edc.pki.fetching import FetchFailed, Question, Web
from app.adapters.edc.pki.issuers import urls
from app.adapters.edc.pki.parsed import parsed_certificate
from app.adapters.edc.pki.revocation_data import Responses, RevocationList, Statement
from app.adapters.edc.pki.trust import issued
from app.adapters.edc.strict_json import NotReadable
from app.domain.clock import Clock
from app.domain.credentials.levels import RevocationUnknown, SealNotExtensible

_LARGEST_RESPONSE = 100_000
_LARGEST_LIST = 10_000_000
_SKEW = timedelta(minutes=5)
_HOLDS_WITHOUT_END = timedelta(hours=1)
"""How long an answer is kept here that does not say when there will be a newer one."""
_KEPT = 5_000


@dataclass(frozen=True)
class Said:
    """What an authority said about one certificate, in the form in which it can be kept."""

    statement: Statement
    der: bytes = field(repr=False)
    """The OCSPResponse or the CertificateList."""
    responders: tuple[x509.Certificate, ...] = field(default=(), repr=False)
    """Certificates that the answer came with."""
    fetched_at: datetime | None = None

    @property
    def is_ocsp(self) -> bool:
        """Whether it is an OCSP response, else a CRL."""
        return self.statement.source == "OCSP"


class Revocation:
    """Asks, checks, remembers."""

    def __init__(self, web: Web, clock: Clock) -> None:
        self._web = web
        self._clock = clock
        self._kept: dict[tuple[str, bytes], tuple[bytes, datetime]] = {}
        self._turns: dict[tuple[str, bytes], asyncio.Lock] = {}

    async def about(
        self,
        certificate: x509.Certificate,
        issuer: x509.Certificate,
        *,
        asked_after: datetime | None = None,
    ) -> Said:
        """What is said about a certificate now.

        With `asked_after` nothing counts that was asked for before. Raises RevocationUnknown when
        nobody answers now, SealNotExtensible when the certificate names nobody who could be asked.
        """
        sources = [
            *(
                (url, self._response)
                for url in urls(certificate, AuthorityInformationAccessOID.OCSP)
            ),
            *((url, self._list) for url in _list_urls(certificate)),
        ]
        if not sources:
            raise SealNotExtensible(
                f"The certificate of {_name(certificate)} names nobody who would say whether it "
                "was revoked, so that its seal cannot be raised above B-T."
            )
        faults = []
        for url, ask in sources:
            try:
                return await ask(url, certificate, issuer, asked_after)
            except (FetchFailed, NotReadable) as fault:
                faults.append(f"{url}: {str(fault).rstrip('.')}.")
        raise RevocationUnknown(
            f"Nobody says whether the certificate of {_name(certificate)} was revoked. "
            + " ".join(faults)
        )

    async def _response(
        self,
        url: str,
        certificate: x509.Certificate,
        issuer: x509.Certificate,
        asked_after: datetime | None,
    ) -> Said:
        builder = building.OCSPRequestBuilder().add_certificate(
            certificate,
            issuer,
            # What every responder knows; here it only names the authority (RFC 6960, B.1).
            hashes.SHA1(),  # noqa: S303
        )
        request = builder.build().public_bytes(Encoding.DER)
        question = Question(
            url,
            "application/ocsp-response",
            _LARGEST_RESPONSE,
            request,
            "application/ocsp-request",
        )

        def understood(der: bytes, at: datetime) -> Said:
            return _current(
                Said(
                    _stated(Responses.read(der).says(certificate, issuer)),
                    der,
                    tuple(_carried(der)),
                    at,
                ),
                self._clock.now(),
            )

        return await self._answer((url, request), question, understood, asked_after)

    async def _list(
        self,
        url: str,
        certificate: x509.Certificate,
        issuer: x509.Certificate,
        asked_after: datetime | None,
    ) -> Said:
        question = Question(url, "application/pkix-crl", _LARGEST_LIST)

        def understood(der: bytes, at: datetime) -> Said:
            return _current(
                Said(_stated(RevocationList.read(der).says(certificate, issuer)), der, (), at),
                self._clock.now(),
            )

        return await self._answer((url, b""), question, understood, asked_after)

    async def _answer(
        self,
        key: tuple[str, bytes],
        question: Question,
        understood: Callable[[bytes, datetime], Said],
        asked_after: datetime | None,
    ) -> Said:
        """What is kept, if it still holds; else what is answered now. One asks at a time."""
        async with self._turns.setdefault(key, asyncio.Lock()):
            kept = self._kept.get(key)
            if kept is not None and (asked_after is None or kept[1] >= asked_after):
                try:
                    return await asyncio.to_thread(understood, *kept)
                except (FetchFailed, NotReadable):
                    del self._kept[key]
            # Before the answer, not after it: what it says may be as old as the question.
            asked_at = self._clock.now()
            der = await self._web.ask(question)
            said = await asyncio.to_thread(understood, der, asked_at)
            if len(self._kept) >= _KEPT:
                self._kept.clear()
                self._turns.clear()
            self._kept[key] = (der, asked_at)
            return said


def needs_no_word(certificate: x509.Certificate) -> bool:
    """Whether it is a responder for whose life its authority vouches (RFC 6960, 4.2.2.2.1)."""
    try:
        certificate.extensions.get_extension_for_class(x509.OCSPNoCheck)
        usage = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except (x509.ExtensionNotFound, ValueError):
        return False
    return ExtendedKeyUsageOID.OCSP_SIGNING in usage


def responders_of(said: Said, issuer: x509.Certificate) -> Sequence[x509.Certificate]:
    """Certificates of the answer that its authority has issued: those that it was signed with."""
    return [c for c in said.responders if c != issuer and issued(c, issuer)]


def _stated(statement: Statement | None) -> Statement:
    if statement is None:
        raise FetchFailed("its answer says nothing about the certificate that could be relied on")
    return statement


def _current(said: Said, now: datetime) -> Said:
    """Raises FetchFailed for an answer of tomorrow or of yesterday."""
    statement = said.statement
    until = statement.next_update or (said.fetched_at or now) + _HOLDS_WITHOUT_END
    if statement.this_update - now > _SKEW or now - until > _SKEW:
        raise FetchFailed("its answer is not current")
    return said


def _list_urls(certificate: x509.Certificate) -> Sequence[str]:
    try:
        points = certificate.extensions.get_extension_for_class(x509.CRLDistributionPoints).value
    except (x509.ExtensionNotFound, ValueError):
        return ()
    return [
        name.value
        for point in points
        # A point for some reasons only, or of another issuer, cannot answer alone.
        if not point.reasons and not point.crl_issuer
        for name in point.full_name or ()
        if isinstance(name, x509.UniformResourceIdentifier)
    ]


def _carried(der: bytes) -> Sequence[x509.Certificate]:
    try:
        basic: Any = ocsp.OCSPResponse.load(der, strict=True).basic_ocsp_response
        return [parsed_certificate(c.dump()) for c in basic["certs"] or ()]
    except Exception:
        # Decoded lazily, and it says in many ways that it is not what it should be.
        raise NotReadable("seal_data_unreadable", "its answer cannot be read") from None


def _name(certificate: x509.Certificate) -> str:
    return certificate.subject.rfc4514_string()
