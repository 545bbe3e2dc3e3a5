"""Certificates parsed once: the same few come with every credential of an institution."""

from functools import lru_cache

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from app.adapters.edc.pki.certificates import (
    CertificateFacts,
    CertificateUnreadable,
    certificate_facts,
)

_KEPT = 512
"""Some kilobytes each; larger ones, which only an attacker has, are parsed every time."""
_LARGEST_KEPT = 10_000


def parsed_certificate(der: bytes) -> x509.Certificate:
    """The certificate of DER bytes. Raises ValueError for anything else."""
    return _loaded(der) if len(der) > _LARGEST_KEPT else _parsed(der)


@lru_cache(_KEPT)
def _parsed(der: bytes) -> x509.Certificate:
    return _loaded(der)


def _loaded(der: bytes) -> x509.Certificate:
    try:
        return x509.load_der_x509_certificate(der)
    except Exception as error:
        # The library has more ways of saying no than ValueError, and warns of some.
        raise ValueError("not a certificate") from error


def facts_of(certificate: x509.Certificate) -> CertificateFacts:
    """What a certificate says, read once. Raises CertificateUnreadable."""
    der = certificate.public_bytes(Encoding.DER)
    if len(der) > _LARGEST_KEPT:
        return certificate_facts(certificate)
    found = _facts(der)
    if found is None:
        raise CertificateUnreadable("a certificate that cannot be read")
    return found


@lru_cache(_KEPT)
def _facts(der: bytes) -> CertificateFacts | None:
    try:
        return certificate_facts(_parsed(der))
    except CertificateUnreadable:
        return None
