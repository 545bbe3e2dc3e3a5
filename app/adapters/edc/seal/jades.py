"""JAdES, the form of seal that European Digital Credentials carry (ETSI TS 119 182-1).

JSON Web Signature (RFC 7515) in general JSON serialisation with an unencoded payload (RFC 7797):

    {"payload":"<the credential>","signatures":[{"protected":"…","signature":"…"}]}

Europass takes a file for sealed only if `payload` comes first, and reads the credential out of it
as text. The signature covers `protected`, a dot, and the payload's bytes as they are: nothing is
ever serialised anew, neither before nor after sealing.
"""

import base64
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import sha256
from typing import Any, Literal

import orjson
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from app.adapters.edc.seal.seals import SealKey
from app.adapters.edc.strict_json import quoted

TimeHeader = Literal["iat", "sigT"]
"""Where the claimed signing time stands: `iat` since version 1.2.1 of the standard (obligatory
from 2025-07-15), `sigT` for readers that only know the versions before."""


def seal(
    payload: bytes,
    key: SealKey,
    signed_at: datetime,
    *,
    time_header: TimeHeader = "iat",
    plain: bool = False,
) -> bytes:
    """The payload, sealed at level B-B.

    `payload` is UTF-8 JSON text, `signed_at` has a zone. `plain` says that the text is known to be
    written without blanks and control characters, as orjson writes it, which is quicker. Raises
    SealUnavailable when the key cannot be reached, UnicodeDecodeError for a payload that is not
    text.
    """
    protected = encoded_header(key, signed_at, time_header)
    signature = key.sign(signing_input(protected, payload))
    if plain:
        return b"".join(
            (
                *(b'{"payload":"', quoted(payload), b'","signatures":[{"protected":"'),
                *(protected.encode(), b'","signature":"', base64url(signature).encode(), b'"}]}'),
            )
        )
    return general_serialisation(payload, protected, signature)


def encoded_header(key: SealKey, signed_at: datetime, time_header: TimeHeader = "iat") -> str:
    """The protected header as it is signed and as it stands in the document."""
    return base64url(
        json.dumps(protected_header(key, signed_at, time_header), separators=(",", ":")).encode()
    )


def general_serialisation(payload: bytes, protected: str, signature: bytes) -> bytes:
    """The sealed document (RFC 7515, section 7.2.1, with RFC 7797).

    Raises UnicodeDecodeError for a payload that is not text.
    """
    return orjson.dumps(
        {
            "payload": payload.decode("utf-8"),
            "signatures": [{"protected": protected, "signature": base64url(signature)}],
        }
    )


def protected_header(
    key: SealKey, signed_at: datetime, time_header: TimeHeader = "iat"
) -> dict[str, Any]:
    """The protected header, its parameters in the order in which Europass writes them."""
    moment = signed_at.astimezone(UTC)
    header: dict[str, Any] = {
        "alg": key.alg,
        "cty": "json",
        **certificate_header(tuple(key.certificate_chain)),
        "typ": "jose+json",
        "b64": False,
    }
    if time_header == "iat":
        return header | {"iat": int(moment.timestamp()), "crit": ["b64"]}
    return header | {"sigT": moment.strftime("%Y-%m-%dT%H:%M:%SZ"), "crit": ["b64", "sigT"]}


def signing_input(protected: str, payload: bytes) -> bytes:
    """What is signed (RFC 7797, section 3): no encoding of the payload."""
    return protected.encode("ascii") + b"." + payload


@lru_cache(maxsize=256)
def certificate_header(chain: Sequence[x509.Certificate]) -> dict[str, Any]:
    """The parameters that name the seal certificate; roots are left to whoever trusts them."""
    leaf = chain[0]
    der = leaf.public_bytes(Encoding.DER)
    carried = [der] + [
        certificate.public_bytes(Encoding.DER)
        for certificate in chain[1:]
        if certificate.subject != certificate.issuer
    ]
    return {
        "kid": base64.b64encode(issuer_serial(leaf)).decode("ascii"),
        "x5t#S256": base64url(sha256(der).digest()),
        "x5c": [base64.b64encode(certificate).decode("ascii") for certificate in carried],
    }


def issuer_serial(certificate: x509.Certificate) -> bytes:
    """DER of IssuerSerial (RFC 5035): the issuer as directory name, and the serial number."""
    number = certificate.serial_number
    encoded = number.to_bytes(number.bit_length() // 8 + 1, "big", signed=True)
    directory_name = _der(0xA4, certificate.issuer.public_bytes())
    return _der(0x30, _der(0x30, directory_name) + _der(0x02, encoded))


def base64url(data: bytes) -> str:
    """Without padding (RFC 7515, section 2)."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def _der(tag: int, content: bytes) -> bytes:
    size = len(content)
    if size < 0x80:
        return bytes([tag, size]) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(length)]) + length + content
