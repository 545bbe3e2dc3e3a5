"""The keys that institutions seal with, behind one small port.

Today a PKCS #12 file; hardware and remote keys will answer to the same two methods.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Protocol

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import pkcs12

from app.adapters.edc import signatures
from app.adapters.edc.certificates import preflight as certificate_preflight
from app.domain.credentials.seal import SealUnavailable
from app.domain.errors import Finding


class SealKey(Protocol):
    """A private key that seals, wherever it is, with its certificates."""

    @property
    def alg(self) -> str:
        """Signature algorithm (RFC 7518): `RS256`, `PS256` or `ES256`."""
        ...

    @property
    def certificate_chain(self) -> Sequence[x509.Certificate]:
        """The seal certificate first, then those of its authorities as far as known."""
        ...

    def sign(self, data: bytes) -> bytes:
        """The signature over `data`, in the form of JOSE (ECDSA as r and s).

        Raises SealUnavailable when the key cannot be reached.
        """
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
    chosen = alg or signatures.default_algorithm(leaf.public_key())
    if chosen not in signatures.SEALING:
        raise SealUnavailable(
            f"The seal {path.name} has a key that none of {', '.join(signatures.SEALING)} is for."
        )
    others = [additional.certificate for additional in held.additional_certs]
    return SoftwareSealKey(chosen, _in_order(leaf, others), held.key)


def preflight(key: SealKey, now: datetime) -> list[Finding]:
    """Everything doubtful about a seal at a moment; nothing is sealed while there is anything.

    Looks at the certificate, and has the key sign something to see that the two belong together.
    """
    if not key.certificate_chain:
        return [Finding("", "certificate_missing", "The seal has no certificate.")]
    leaf = key.certificate_chain[0]
    findings = certificate_preflight(leaf, key.alg, now)
    if any(finding.code == "certificate_unreadable" for finding in findings):
        return findings
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


def _in_order(
    leaf: x509.Certificate, others: Sequence[x509.Certificate]
) -> tuple[x509.Certificate, ...]:
    """The leaf, then each issuer after what it issued; strangers are left out."""
    chain = [leaf]
    while True:
        above = next((c for c in others if c.subject == chain[-1].issuer and c not in chain), None)
        if above is None:
            return tuple(chain)
        chain.append(above)
