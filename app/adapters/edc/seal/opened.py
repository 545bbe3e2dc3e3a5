"""Opening what somebody else has sealed: strict about form, generous about levels.

Everything between B-B and B-LTA is read. What is unsigned in it (timestamps, revocation data) is
taken apart in `app.adapters.edc.seal.unsigned`, and judged elsewhere.
"""

import base64
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import orjson
from cryptography import x509

from app.adapters.edc.pki.parsed import parsed_certificate
from app.adapters.edc.seal import imprints
from app.adapters.edc.strict_json import (
    NotReadable,
    insist_on_size,
    quoted_object,
    read_json,
    read_object,
)

_BASE64URL = re.compile(r"[A-Za-z0-9_-]*", re.ASCII)
_SIG_T = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", re.ASCII)
_MAX_PROTECTED = 400_000
_MAX_CERTIFICATES = 12
_MAX_UNSIGNED = 64

_ENTRY = 4_000_000
"""Characters of one unsigned property; lists of revoked certificates can have megabytes."""


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
    signature_text: str = field(default="", repr=False)
    """The signature as it was encoded, for timestamps cover it in that form."""
    unsigned: Sequence[str] = ()
    """Names of the unsigned properties (`etsiU`), in order: `sigTst`, `xVals`, …"""
    entries: Sequence["UnsignedEntry"] = field(default=(), repr=False)
    """The same with what they hold."""
    payload_first: bool = True
    """Whether Europass would recognise the file as sealed."""
    payload_encoded: bool = False
    """Whether the payload is base64url, which Europass cannot read."""

    @property
    def payload_text(self) -> bytes:
        """The payload as it stands in the file: in base64url if the seal says so."""
        if not self.payload_encoded:
            return self.payload
        return base64.urlsafe_b64encode(self.payload).rstrip(b"=")

    @property
    def signing_input(self) -> bytes:
        """The bytes that the signature covers."""
        return imprints.of_signature(self.payload_text, self.protected)

    @property
    def level(self) -> str:
        """The level that the seal has by what it carries (ETSI TS 119 182-1, section 6).

        Each level needs what the one below has: an archive timestamp alone lifts nothing. Whether
        what it carries is any good, the check of timestamps says.
        """
        has = set(self.unsigned)
        if "sigTst" not in has:
            return "B-B"
        if not has & {"rVals", "arVals", "anyValData", "tstVD"}:
            return "B-T"
        return "B-LTA" if "arcTst" in has else "B-LT"

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


@dataclass(frozen=True)
class UnsignedEntry:
    """One item of `etsiU`: a property with its value."""

    name: str
    value: Any
    text: str | None
    """The item as it stands in the file; None when it stands there in clear."""


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
    found = _taken_apart(entry, lambda encoded: _payload(outer["payload"], encoded=encoded))
    first = re.match(rb'\s*\{\s*"payload"', raw) is not None
    return found if first else replace(found, payload_first=False)


def _taken_apart(entry: Mapping[str, Any], payload: Callable[[bool], bytes]) -> Sealed:
    """A signature taken apart; `payload` gives what it is over, by whether that is encoded."""
    protected = entry.get("protected")
    if not isinstance(protected, str) or len(protected) > _MAX_PROTECTED:
        raise NotReadable("header_unreadable", "The seal has no readable protected header.")
    header = read_object(decoded(protected, "header_unreadable"))
    unprotected = entry.get("header", {})
    if not isinstance(unprotected, dict) or unprotected.keys() & header.keys():
        raise NotReadable("header_unreadable", "The two headers of the seal overlap.")
    encoded = header.get("b64", True) is not False
    entries = _unsigned(unprotected)
    return Sealed(
        payload=payload(encoded),
        protected=protected,
        header=header,
        unprotected=unprotected,
        signature=decoded(entry.get("signature"), "signature_unreadable"),
        certificates=_certificates(header),
        signature_text=str(entry.get("signature")),
        unsigned=[entry.name for entry in entries],
        entries=entries,
        payload_encoded=encoded,
    )


def opened_as_written(raw: bytes) -> tuple[Sealed, dict[str, Any]] | None:
    """A file that has byte for byte the form in which we write B-B, with the credential in it.

    Much quicker than reading it as any other. None for every other file, and for what there is
    anything to say against.
    """
    middle = raw.rfind(_MIDDLE)
    signature = _SIGNATURE.fullmatch(raw, middle + len(_MIDDLE)) if middle >= 0 else None
    if signature is None or not raw.startswith(_BEGINNING):
        return None
    entry = {name: value.decode("ascii") for name, value in signature.groupdict().items()}
    try:
        insist_on_size(raw)
        read = quoted_object(raw[len(_BEGINNING) : middle])
        if read is None:
            return None
        payload, document = read
        sealed = _taken_apart(entry, lambda encoded: b"" if encoded else payload)
    except NotReadable:
        return None
    return None if sealed.payload_encoded else (sealed, document)


def is_canonical(outer: Mapping[str, Any], raw: bytes) -> bool:
    """Whether a file that can be opened has byte for byte the form in which we write them."""
    entry = outer["signatures"][0]
    members = ["protected", "header", "signature"] if "header" in entry else _WITHOUT_HEADER
    return (
        _written(outer, only_texts="header" not in entry) == raw
        and list(outer) == ["payload", "signatures"]
        and list(entry) == members
        and bool(entry.get("header", {"etsiU": True}).get("etsiU"))
    )


def _written(outer: Mapping[str, Any], *, only_texts: bool) -> bytes:
    if only_texts:
        return orjson.dumps(outer)
    # What is unsigned may hold numbers, and those are written in more ways than one.
    return json.dumps(outer, ensure_ascii=False, separators=(",", ":")).encode("utf-8")


_BEGINNING, _MIDDLE = b'{"payload":"', b'","signatures":[{"protected":"'
_SIGNATURE = re.compile(
    rb'(?P<protected>[A-Za-z0-9_-]+)","signature":"(?P<signature>[A-Za-z0-9_-]+)"\}\]\}'
)
_WITHOUT_HEADER = ["protected", "signature"]


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
    return [_certificate(item) for item in chain]


def _certificate(item: object) -> x509.Certificate:
    try:
        der = base64.b64decode(str(item), validate=True)
        if not isinstance(item, str) or base64.b64encode(der).decode("ascii") != item:
            raise ValueError
        return parsed_certificate(der)
    except Exception:
        # ValueError, TypeError, and what the library itself warns or panics with.
        raise NotReadable(
            "certificate_unreadable", "A certificate of the seal cannot be read."
        ) from None


def _unsigned(unprotected: Mapping[str, Any]) -> list[UnsignedEntry]:
    if unprotected.keys() - {"etsiU"}:
        raise NotReadable("header_not_protected", "The seal has parameters that nothing protects.")
    entries = unprotected.get("etsiU", [])
    if not isinstance(entries, list) or len(entries) > _MAX_UNSIGNED:
        raise NotReadable("header_unreadable", "The unsigned part of the seal is unreadable.")
    return [_entry(entry) for entry in entries]


def _entry(entry: object) -> UnsignedEntry:
    text = entry if isinstance(entry, str) else None
    if text is not None and len(text) > _ENTRY:
        raise NotReadable("header_unreadable", "An unsigned property of the seal is far too large.")
    value = entry if text is None else read_json(decoded(text, "header_unreadable"))
    if not isinstance(value, dict) or len(value) != 1:
        raise NotReadable("header_unreadable", "The unsigned part of the seal is unreadable.")
    ((name, content),) = value.items()
    return UnsignedEntry(name, content, text)
