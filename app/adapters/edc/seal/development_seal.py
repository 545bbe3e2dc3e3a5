"""Seals for development, made on the spot, that nobody can mistake for real ones.

O is the institution's legal name, as in a real seal, so that everything downstream works on real
names; CN says DEVELOPMENT ONLY; the organizationIdentifier is one that no register can ever give
out (decision 0021); the authority's name says it as well; and making or loading one warns.
"""

import fcntl
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from app.adapters.edc.pki.authorities import (
    Authority,
    SealSubject,
    as_pkcs12,
    new_authority,
    new_rsa_key,
    one_day_before,
    private_pem,
)
from app.adapters.edc.pki.certificates import TEST_IDENTIFIER, certificate_facts
from app.adapters.edc.pki.trust import TrustAnchor, as_pem, issued
from app.adapters.edc.seal.seals import SoftwareSealKey, load_pkcs12
from app.domain.vocabulary.lists import code_of
from app.domain.vocabulary.specification import Organisation
from app.domain.vocabulary.text import in_language

PASSWORD = "development only"
"""Of every development seal: what it protects is worth nothing, and the files are 0600 anyway."""

_ROOT_NAME = "Development seal authority - DEVELOPMENT ONLY"
_ANCHOR_NAME = "Development seals of this installation"
_ROOT_LIFE = timedelta(days=3650)
_SEAL_LIFE = timedelta(days=730)
_RENEWED_BEFORE_END = timedelta(days=30)


class DevelopmentSealWarning(UserWarning):
    """A development seal is in use: what it seals proves nothing about anybody."""


def development_seal(directory: Path, organisation: Organisation, now: datetime) -> SoftwareSealKey:
    """The development seal of an institution, made on the first call and kept in the directory.

    Several processes may ask at once: they get the same seal. Warns with DevelopmentSealWarning.
    Raises ValueError for an organisation whose country has no ISO 3166-1 code, OSError for a
    directory that cannot be written.
    """
    warnings.warn(
        f"{organisation.code} seals with a development seal: nothing that it seals is real.",
        DevelopmentSealWarning,
        stacklevel=2,
    )
    file = directory / f"{organisation.code}.p12"
    with _alone_in(directory):
        root = _root(directory, now)
        if not _usable(file, root, organisation, now):
            _make_seal(file, root, organisation, now)
        return load_pkcs12(file, PASSWORD)


def development_anchor(directory: Path, now: datetime) -> TrustAnchor:
    """The authority of this installation's development seals, for a store of trust."""
    with _alone_in(directory):
        return TrustAnchor(_root(directory, now).certificate, _ANCHOR_NAME, development=True)


def root_pem(directory: Path, now: datetime) -> bytes:
    """The certificate of that authority as PEM, for programs that check what was sealed."""
    return as_pem(development_anchor(directory, now).certificate)


def development_subject(organisation: Organisation) -> SealSubject:
    """What the seal of an institution says. Raises ValueError without a country code."""
    country = code_of(organisation.country.uri)
    if country is None:
        raise ValueError(f"{organisation.code} has no country with an ISO 3166-1 code")
    local = [tag for tag in organisation.legal_name if tag != "en"]
    return SealSubject(
        organisation=in_language(organisation.legal_name, *local),
        common_name=f"{organisation.code} seal - DEVELOPMENT ONLY",
        country=country,
        organisation_identifier=f"{TEST_IDENTIFIER}{organisation.code}",
    )


@contextmanager
def _alone_in(directory: Path) -> Iterator[None]:
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(directory / ".lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        # Held by the open file, so it goes when this process goes, however that happens.
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _root(directory: Path, now: datetime) -> Authority:
    key_file, certificate_file = directory / "root.key", directory / "root.pem"
    if key_file.exists() and certificate_file.exists():
        certificate = x509.load_pem_x509_certificate(certificate_file.read_bytes())
        key = load_pem_private_key(key_file.read_bytes(), password=None)
        if certificate_facts(certificate).valid_at(now + _RENEWED_BEFORE_END):
            return Authority(certificate, key)  # type: ignore[arg-type]
    root = new_authority(_ROOT_NAME, valid_from=one_day_before(now), valid_until=now + _ROOT_LIFE)
    _write(key_file, private_pem(root.key))
    _write(certificate_file, as_pem(root.certificate))
    return root


def _usable(file: Path, root: Authority, organisation: Organisation, now: datetime) -> bool:
    if not file.exists():
        return False
    certificate = load_pkcs12(file, PASSWORD).certificate_chain[0]
    facts, wanted = certificate_facts(certificate), development_subject(organisation)
    return (
        facts.valid_at(now)
        and facts.valid_at(now + _RENEWED_BEFORE_END)
        and issued(certificate, root.certificate)
        and facts.organisation == wanted.organisation
    )


def _make_seal(file: Path, root: Authority, organisation: Organisation, now: datetime) -> None:
    key = new_rsa_key()
    certificate = root.issue(
        development_subject(organisation),
        key,
        valid_from=one_day_before(now),
        valid_until=now + _SEAL_LIFE,
    )
    _write(file, as_pkcs12(key, certificate, [root.certificate], PASSWORD))


def _write(file: Path, content: bytes) -> None:
    """Readable by the owner alone, and whole or not there at all."""
    unfinished = file.with_suffix(f"{file.suffix}.{os.getpid()}")
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as handle:
        handle.write(content)
        handle.flush()
        os.fsync(handle.fileno())
    unfinished.replace(file)
