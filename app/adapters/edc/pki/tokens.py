"""Timestamp tokens (RFC 3161, RFC 5652, RFC 5816): what they say, and whether they hold together.

Whether anybody should believe the authority that made one is asked elsewhere.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha1
from typing import Any

from asn1crypto import cms, tsp
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from app.adapters.edc.pki.asn1_signatures import HASHES, digest, signed_by
from app.adapters.edc.pki.parsed import facts_of, parsed_certificate
from app.adapters.edc.pki.trust import issued

_LARGEST = 200_000
_CERTIFICATES = 20
_NO_PARAMETERS = (b"", b"\x05\x00")
"""Digest algorithms have none: absent, or a NULL (RFC 5754, section 2)."""


class TokenFault(Exception):
    """A token that proves nothing. `code` is stable, the message for people."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


@dataclass(frozen=True)
class Token:
    """A token that holds together: it is over those bytes, and its authority signed it."""

    time: datetime
    """When its authority says that it saw the bytes."""
    authority: x509.Certificate = field(repr=False)
    """The certificate of the authority's key."""
    certificates: Sequence[x509.Certificate] = field(default=(), repr=False)
    """Others that it carries."""
    strays: bool = False
    """Whether some of those have nothing to do with it, or were changed: nothing protects them."""


def open_token(der: bytes, covered: bytes, others: Sequence[x509.Certificate] = ()) -> Token:
    """Check a token against the bytes that it should be over.

    `others` are certificates among which its authority's may be, when it does not carry it itself.
    Raises TokenFault.
    """
    if len(der) > _LARGEST:
        raise TokenFault("timestamp_unreadable", "A timestamp is far larger than any is.")
    try:
        signed, info = _parsed(der)
        _imprint(info, covered)
        signer = _only_signer(signed)
        carried = _carried(signed)
        authority = _authority(signer, [*carried, *others])
        _signature(signed, signer, authority)
        _purpose(authority)
        time = info["gen_time"].native
    except TokenFault:
        raise
    except Exception:
        # The structure is decoded lazily, and says in many ways that it is not what it should be.
        raise TokenFault("timestamp_unreadable", "A timestamp cannot be read.") from None
    moment = time if time.tzinfo else time.replace(tzinfo=UTC)
    others = [certificate for certificate in carried if certificate != authority]
    return Token(moment, authority, others, _has_strays(authority, others))


def _has_strays(authority: x509.Certificate, others: Sequence[x509.Certificate]) -> bool:
    """Whether a certificate is not above the authority, each proven by the one below it."""
    left = list(others)
    reached = [authority]
    while reached:
        below = reached.pop()
        above = [certificate for certificate in left if issued(below, certificate)]
        for certificate in above:
            left.remove(certificate)
            if certificate.subject == certificate.issuer and not issued(certificate, certificate):
                return True
        reached += above
    return bool(left)


def _parsed(der: bytes) -> tuple[Any, Any]:
    content = cms.ContentInfo.load(der, strict=True)
    if content["content_type"].native != "signed_data":
        raise TokenFault("timestamp_unreadable", "A timestamp is no signed data.")
    signed = content["content"]
    inner = signed["encap_content_info"]
    if inner["content_type"].native != "tst_info" or signed["version"].native != "v3":
        raise TokenFault("timestamp_unreadable", "What stands for a timestamp is something else.")
    info = tsp.TSTInfo.load(inner["content"].contents, strict=True)
    if info["version"].native != "v1" or any(
        extension["critical"].native for extension in info["extensions"] or ()
    ):
        raise TokenFault("timestamp_unreadable", "A timestamp demands what is not understood here.")
    return signed, info


def _imprint(info: Any, covered: bytes) -> None:
    imprint = info["message_imprint"]
    name = imprint["hash_algorithm"]["algorithm"].native
    expected = digest(name, covered)
    if expected is None:
        raise TokenFault("timestamp_too_weak", f"A timestamp rests on {name[:20]}, which is weak.")
    if imprint["hashed_message"].native != expected:
        raise TokenFault(
            "timestamp_of_other_bytes",
            "A timestamp was made over something else than what it stands beside.",
        )


