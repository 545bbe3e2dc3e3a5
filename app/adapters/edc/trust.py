"""Whom we believe: the authorities whose certificates a seal may hang on (RFC 5280, section 6).

Nothing is fetched and no store of the system is asked: what is trusted is exactly what is given.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding

from app.adapters.edc.certificates import CertificateUnreadable, certificate_facts

_LONGEST_CHAIN = 6
_WEAK = (hashes.MD5, hashes.SHA1)


@dataclass(frozen=True)
class TrustAnchor:
    """An authority that is trusted, and why."""

    certificate: x509.Certificate
    name: str
    """For people: `EU trusted list of Spain`, `Development seals of this installation`."""
    development: bool = False
    """Whether what hangs on it proves nothing about anybody."""


class PathStatus(StrEnum):
    """How the search for a chain ended."""

    TRUSTED = "trusted"
    UNKNOWN = "unknown"
    """No trusted authority is at the top. That is not wrong, only not known."""
    NOT_VALID = "not_valid"
    """A chain to a trusted authority exists, but breaks the rules."""


@dataclass(frozen=True)
class Path:
    """What was found of a certificate's chain."""

    status: PathStatus
    anchor: TrustAnchor | None = None
    length: int = 0
    """Certificates from the seal's to the authority's, both counted."""
    problem: str | None = None
    """Why a chain is not valid, for people."""


@dataclass(frozen=True)
class TrustStore:
    """The authorities that are trusted."""

    anchors: tuple[TrustAnchor, ...] = ()

    def path(
        self, leaf: x509.Certificate, others: Sequence[x509.Certificate], at: datetime
    ) -> Path:
        """The chain from a certificate to a trusted authority, judged at a moment.

        `others` are certificates that may lie between; they come from the seal itself and need no
        trust. Never raises.
        """
        best = Path(PathStatus.UNKNOWN)
        for anchor, chain in self._chains((leaf,), others):
            problem = _problem(chain, at)
            if problem is None:
                return Path(PathStatus.TRUSTED, anchor, len(chain))
            best = Path(PathStatus.NOT_VALID, anchor, len(chain), problem)
        return best

    def _chains(
        self, chain: tuple[x509.Certificate, ...], others: Sequence[x509.Certificate]
    ) -> Iterator[tuple[TrustAnchor, tuple[x509.Certificate, ...]]]:
        """Every chain of signatures to an anchor, whatever else may be wrong with it."""
        for anchor in self.anchors:
            if issued(chain[-1], anchor.certificate):
                yield anchor, (*chain, anchor.certificate)
        if len(chain) + 1 >= _LONGEST_CHAIN:
            return
        for other in others:
            if other not in chain and issued(chain[-1], other):
                yield from self._chains((*chain, other), others)


def issued(certificate: x509.Certificate, authority: x509.Certificate) -> bool:
    """Whether the authority's key signed the certificate, and the names agree."""
    try:
        if certificate.issuer != authority.subject:
            return False
        certificate.verify_directly_issued_by(authority)
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
        return False
    return True


def _problem(chain: Sequence[x509.Certificate], at: datetime) -> str | None:
    for below, certificate in enumerate(chain):
        try:
            facts = certificate_facts(certificate)
        except CertificateUnreadable:
            return "a certificate of the chain cannot be read"
        if not facts.valid_at(at):
            return f"the certificate of {facts.subject} was not valid at the time of sealing"
        if not facts.strong_key:
            return f"the key of {facts.subject} is too weak"
        if below and (problem := _not_an_authority(certificate, below - 1)):
            return problem
        if certificate is not chain[-1] and isinstance(certificate.signature_hash_algorithm, _WEAK):
            return f"the certificate of {facts.subject} was signed with a broken algorithm"
    return None


def _not_an_authority(certificate: x509.Certificate, authorities_below: int) -> str | None:
    name = certificate.subject.rfc4514_string()
    try:
        constraints = certificate.extensions.get_extension_for_class(x509.BasicConstraints).value
        if not constraints.ca:
            return f"{name} is not an authority"
        if constraints.path_length is not None and authorities_below > constraints.path_length:
            return f"the chain below {name} is longer than it allows"
        usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
        return None if usage.key_cert_sign else f"{name} may not issue certificates"
    except x509.ExtensionNotFound as missing:
        # Some roots of old have no key usage; basic constraints are indispensable.
        return f"{name} is not an authority" if _is_basic(missing) else None


def _is_basic(missing: x509.ExtensionNotFound) -> bool:
    return missing.oid == x509.BasicConstraints.oid


def anchor_from_pem(pem: bytes, name: str, *, development: bool = False) -> TrustAnchor:
    """An anchor from a PEM file with one certificate. Raises ValueError."""
    return TrustAnchor(x509.load_pem_x509_certificate(pem), name, development)


def as_pem(certificate: x509.Certificate) -> bytes:
    """A certificate as PEM."""
    return certificate.public_bytes(Encoding.PEM)
