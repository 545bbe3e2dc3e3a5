"""Sealed credentials of every level by the test PKI, put together here and not by the product."""

import base64
import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from app.adapters.edc.pki.certificates import issuer_from_certificate
from app.adapters.edc.seal import imprints
from app.adapters.edc.seal.jades import seal
from tests.adapters.edc.credentials import a_credential, as_bytes
from tests.adapters.edc.material import OVIEDO
from tests.pki.authority import TestPki, in_der

SECOND = timedelta(seconds=1)
QUICK = "tsa-ec"
"""The authority of timestamps whose key is quick; the PKI loads RSA keys anew for every use."""


def sealed_by(
    pki: TestPki, at: datetime, label: str = "seal-rsa", alg: str | None = None, **changes: Any
) -> bytes:
    """A credential at B-B, whose issuer is whom the certificate names."""
    key = pki.seal_key(label, alg)
    named = label if label != "seal-without-identifier" else "seal-rsa"
    issuer = issuer_from_certificate(pki.certificate(named), OVIEDO)
    return seal(as_bytes(a_credential(issuer=issuer, issued=at) | changes), key, at)


def a_small_one(pki: TestPki, at: datetime, label: str) -> bytes:
    """A credential at B-B with hardly more than a credential must have."""
    issuer = issuer_from_certificate(pki.certificate(label), OVIEDO)
    credential = a_credential(issuer=issuer, issued=at)
    claim = credential["credentialSubject"]["hasClaim"]
    claim = _only(claim, "id", "type", "title", "awardedBy", "specifiedBy")
    claim["specifiedBy"] = _only(claim["specifiedBy"], "id", "type", "title", "language")
    credential["credentialSubject"] |= {"hasClaim": claim}
    return seal(as_bytes(credential), pki.seal_key(label), at)


def _only(value: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value[name] for name in names}


def stamped(raw: bytes, pki: TestPki, at: datetime, tsa: str = QUICK) -> bytes:
    """The same with a signature timestamp: B-T."""
    outer = json.loads(raw)
    data = imprints.of_signature_timestamp(outer["signatures"][0]["signature"])
    return _with(outer, {"sigTst": {"tstTokens": [{"val": _b64(pki.timestamp(data, at, tsa))}]}})


def with_status(
    raw: bytes,
    pki: TestPki,
    at: datetime,
    label: str = "seal-rsa",
    *,
    ocsp: Sequence[str] | None = None,
    crls: Sequence[str] = ("root",),
    tsa: str = QUICK,
) -> bytes:
    """The same with certificates and what was known of them at a moment: B-LT."""
    certificates = dict.fromkeys([*in_der(pki.chain(label)), *in_der(pki.chain(tsa))])
    responses = [pki.ocsp_response(name, at) for name in ((label,) if ocsp is None else ocsp)]
    lists = [pki.crl(name, at) for name in crls]
    raw = _with(
        json.loads(raw), {"xVals": [{"x509Cert": {"val": _b64(der)}} for der in certificates]}
    )
    values = {
        "crlVals": [{"val": _b64(der)} for der in lists],
        "ocspVals": [{"val": _b64(der)} for der in responses],
    }
    return _with(json.loads(raw), {"rVals": values})


def archived(raw: bytes, pki: TestPki, at: datetime, tsa: str = QUICK) -> bytes:
    """The same with an archive timestamp over everything: B-LTA, or a renewal of it."""
    outer = json.loads(raw)
    entry = outer["signatures"][0]
    data = imprints.of_archive_timestamp(
        outer["payload"].encode(),
        entry["protected"],
        entry["signature"],
        entry["header"]["etsiU"],
    )
    return _with(outer, {"arcTst": {"tstTokens": [{"val": _b64(pki.timestamp(data, at, tsa))}]}})


def at_level(
    pki: TestPki,
    level: str,
    at: datetime,
    label: str = "seal-rsa",
    *,
    tsa: str = QUICK,
    alg: str | None = None,
    small: bool = False,
) -> bytes:
    """A credential at a level; everything about it happens within seconds of its sealing."""
    raw = a_small_one(pki, at, label) if small else sealed_by(pki, at, label, alg)
    if level != "B-B":
        raw = stamped(raw, pki, at + SECOND, tsa)
    if level in ("B-LT", "B-LTA"):
        raw = with_status(raw, pki, at + 2 * SECOND, label, tsa=tsa)
    if level == "B-LTA":
        raw = archived(raw, pki, at + 3 * SECOND, tsa)
    return raw


def entries(raw: bytes) -> list[dict[str, Any]]:
    """What is in `etsiU`, decoded."""
    header = json.loads(raw)["signatures"][0].get("header", {"etsiU": []})
    return [json.loads(base64.urlsafe_b64decode(e + "=" * (-len(e) % 4))) for e in header["etsiU"]]


def with_entries(raw: bytes, changed: Sequence[dict[str, Any]]) -> bytes:
    """The same with other unsigned properties instead."""
    outer = json.loads(raw)
    outer["signatures"][0]["header"] = {"etsiU": [_encoded(entry) for entry in changed]}
    return as_bytes(_in_order(outer))


def _with(outer: dict[str, Any], entry: dict[str, Any]) -> bytes:
    header = outer["signatures"][0].setdefault("header", {"etsiU": []})
    header["etsiU"].append(_encoded(entry))
    return as_bytes(_in_order(outer))


def _in_order(outer: dict[str, Any]) -> dict[str, Any]:
    (entry,) = outer["signatures"]
    ordered = {name: entry[name] for name in ("protected", "header", "signature") if name in entry}
    return {"payload": outer["payload"], "signatures": [ordered]}


def _encoded(entry: dict[str, Any]) -> str:
    text = json.dumps(entry, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(text).rstrip(b"=").decode()


def _b64(der: bytes) -> str:
    return base64.b64encode(der).decode()
