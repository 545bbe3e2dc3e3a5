"""What stands beside the signature: timestamps, certificates, revocation data (`etsiU`).

ETSI TS 119 182-1, section 5.3; the parts are decoded here and judged elsewhere. What cannot be
decoded is a fault of the seal, for nothing in there gets into a seal by accident. Properties that
the standard does not know are named, and left alone.
"""

import base64
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from app.adapters.edc.pki.revocation_data import Responses, RevocationList
from app.adapters.edc.seal import imprints
from app.adapters.edc.seal.opened import Sealed, UnsignedEntry
from app.adapters.edc.strict_json import NotReadable

_TOKENS = 32
"""Timestamps of one seal: one renewal a year for longer than anybody lives in a system."""
_CERTIFICATES = 200
_STATUS_VALUES = 80
KNOWN = frozenset(
    {
        "sigTst", "arcTst", "rfsTst", "sigRTst", "xVals", "rVals", "axVals", "arVals", "anyValData",
        "tstVD", "xRefs", "rRefs", "axRefs", "arRefs", "cSig", "sigPSt",
    }
)  # fmt: skip
"""Unsigned properties that the standard knows; not all of them are of interest here."""
_DER = "http://uri.etsi.org/01903/v1.2.2#DER"


@dataclass(frozen=True)
class StampedBytes:
    """A timestamp token with the bytes that it should be over."""

    kind: str
    """`adoTst`, `sigTst` or `arcTst`."""
    token: bytes = field(repr=False)
    """DER of a ContentInfo (RFC 3161)."""
    covered: bytes | None = field(repr=False)
    """None when which bytes those are depends on a canonicalisation that we do not do."""


@dataclass(frozen=True)
class BesideTheSeal:
    """Everything that the unsigned part holds, and the timestamp of the protected header."""

    stamps: Sequence[StampedBytes] = ()
    """In the order in which they must have been made."""
    certificates: Sequence[bytes] = field(default=(), repr=False)
    """DER of certificates; no trust lies in them."""
    lists: Sequence[RevocationList] = field(default=(), repr=False)
    responses: Sequence[Responses] = field(default=(), repr=False)
    unknown: Sequence[str] = ()
    """Names of properties that the standard does not know."""


def beside_the_seal(sealed: Sealed) -> BesideTheSeal:
    """The parts, decoded. Raises NotReadable (`timestamp_unreadable`, `seal_data_unreadable`)."""
    stamps = [
        StampedBytes("adoTst", token, imprints.of_content_timestamp(sealed.payload_text))
        for token in (_tokens(sealed.header["adoTst"]) if "adoTst" in sealed.header else ())
    ]
    certificates: list[bytes] = []
    lists: list[RevocationList] = []
    responses: list[Responses] = []
    for place, entry in enumerate(sealed.entries):
        match entry.name:
            case "sigTst" | "arcTst":
                covered = _covered(sealed, entry.name, sealed.entries[:place])
                stamps += [
                    StampedBytes(entry.name, token, covered) for token in _tokens(entry.value)
                ]
            case "xVals" | "axVals":
                certificates += _certificates(entry.value)
            case "rVals" | "arVals":
                lists += _lists(entry.value)
                responses += _responses(entry.value)
            case "tstVD" | "anyValData":
                values = _object(entry.value)
                certificates += _certificates(values.get("xVals", []))
                lists += _lists(values.get("rVals", {}))
                responses += _responses(values.get("rVals", {}))
    for found, most in (
        (stamps, _TOKENS),
        (certificates, _CERTIFICATES),
        ([*lists, *responses], _STATUS_VALUES),
    ):
        if len(found) > most:
            raise NotReadable(
                "seal_data_excessive", "The seal carries far more data than any seal needs."
            )
    unknown = [entry.name for entry in sealed.entries if entry.name not in KNOWN]
    return BesideTheSeal(stamps, certificates, lists, responses, unknown)


def _covered(sealed: Sealed, name: str, earlier: Sequence[UnsignedEntry]) -> bytes | None:
    if name == "sigTst":
        return imprints.of_signature_timestamp(sealed.signature_text)
    texts = [entry.text for entry in earlier if entry.text is not None]
    if len(texts) < len(earlier):
        return None
    return imprints.of_archive_timestamp(
        sealed.payload_text, sealed.protected, sealed.signature_text, texts
    )


def _tokens(value: Any) -> Iterator[bytes]:
    """The tokens of a tstContainer (section 5.4.3.3)."""
    container = _object(value, "timestamp_unreadable")
    tokens = container.get("tstTokens")
    if container.keys() - {"tstTokens", "canonAlg"} or not isinstance(tokens, list) or not tokens:
        raise NotReadable("timestamp_unreadable", "A timestamp of the seal is unreadable.")
    for token in tokens:
        entry = _object(token, "timestamp_unreadable")
        if entry.keys() - {"val", "type", "encoding", "specRef"}:
            raise NotReadable("timestamp_unreadable", "A timestamp of the seal is unreadable.")
        if entry.get("encoding", _DER) != _DER:
            raise NotReadable(
                "timestamp_unreadable", "A timestamp of the seal is in an unknown encoding."
            )
        yield _value(entry, "timestamp_unreadable")


def _certificates(value: Any) -> Iterator[bytes]:
    if not isinstance(value, list):
        raise NotReadable("seal_data_unreadable", "The certificates of the seal are unreadable.")
    for item in value:
        entry = _object(item)
        if "x509Cert" in entry:
            yield _value(_object(entry["x509Cert"]))


def _lists(value: Any) -> Iterator[RevocationList]:
    for item in _listed(value, "crlVals"):
        yield RevocationList.read(_value(_object(item)))


def _responses(value: Any) -> Iterator[Responses]:
    for item in _listed(value, "ocspVals"):
        yield Responses.read(_value(_object(item)))


def _listed(value: Any, name: str) -> list[Any]:
    found = _object(value).get(name, [])
    if not isinstance(found, list):
        raise NotReadable("seal_data_unreadable", "The revocation data of the seal is unreadable.")
    return found


def _object(value: Any, code: str = "seal_data_unreadable") -> Mapping[str, Any]:
    if isinstance(value, dict):
        return value
    raise NotReadable(code, "The unsigned part of the seal is unreadable.")


def _value(entry: Mapping[str, Any], code: str = "seal_data_unreadable") -> bytes:
    """The bytes of `val`, canonical standard base64."""
    text = entry.get("val")
    try:
        if isinstance(text, str):
            data = base64.b64decode(text, validate=True)
            if base64.b64encode(data).decode("ascii") == text:
                return data
    except ValueError:
        pass
    raise NotReadable(code, "A part of the seal is not base64.")
