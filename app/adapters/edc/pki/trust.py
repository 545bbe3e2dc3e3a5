"""Whom we believe: the authorities whose certificates a seal may hang on (RFC 5280, section 6).

Nothing is fetched and no store of the system is asked: what is trusted is exactly what is given.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import cached_property, lru_cache

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding

from app.adapters.edc.pki.certificates import CertificateUnreadable
from app.adapters.edc.pki.parsed import facts_of, parsed_certificate

_LONGEST_CHAIN = 6
_WEAK = (hashes.MD5, hashes.SHA1)
_MOST_CANDIDATES = 60
"""Certificates that are tried as links of a chain; a seal that brings more is after our time."""
_MOST_TURNS = 300
"""Signatures that are checked in search of a chain."""
_LARGEST_KEPT = 20_000


class Purpose(StrEnum):
    """What an authority is trusted for."""

    SEALS = "seals"
    TIMESTAMPS = "timestamps"


EVERYTHING = frozenset(Purpose)


@dataclass(frozen=True)
class TrustAnchor:
    """An authority that is trusted, and why."""

    certificate: x509.Certificate
    name: str
    """For people: `EU trusted list of Spain`, `Development seals of this installation`."""
    development: bool = False
    """Whether what hangs on it proves nothing about anybody."""
    purposes: frozenset[Purpose] = EVERYTHING
    """Trusted lists say of each authority what it is for; configured ones are for everything."""
    trusted_from: datetime | None = None
    """Since when, as a list says; None: always."""
    trusted_until: datetime | None = None
    """Until when it was; None: it still is."""

    def trusted_at(self, moment: datetime) -> bool:
        """Whether it was trusted at a moment."""
        return not (
            (self.trusted_from and moment < self.trusted_from)
            or (self.trusted_until and moment > self.trusted_until)
        )


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
    chain: tuple[x509.Certificate, ...] = field(default=(), repr=False)
    """From the certificate to the authority, when there is one."""


@dataclass(frozen=True)
class TrustStore:
    """The authorities that are trusted."""

    anchors: tuple[TrustAnchor, ...] = ()

    def path(
        self,
        leaf: x509.Certificate,
        others: Sequence[x509.Certificate],
        at: datetime,
        purpose: Purpose = Purpose.SEALS,
    ) -> Path:
        """The chain from a certificate to a trusted authority, judged at a moment.

        `others` are certificates that may lie between; they come from the seal itself and need no
        trust. A certificate that is itself listed as trusted, as those of timestamps are, is its
        own chain. Never raises.
        """
        best = Path(PathStatus.UNKNOWN)
        # Authorities that all issued one another have more chains than anybody can walk.
        turns = iter(range(_MOST_TURNS))
        candidates = [other for other in others[:_MOST_CANDIDATES] if _readable(other)]
        for anchor, chain in self._chains((leaf,), candidates, purpose, turns):
            if not anchor.trusted_at(at):
                continue
            problem = _problem(chain, at)
            if problem is None:
                return Path(PathStatus.TRUSTED, anchor, len(chain), chain=chain)
            best = Path(PathStatus.NOT_VALID, anchor, len(chain), problem, chain)
        return best

    def _chains(
        self,
        chain: tuple[x509.Certificate, ...],
        others: Sequence[x509.Certificate],
        purpose: Purpose,
        turns: Iterator[int],
    ) -> Iterator[tuple[TrustAnchor, tuple[x509.Certificate, ...]]]:
        """Every chain of signatures to an anchor, whatever else may be wrong with it."""
        for anchor in self._named(chain[-1].subject):
            if purpose in anchor.purposes and anchor.certificate == chain[-1]:
                yield anchor, chain
        for anchor in self._named(chain[-1].issuer):
            if purpose in anchor.purposes and issued(chain[-1], anchor.certificate):
                yield anchor, (*chain, anchor.certificate)
        if len(chain) + 1 >= _LONGEST_CHAIN:
            return
        for other in others:
            if other.subject != chain[-1].issuer or other in chain:
                continue
            if next(turns, None) is None:
                return
            if issued(chain[-1], other):
                yield from self._chains((*chain, other), others, purpose, turns)

    def _named(self, name: x509.Name) -> Sequence[TrustAnchor]:
        return self._by_name.get(name, ())

    @cached_property
    def _by_name(self) -> dict[x509.Name, list[TrustAnchor]]:
        """Trusted lists have thousands of authorities; a seal is asked about in one go."""
        found: dict[x509.Name, list[TrustAnchor]] = {}
        for anchor in self.anchors:
            found.setdefault(anchor.certificate.subject, []).append(anchor)
        return found


def _readable(certificate: x509.Certificate) -> bool:
    """Certificates are decoded lazily, and may turn out to be none when they are looked at."""
    try:
        facts_of(certificate)
    except CertificateUnreadable:
        return False
    return True


def issued(certificate: x509.Certificate, authority: x509.Certificate) -> bool:
    """Whether the authority's key signed the certificate, and the names agree.

    Found out once for the same few certificates; large ones, which only an attacker has, are not
    kept.
    """
    own, above = (one.public_bytes(Encoding.DER) for one in (certificate, authority))
    if len(own) + len(above) > _LARGEST_KEPT:
        return _issued(certificate, authority)
    return _known_as_issued(own, above)


@lru_cache(maxsize=512)
def _known_as_issued(certificate: bytes, authority: bytes) -> bool:
    return _issued(parsed_certificate(certificate), parsed_certificate(authority))


def _issued(certificate: x509.Certificate, authority: x509.Certificate) -> bool:
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
            facts = facts_of(certificate)
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
