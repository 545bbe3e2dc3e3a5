"""What a certificate says of its own qualification (ETSI EN 319 412-5), and what a list says.

A certificate can claim anything. Whether it is a qualified one, only the trusted list of the
country says whose authority issued it (eIDAS, article 22).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from asn1crypto import core
from cryptography import x509

from app.adapters.edc.pki.trust import Path

_STATEMENTS = x509.ObjectIdentifier("1.3.6.1.5.5.7.1.3")
_COMPLIANCE, _DEVICE, _TYPE = (f"0.4.0.1862.1.{n}" for n in (1, 4, 6))


class CertificateType(StrEnum):
    """What a qualified certificate is for."""

    SEAL = "seal"
    SIGNATURE = "signature"
    """For the signatures of natural persons."""
    WEBSITE = "website"


_TYPES = {
    "0.4.0.1862.1.6.1": CertificateType.SIGNATURE,
    "0.4.0.1862.1.6.2": CertificateType.SEAL,
    "0.4.0.1862.1.6.3": CertificateType.WEBSITE,
}


@dataclass(frozen=True)
class Qualification:
    """What is said of a certificate, by itself or by a list."""

    qualified: bool = False
    device: bool = False
    """Whether the key is in a qualified device (QSCD)."""
    types: Sequence[CertificateType] = ()
    """Empty: it does not say; before 2016 none did, and it was for signatures."""
    service: str | None = None
    """The trusted service that vouches for it, for people."""


class QualificationSource(Protocol):
    """Where trusted lists are."""

    @property
    def list_date(self) -> datetime | None:
        """When the lists were last fetched; None when there are none."""
        ...

    @property
    def outdated(self) -> bool:
        """Whether they are older than they should be."""
        ...

    def qualification(self, path: Path, at: datetime) -> Qualification | None:
        """What the lists say of the certificate at the start of a path, as of a moment.

        None when they do not have its authority. Never raises.
        """
        ...


class _Statement(core.Sequence):  # type: ignore[misc]
    _fields = [("id", core.ObjectIdentifier), ("info", core.Any, {"optional": True})]  # noqa: RUF012


class _Statements(core.SequenceOf):  # type: ignore[misc]
    _child_spec = _Statement


class _Identifiers(core.SequenceOf):  # type: ignore[misc]
    _child_spec = core.ObjectIdentifier


def claimed_qualification(certificate: x509.Certificate) -> Qualification:
    """What a certificate says of itself. Unreadable statements claim nothing."""
    try:
        extension = certificate.extensions.get_extension_for_oid(_STATEMENTS).value
        if not isinstance(extension, x509.UnrecognizedExtension):
            return Qualification()
        statements = {
            statement["id"].dotted: statement["info"]
            for statement in _Statements.load(extension.value, strict=True)
        }
        types: list[CertificateType] = []
        if _TYPE in statements:
            named = statements[_TYPE].parse(spec=_Identifiers)
            types = [_TYPES[kind.dotted] for kind in named if kind.dotted in _TYPES]
    except (x509.ExtensionNotFound, ValueError, TypeError):
        return Qualification()
    return Qualification(_COMPLIANCE in statements, _DEVICE in statements, types)