def _only_signer(signed: Any) -> Any:
    if len(signed["signer_infos"]) != 1:
        raise TokenFault("timestamp_unreadable", "A timestamp has not exactly one signature.")
    signer = signed["signer_infos"][0]
    by_issuer = signer["sid"].name == "issuer_and_serial_number"
    if signer["version"].native != ("v1" if by_issuer else "v3") or signer["unsigned_attrs"]:
        raise TokenFault("timestamp_unreadable", "The signature of a timestamp is not a plain one.")
    digests = [signer["digest_algorithm"], *signed["digest_algorithms"]]
    if len({d["algorithm"].native for d in digests}) != 1 or any(
        d["parameters"].dump() not in _NO_PARAMETERS for d in digests
    ):
        raise TokenFault("timestamp_unreadable", "A timestamp contradicts itself.")
    return signer


def _carried(signed: Any) -> list[x509.Certificate]:
    carried = signed["certificates"] or ()
    if len(carried) > _CERTIFICATES:
        raise TokenFault("timestamp_unreadable", "A timestamp carries certificates without end.")
    found = [
        parsed_certificate(choice.chosen.dump())
        for choice in carried
        if choice.name == "certificate"
    ]
    for certificate in found:
        # Decoded lazily: whatever is wrong inside shall show here and not later.
        facts_of(certificate)
    return found


def _authority(signer: Any, candidates: Sequence[x509.Certificate]) -> x509.Certificate:
    """The certificate that the signature names, and that its signed attributes pin by a hash."""
    attributes = list(_attributes(signer))
    pinned = [ids for name, ids in attributes if name.startswith("signing_certificate")]
    if not pinned:
        raise TokenFault(
            "timestamp_unreadable", "A timestamp does not say which certificate made it."
        )
    for certificate in candidates:
        if _is_signer(signer["sid"], certificate):
            der = certificate.public_bytes(Encoding.DER)
            if all(_pins(values[0]["certs"][0], der) for values in pinned):
                return certificate
    raise TokenFault(
        "timestamp_authority_missing",
        "The certificate of the authority that made a timestamp is not to be found.",
    )


def _is_signer(sid: Any, certificate: x509.Certificate) -> bool:
    if sid.name == "issuer_and_serial_number":
        found: bool = (
            sid.chosen["serial_number"].native == certificate.serial_number
            and sid.chosen["issuer"].dump() == certificate.issuer.public_bytes()
        )
        return found
    try:
        own = certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier)
    except x509.ExtensionNotFound:
        return False
    same: bool = sid.chosen.native == own.value.digest
    return same


def _pins(pin: Any, der: bytes) -> bool:
    """Whether an ESSCertID (SHA-1) or ESSCertIDv2 is that of a certificate.

    SHA-1 is good enough here: who could choose two certificates with one hash would still have to
    have the timestamp's own key sign for one of them.
    """
    if isinstance(pin, tsp.ESSCertIDv2):
        hashed = digest(pin["hash_algorithm"]["algorithm"].native, der)
    else:
        hashed = sha1(der, usedforsecurity=False).digest()
    found: bool = hashed is not None and pin["cert_hash"].native == hashed
    return found


def _signature(signed: Any, signer: Any, authority: x509.Certificate) -> None:
    used = signer["digest_algorithm"]["algorithm"].native
    if used not in HASHES:
        raise TokenFault("timestamp_too_weak", f"A timestamp rests on {used[:20]}, which is weak.")
    attributes = dict(_attributes(signer))
    content = signed["encap_content_info"]["content"].contents
    if (
        attributes["content_type"].native != ["tst_info"]
        or attributes["message_digest"].native != [digest(used, content)]
        or len(attributes) != len(signer["signed_attrs"])
        or not signed_by(
            authority,
            signer["signature_algorithm"],
            signer["signed_attrs"].untag().dump(),
            signer["signature"].native,
            used,
        )
    ):
        raise TokenFault("timestamp_broken", "A timestamp was changed after it was made.")


def _attributes(signer: Any) -> Iterator[tuple[str, Any]]:
    for attribute in signer["signed_attrs"]:
        yield attribute["type"].native, attribute["values"]


def _purpose(authority: x509.Certificate) -> None:
    """Critical extended key usage, for timestamps and nothing else (RFC 3161, section 2.3)."""
    try:
        usage = authority.extensions.get_extension_for_class(x509.ExtendedKeyUsage)
    except x509.ExtensionNotFound:
        usage = None
    if (
        usage is None
        or not usage.critical
        or list(usage.value) != [x509.oid.ExtendedKeyUsageOID.TIME_STAMPING]
    ):
        raise TokenFault(
            "certificate_not_for_timestamps",
            "A timestamp was made with a certificate that is not one for timestamps.",
        )
