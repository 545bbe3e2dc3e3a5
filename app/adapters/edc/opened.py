"""Opening what somebody else has sealed: strict about form, generous about levels.

Everything between B-B and B-LTA is read. What is unsigned in it (timestamps, revocation data) is
named but not judged here.
"""

import base64
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from cryptography import x509

from app.adapters.edc.strict_json import NotReadable, read_json, read_object

_BASE64URL = re.compile(r"[A-Za-z0-9_-]*", re.ASCII)
_SIG_T = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", re.ASCII)
_MAX_PROTECTED = 400_000
_MAX_CERTIFICATES = 12
_MAX_UNSIGNED = 64

LEVELS = (("arcTst", "B-LTA"), ("rVals", "B-LT"), ("xVals", "B-LT"), ("sigTst", "B-T"))
"""What lifts a seal above B-B, the highest first (ETSI TS 119 182-1, section 6)."""


@dataclass(frozen=True)
class Sealed:
    """A sealed file, taken apart but not judged."""

    payload: bytes = field(repr=False)
    """The credential's bytes, as they are covered by the signature."""
    protected: str = field(repr=False)
    """The protected header as it was encoded, for it is signed in that form."""
    header: Mapping[str, Any] = field(repr=False)
    unprotected: Mapping[str, Any] = field(repr=False)
    signature: bytes = field(repr=False)
    certificates: Sequence[x509.Certificate] = field(repr=False)
    """`x5c`: the seal certificate first."""
    unsigned: Sequence[str] = ()
    """Names of the unsigned properties (`etsiU`), in order: `sigTst`, `xVals`, …"""
    payload_first: bool = True
    """Whether Europass would recognise the file as sealed."""
    payload_encoded: bool = False
    """Whether the payload is base64url, which Europass cannot read."""

    @property
    def signing_input(self) -> bytes:
        """The bytes that the signature covers."""
        body = base64.urlsafe_b64encode(self.payload).rstrip(b"=")
        return (
            self.protected.encode("ascii") + b"." + (body if self.payload_encoded else self.payload)
        )

    @property
    def level(self) -> str:
        """The level that the seal claims by what it carries: `B-B` … `B-LTA`. Not checked."""
        return next((level for name, level in LEVELS if name in self.unsigned), "B-B")

    @property
    def timestamps(self) -> Sequence[str]:
        """Names of the properties that hold timestamps, the signed one among them."""
        signed = ["adoTst"] if "adoTst" in self.header else []
        return signed + [name for name in self.unsigned if name in ("sigTst", "arcTst")]

    @property
    def signed_at(self) -> datetime | None:
        """The time of sealing that the header claims; None when it claims none or nonsense."""
        iat, sig_t = self.header.get("iat"), self.header.get("sigT")
        try:
            if isinstance(iat, int) and not isinstance(iat, bool):
                return datetime.fromtimestamp(iat, UTC)
            if isinstance(sig_t, str) and _SIG_T.fullmatch(sig_t):
                return datetime.fromisoformat(sig_t)
        except (ValueError, OverflowError, OSError):
            return None
        return None


def looks_sealed(document: Any) -> bool:
    """Whether parsed JSON is a signature in JSON serialisation rather than a bare credential."""
    return isinstance(document, dict) and "payload" in document and "@context" not in document


def open_sealed(raw: bytes) -> Sealed:
    """Take a sealed file apart. Raises NotReadable, with a code for each thing that is amiss."""
    return take_apart(read_object(raw), raw)


def take_apart(outer: Mapping[str, Any], raw: bytes) -> Sealed:
    """The same for a file that is parsed already. Raises NotReadable."""
    unknown = outer.keys() - {"payload", "signatures"}
    if unknown or not isinstance(outer.get("payload"), str):
        raise NotReadable(
            "not_a_seal", "A sealed credential has a payload, its signatures, and nothing else."
        )
    signatures = outer.get("signatures")
    if not isinstance(signatures, list) or not signatures:
        raise NotReadable("no_signature", "The file has the form of a seal but no signature.")
    if len(signatures) > 1:
        raise NotReadable(
            "several_signatures", "The file carries several seals; only one can be judged."
        )
    entry = signatures[0]
    if not isinstance(entry, dict) or entry.keys() - {"protected", "header", "signature"}:
        raise NotReadable("not_a_seal", "A signature has a protected header and its value.")
    protected = entry.get("protected")
    if not isinstance(protected, str) or len(protected) > _MAX_PROTECTED:
        raise NotReadable("header_unreadable", "The seal has no readable protected header.")
    header = read_object(decoded(protected, "header_unreadable"))
    unprotected = entry.get("header", {})
    if not isinstance(unprotected, dict) or unprotected.keys() & header.keys():
        raise NotReadable("header_unreadable", "The two headers of the seal overlap.")
    encoded = header.get("b64", True) is not False
    return Sealed(
        payload=_payload(outer["payload"], encoded=encoded),
        protected=protected,
        header=header,
        unprotected=unprotected,
        signature=decoded(entry.get("signature"), "signature_unreadable"),
        certificates=_certificates(header),
        unsigned=_unsigned(unprotected),
        payload_first=re.match(rb'\s*\{\s*"payload"', raw) is not None,
        payload_encoded=encoded,
    )


def decoded(text: object, code: str) -> bytes:
    """The bytes of canonical base64url: without padding and without stray bits at the end.

    Raises NotReadable with that code.
    """
    if isinstance(text, str) and _BASE64URL.fullmatch(text) and len(text) % 4 != 1:
        data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        if base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii") == text:
            return data
    raise NotReadable(code, "A part of the seal is not base64url.")


def _payload(text: str, *, encoded: bool) -> bytes:
    if encoded:
        return decoded(text, "payload_unreadable")
    return text.encode("utf-8")


def _certificates(header: Mapping[str, Any]) -> list[x509.Certificate]:
    chain = header.get("x5c")
    if not isinstance(chain, list) or not chain or len(chain) > _MAX_CERTIFICATES:
        raise NotReadable(
            "certificate_missing", "The seal does not carry the certificate that it was made with."
        )
    try:
        return [x509.load_der_x509_certificate(base64.b64decode(c, validate=True)) for c in chain]
    except Exception:
        # ValueError, TypeError, and what the library itself warns or panics with.
        raise NotReadable(
            "certificate_unreadable", "A certificate of the seal cannot be read."
        ) from None


def _unsigned(unprotected: Mapping[str, Any]) -> list[str]:
    if unprotected.keys() - {"etsiU"}:
        raise NotReadable("header_not_protected", "The seal has parameters that nothing protects.")
    entries = unprotected.get("etsiU", [])
    if not isinstance(entries, list) or len(entries) > _MAX_UNSIGNED:
        raise NotReadable("header_unreadable", "The unsigned part of the seal is unreadable.")
    names: list[str] = []
    for entry in entries:
        value = read_json(decoded(entry, "header_unreadable")) if isinstance(entry, str) else entry
        if not isinstance(value, dict) or not value:
            raise NotReadable("header_unreadable", "The unsigned part of the seal is unreadable.")
        names.extend(value)
    return names
