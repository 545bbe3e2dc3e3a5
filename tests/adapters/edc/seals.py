"""Seals for the tests: of an authority that is trusted, of a stranger, and faulty ones."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes

from app.adapters.edc.pki.authorities import (
    Authority,
    PrivateKey,
    SealSubject,
    new_authority,
    new_ec_key,
    new_rsa_key,
)
from app.adapters.edc.pki.certificates import issuer_from_certificate
from app.adapters.edc.pki.trust import TrustAnchor, TrustStore
from app.adapters.edc.seal.development_seal import DevelopmentSealWarning
from app.adapters.edc.seal.jades import TimeHeader, seal
from app.adapters.edc.seal.seals import SoftwareSealKey
from app.adapters.edc.verification.status import as_registered
from app.adapters.edc.verification.verify import verify
from app.domain.credentials.status import PublicStatus
from app.domain.credentials.verification import Verification
from tests.adapters.edc.credentials import a_credential, as_bytes
from tests.adapters.edc.material import ISSUED, OVIEDO

NOW = ISSUED + timedelta(hours=2)
BEFORE = datetime(2026, 1, 1, tzinfo=UTC)
AFTER = datetime(2029, 1, 1, tzinfo=UTC)
SUBJECT = SealSubject("Universidad de Oviedo", "Sello de prueba", "ES", "VATES-Q0000000X")


@cache
def the_authority() -> Authority:
    """The authority that the tests trust."""
    return new_authority("Test authority", valid_from=BEFORE, valid_until=AFTER)


@cache
def a_stranger() -> Authority:
    """An authority that nobody here knows."""
    return new_authority("Foreign test authority", valid_from=BEFORE, valid_until=AFTER)


@cache
def rsa_key() -> PrivateKey:
    return new_rsa_key()


@cache
def ec_key() -> PrivateKey:
    return new_ec_key()


def a_seal(
    authority: Authority | None = None,
    *,
    alg: str = "RS256",
    subject: SealSubject = SUBJECT,
    key: PrivateKey | None = None,
    between: Authority | None = None,
    valid_from: datetime = BEFORE,
    valid_until: datetime = AFTER,
    for_sealing: bool = True,
) -> SoftwareSealKey:
    """A seal of Oviedo, by the trusted authority unless another is given."""
    root = authority or the_authority()
    private = key or (ec_key() if alg.startswith("ES") else rsa_key())
    above = between or root
    certificate = above.issue(
        subject, private, valid_from=valid_from, valid_until=valid_until, for_sealing=for_sealing
    )
    chain = (certificate, between.certificate) if between else (certificate,)
    return SoftwareSealKey(alg, (*chain, root.certificate), _as_private(private))


def _as_private(key: PrivateKey) -> PrivateKeyTypes:
    return key


TRUST = TrustStore((TrustAnchor(the_authority().certificate, "Test authority"),))


def sealed(
    key: SoftwareSealKey | None = None,
    credential: dict[str, Any] | None = None,
    *,
    at: datetime = ISSUED,
    time_header: TimeHeader = "iat",
) -> bytes:
    """A sealed credential whose issuer is what the seal says."""
    key = key or a_seal()
    if credential is None:
        issuer = issuer_from_certificate(key.certificate_chain[0], OVIEDO)
        credential = a_credential(issuer=issuer, issued=at)
    return seal(as_bytes(credential), key, at, time_header=time_header)


def verified(
    raw: bytes,
    *,
    trust: TrustStore = TRUST,
    now: datetime = NOW,
    status: PublicStatus | None = None,
    recognised: bool | None = None,
) -> Verification:
    found = verify(raw, trust=trust, now=now, recognised=lambda _number: recognised)
    return found if status is None else as_registered(found, status)


def with_subject(**changes: str) -> SealSubject:
    return replace(SUBJECT, **changes)


@contextmanager
def warned() -> Iterator[None]:
    """Development seals warn; where the test is about something else, that is expected."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DevelopmentSealWarning)
        yield
