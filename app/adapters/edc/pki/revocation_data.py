"""What authorities said about certificates: CRLs (RFC 5280) and OCSP responses (RFC 6960).

A statement counts only when the authority that issued the certificate made it, or somebody whom it
delegated that to. Trust is no matter here: whether the authority is known is asked elsewhere.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha1
from typing import Any

from asn1crypto import ocsp
from asn1crypto.keys import PublicKeyInfo
from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from app.adapters.edc.pki.asn1_signatures import digest, signed_by
from app.adapters.edc.pki.parsed import parsed_certificate
from app.adapters.edc.pki.trust import issued
from app.adapters.edc.strict_json import NotReadable

_UNDERSTOOD_IN_LISTS = {x509.oid.ExtensionOID.ISSUING_DISTRIBUTION_POINT}
"""Critical extensions of a CRL that we know how to honour."""
_MOST_RESPONSES = 64
_BROKEN = (hashes.MD5, hashes.SHA1)


@dataclass(frozen=True)
class Statement:
    """What the authority said about one certificate."""

    revoked_at: datetime | None
    """None: not revoked, as far as it knew."""
    reason: str | None
    """Why, in the words of RFC 5280: `keyCompromise`, `superseded` …"""
    this_update: datetime
    """The moment about which it speaks."""
    next_update: datetime | None
    source: str
    """`OCSP` or `CRL`."""


@dataclass(frozen=True)
class RevocationList:
    """A CRL. Only direct ones are used: an authority about its own certificates."""

    _list: x509.CertificateRevocationList = field(repr=False)

    @classmethod
    def read(cls, der: bytes) -> "RevocationList":
        """From DER. Raises NotReadable."""
        try:
            made = x509.load_der_x509_crl(der)
            # Read lazily: whatever is wrong inside shall show here and not later.
            _ = made.extensions, made.issuer, made.last_update_utc, made.next_update_utc
            _ = made.signature_hash_algorithm
        except Exception:
            raise NotReadable(
                "seal_data_unreadable", "A list of revoked certificates in the seal is unreadable."
            ) from None
        return cls(made)

    def says(self, certificate: x509.Certificate, issuer: x509.Certificate) -> Statement | None:
        """What it says about a certificate; None when that is not its business, or not proven."""
        if self._list.issuer != certificate.issuer or self._list.issuer != issuer.subject:
            return None
        if not self._covers(certificate) or not self._authentic(issuer):
            return None
        try:
            entry = self._list.get_revoked_certificate_by_serial_number(certificate.serial_number)
            revoked = None if entry is None else entry.revocation_date_utc
        except ValueError:
            # The authority signed it, and yet it is not what it should be.
            return None
        return Statement(
            revoked_at=revoked,
            reason=_reason(entry),
            this_update=self._list.last_update_utc,
            next_update=self._list.next_update_utc,
            source="CRL",
        )

    def _authentic(self, issuer: x509.Certificate) -> bool:
        if isinstance(self._list.signature_hash_algorithm, _BROKEN):
            return False
        try:
            usage = issuer.extensions.get_extension_for_class(x509.KeyUsage).value
            if not usage.crl_sign:
                return False
        except x509.ExtensionNotFound:
            pass
        try:
            key: Any = issuer.public_key()
            return self._list.is_signature_valid(key)
        except (InvalidSignature, UnsupportedAlgorithm, TypeError, ValueError):
            return False

    def _covers(self, certificate: x509.Certificate) -> bool:
        authority = _is_authority(certificate)
        for extension in self._list.extensions:
            if isinstance(extension.value, x509.IssuingDistributionPoint):
                scope = extension.value
                if (
                    scope.indirect_crl
                    or scope.only_contains_attribute_certs
                    or scope.only_some_reasons
                    or (scope.only_contains_user_certs and authority)
                    or (scope.only_contains_ca_certs and not authority)
                ):
                    return False
            elif extension.critical and extension.oid not in _UNDERSTOOD_IN_LISTS:
                return False
        return True


@dataclass(frozen=True)
class Responses:
    """An OCSP response with everything that it says."""

    _basic: Any = field(repr=False)
    _signed: bytes = field(repr=False)

    @classmethod
    def read(cls, der: bytes) -> "Responses":
        """From DER: an OCSPResponse, or the BasicOCSPResponse in it. Raises NotReadable."""
        try:
            try:
                response = ocsp.OCSPResponse.load(der, strict=True)
                if response["response_status"].native != "successful":
                    raise ValueError
                basic = response.basic_ocsp_response
            except (ValueError, TypeError):
                basic = ocsp.BasicOCSPResponse.load(der, strict=True)
            if len(basic["tbs_response_data"]["responses"]) > _MOST_RESPONSES:
                raise ValueError
            made = cls(basic, basic["tbs_response_data"].dump())
            # Decoded lazily: whatever is wrong inside shall show here and not later.
            basic.native  # noqa: B018
        except Exception:
            raise NotReadable(
                "seal_data_unreadable", "An answer about revocation in the seal is unreadable."
            ) from None
        return made

    def says(self, certificate: x509.Certificate, issuer: x509.Certificate) -> Statement | None:
        """What it says about a certificate; None when it says nothing, or it is not proven."""
        for single in self._basic["tbs_response_data"]["responses"]:
            if not _names(single["cert_id"], certificate, issuer):
                continue
            if any(extension["critical"].native for extension in single["single_extensions"] or ()):
                continue
            produced = _moment(self._basic["tbs_response_data"]["produced_at"].native)
            if not self._authentic(issuer, produced):
                return None
            return _statement(single)
        return None

    def _authentic(self, issuer: x509.Certificate, at: datetime) -> bool:
        algorithm = self._basic["signature_algorithm"]
        signature = self._basic["signature"].native
        carried: list[x509.Certificate] = []
        for certificate in self._basic["certs"] or ():
            try:
                carried.append(parsed_certificate(certificate.dump()))
            except ValueError:
                continue
        return any(
            signed_by(responder, algorithm, self._signed, signature)
            for responder in (issuer, *(c for c in carried if _may_respond(c, issuer, at)))
        )


def best_statement(
    certificate: x509.Certificate,
    issuers: Sequence[x509.Certificate],
    lists: Sequence[RevocationList],
    responses: Sequence[Responses],
) -> Statement | None:
    """What is to be believed about a certificate.

    That it was revoked, by whoever of its issuers said so; else the latest that says it was not.
    """
    sources: list[RevocationList | Responses] = [*responses, *lists]
    said = [
        statement
        for issuer in issuers
        for source in sources
        if (statement := source.says(certificate, issuer))
    ]
    revoked = [statement for statement in said if statement.revoked_at]
    if revoked:
        return min(revoked, key=lambda statement: statement.revoked_at or statement.this_update)
    return max(said, key=lambda statement: statement.this_update, default=None)


def _names(cert_id: Any, certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    name = cert_id["hash_algorithm"]["algorithm"].native
    bits = issuer.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    key = bytes(_key_bits(bits))

    def hashed(data: bytes) -> bytes | None:
        return sha1(data, usedforsecurity=False).digest() if name == "sha1" else digest(name, data)

    found: bool = (
        cert_id["serial_number"].native == certificate.serial_number
        and cert_id["issuer_name_hash"].native == hashed(certificate.issuer.public_bytes())
        and cert_id["issuer_key_hash"].native == hashed(key)
    )
    return found


def _key_bits(spki: bytes) -> bytes:
    bits: bytes = PublicKeyInfo.load(spki)["public_key"].contents[1:]
    return bits


def _may_respond(responder: x509.Certificate, issuer: x509.Certificate, at: datetime) -> bool:
    """Whether the authority delegated answering to it (RFC 6960, section 4.2.2.2)."""
    try:
        usages = responder.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
        return (
            x509.oid.ExtendedKeyUsageOID.OCSP_SIGNING in usages
            and responder.not_valid_before_utc <= at <= responder.not_valid_after_utc
            and issued(responder, issuer)
        )
    except (x509.ExtensionNotFound, x509.DuplicateExtension, ValueError):
        return False


def _statement(single: Any) -> Statement | None:
    status = single["cert_status"]
    if status.name == "unknown":
        return None
    revoked, reason = None, None
    if status.name == "revoked":
        revoked = _moment(status.chosen["revocation_time"].native)
        stated = status.chosen["revocation_reason"].native
        reason = None if stated is None else _camel(stated)
    following = single["next_update"].native
    return Statement(
        revoked_at=revoked,
        reason=reason,
        this_update=_moment(single["this_update"].native),
        next_update=None if following is None else _moment(following),
        source="OCSP",
    )


def _moment(value: datetime) -> datetime:
    return value if value.tzinfo else value.replace(tzinfo=UTC)


def _camel(words: str) -> str:
    first, *others = words.split("_")
    return first + "".join(word.capitalize() for word in others)


def _reason(entry: x509.RevokedCertificate | None) -> str | None:
    if entry is None:
        return None
    try:
        stated = entry.extensions.get_extension_for_class(x509.CRLReason).value.reason
    except (x509.ExtensionNotFound, ValueError):
        return None
    return str(stated.value)


def _is_authority(certificate: x509.Certificate) -> bool:
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except (x509.ExtensionNotFound, ValueError):
        return False
