"""The keys that institutions seal with, behind one small port.

Here are the port, keys in PKCS #12 files, and those that stay with the university. Keys in hardware
and with remote services stand in `app.adapters.issuing.keys_pkcs11` and `.keys_csc`.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Protocol, runtime_checkable

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import pkcs12

from app.adapters.edc.pki import signatures
from app.adapters.edc.pki.certificates import preflight as certificate_preflight
from app.domain.credentials.seal import SealUnavailable
from app.domain.errors import Finding


class SealKey(Protocol):
    """A private key that seals, wherever it is, with its certificates.

    All three may block, for as long as a key far away takes to answer; several threads may call
    them at once. What goes wrong is always SealUnavailable, in words that hold no secret.
    """

    @property
    def alg(self) -> str:
        """Signature algorithm (RFC 7518): `RS256`, `PS256` or `ES256`."""
        ...

    @property
    def certificate_chain(self) -> Sequence[x509.Certificate]:
        """The seal certificate first, then those of its authorities as far as known.

        Raises SealUnavailable when they have to be asked for and nobody answers.
        """
        ...

    def sign(self, data: bytes) -> bytes:
        """The signature over `data`, in the form of JOSE (ECDSA as r and s).

        Raises SealUnavailable when the key cannot be reached, or does not sign what it was given.
        """
        ...


@runtime_checkable
class Doubting(Protocol):
    """A key whose keeper can have something against its use, beyond what its certificate says."""

    def doubts(self, now: datetime) -> Sequence[Finding]:
        """What there is. Raises SealUnavailable when its keeper does not answer."""
        ...


@dataclass(frozen=True)
class SoftwareSealKey:
    """A key in this process's memory."""

    alg: str
    certificate_chain: tuple[x509.Certificate, ...]
    _private_key: PrivateKeyTypes = field(repr=False)

    def sign(self, data: bytes) -> bytes:
        """The signature over `data`."""
        return signatures.sign(self.alg, self._private_key, data)


@dataclass(frozen=True)
class LocalSealKey:
    """A key that never comes here: its institution signs elsewhere and brings the signatures."""

    alg: str
    certificate_chain: tuple[x509.Certificate, ...]

    def sign(self, data: bytes) -> bytes:
        """Raises SealUnavailable: only the institution can."""
        raise SealUnavailable(
            "The key of this seal is with its institution. "
            "Download what is to be signed, sign it there, and attach the signatures."
        )


def load_pkcs12(path: Path, password: str, alg: str | None = None) -> SoftwareSealKey:
    """The seal of a PKCS #12 file (`.p12`, `.pfx`).

    `alg` may ask for PS256 where the key would take RS256 by default. Raises SealUnavailable, with
    a sentence that names the file but never the password.
    """
    try:
        held = pkcs12.load_pkcs12(path.read_bytes(), password.encode())
    except OSError as error:
        raise SealUnavailable(f"The seal {path.name} cannot be read: {error.strerror}.") from error
    except ValueError as error:
        raise SealUnavailable(
            f"The seal {path.name} cannot be opened: wrong password, or not a PKCS #12 file."
        ) from error
    if held.key is None or held.cert is None:
        raise SealUnavailable(f"The seal {path.name} holds no key with its certificate.")
    leaf = held.cert.certificate
    chosen = algorithm_for(leaf, alg, f"The seal {path.name}")
    others = [additional.certificate for additional in held.additional_certs]
    return SoftwareSealKey(chosen, in_order(leaf, others), held.key)


def read_chain(path: Path) -> tuple[x509.Certificate, ...]:
    """A seal certificate and those above it, from a PEM file that begins with the seal's.

    Raises SealUnavailable.
    """
    try:
        leaf, *others = x509.load_pem_x509_certificates(path.read_bytes())
    except OSError as error:
        raise SealUnavailable(
            f"The certificates {path.name} cannot be read: {error.strerror}."
        ) from error
    except ValueError as error:
        raise SealUnavailable(f"{path.name} holds no certificates in PEM.") from error
    return in_order(leaf, others)


def algorithm_for(leaf: x509.Certificate, alg: str | None, seal: str) -> str:
    """The algorithm asked for, or the usual one for the key. Raises SealUnavailable."""
    chosen = alg or signatures.default_algorithm(leaf.public_key())
    if chosen is None or chosen not in signatures.SEALING:
        raise SealUnavailable(
            f"{seal} has a key that none of {', '.join(signatures.SEALING)} is for."
        )
    return chosen


def preflight(key: SealKey, now: datetime) -> list[Finding]:
    """Everything doubtful about a seal at a moment; nothing is sealed while there is anything.

    Looks at the certificate, asks the key's keeper, and has the key sign something to see that the
    two belong together; a key that stays with its institution shows that with each signature.
    Raises SealUnavailable when the certificate has to be asked for and nobody answers.
    """
    if not key.certificate_chain:
        return [Finding("", "certificate_missing", "The seal has no certificate.")]
    leaf = key.certificate_chain[0]
    findings = certificate_preflight(leaf, key.alg, now)
    if any(finding.code == "certificate_unreadable" for finding in findings):
        return findings
    if isinstance(key, LocalSealKey):
        return findings
    if isinstance(key, Doubting):
        findings.extend(key.doubts(now))
    probe = secrets.token_bytes(32)
    try:
        signature = key.sign(probe)
    except (ValueError, SealUnavailable):
        return [*findings, Finding("", "key_does_not_sign", "The key of the seal does not sign.")]
    if not signatures.verifies(key.alg, leaf.public_key(), probe, signature):
        findings.append(
            Finding("", "key_of_other_certificate", "The key does not belong to the certificate.")
        )
    return findings


def in_order(
    leaf: x509.Certificate, others: Sequence[x509.Certificate]
) -> tuple[x509.Certificate, ...]:
    """The leaf, then each issuer after what it issued; strangers are left out."""
    chain = [leaf]
    while True:
        above = next((c for c in others if c.subject == chain[-1].issuer and c not in chain), None)
        if above is None:
            return tuple(chain)
        chain.append(above)
