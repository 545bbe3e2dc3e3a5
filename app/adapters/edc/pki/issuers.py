"""Finding the certificates between one and a trusted authority, where they did not come with it.

A certificate says where its issuer's is to be had (RFC 5280, section 4.2.2.1). Such certificates
need no trust: only a chain that ends at a trusted authority counts.
"""

import asyncio
from collections.abc import Sequence
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives.serialization import pkcs7
from cryptography.x509.oid import AuthorityInformationAccessOID

from app.adapters.edc.pki.fetching import FetchFailed, Question, Web
from app.adapters.edc.pki.trust import Path, PathStatus, Purpose, TrustStore, issued

_LARGEST = 100_000
_STEPS = 4
_KEPT = 200


class Issuers:
    """Completes chains, and remembers what it fetched."""

    def __init__(self, web: Web) -> None:
        self._web = web
        self._fetched: dict[str, tuple[x509.Certificate, ...]] = {}

    async def path(
        self,
        leaf: x509.Certificate,
        others: Sequence[x509.Certificate],
        at: datetime,
        trust: TrustStore,
        purpose: Purpose,
    ) -> Path:
        """The chain to a trusted authority at a moment; what lacks in between is fetched.

        Never raises: what cannot be fetched leaves the chain unknown.
        """
        pool = list(others)
        climbed = [leaf]
        for _ in range(_STEPS):
            path = await asyncio.to_thread(trust.path, leaf, pool, at, purpose)
            if path.status is not PathStatus.UNKNOWN:
                return path
            while above := next(
                (c for c in pool if c not in climbed and issued(climbed[-1], c)), None
            ):
                climbed.append(above)
            last = climbed[-1]
            found = [c for c in await self._issuer_of(last) if issued(last, c)]
            if not found:
                return path
            pool += found
        return await asyncio.to_thread(trust.path, leaf, pool, at, purpose)

    async def _issuer_of(self, certificate: x509.Certificate) -> Sequence[x509.Certificate]:
        found: list[x509.Certificate] = []
        for url in urls(certificate, AuthorityInformationAccessOID.CA_ISSUERS):
            if url not in self._fetched:
                try:
                    fetched = await self._web.ask(
                        Question(url, "application/pkix-cert, application/pkcs7-mime", _LARGEST)
                    )
                    if len(self._fetched) >= _KEPT:
                        self._fetched.clear()
                    self._fetched[url] = tuple(_certificates(fetched))
                except FetchFailed:
                    continue
            found += self._fetched[url]
        return found


def urls(certificate: x509.Certificate, method: x509.ObjectIdentifier) -> Sequence[str]:
    """Addresses in a certificate's authority information access, of one access method."""
    try:
        access = certificate.extensions.get_extension_for_class(
            x509.AuthorityInformationAccess
        ).value
    except (x509.ExtensionNotFound, ValueError):
        return ()
    return [
        description.access_location.value
        for description in access
        if description.access_method == method
        and isinstance(description.access_location, x509.UniformResourceIdentifier)
    ]


def _certificates(fetched: bytes) -> Sequence[x509.Certificate]:
    """Certificates in DER, PEM, or a collection as PKCS #7; none for anything else."""
    for read in (_one_in_der, x509.load_pem_x509_certificates, pkcs7.load_der_pkcs7_certificates):
        try:
            return read(fetched)
        except Exception:  # noqa: S112 - libraries say in many ways that bytes are no certificate
            continue
    return ()


def _one_in_der(fetched: bytes) -> list[x509.Certificate]:
    return [x509.load_der_x509_certificate(fetched)]
