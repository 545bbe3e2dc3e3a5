"""The checks of the seal itself: form, signature, certificate, timestamps."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from hashlib import sha256, sha384, sha512
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding

from app.adapters.edc.pki.certificates import CertificateFacts, CertificateUnreadable
from app.adapters.edc.pki.parsed import facts_of
from app.adapters.edc.pki.signatures import ALGORITHMS, fits, verifies
from app.adapters.edc.seal.opened import Sealed, decoded
from app.adapters.edc.strict_json import NotReadable
from app.adapters.edc.verification.times import Standing, Times
from app.domain.credentials.verification import Check, CheckName, CheckStatus

UNDERSTOOD = frozenset({"b64", "sigT", "adoTst", "x5t#o"})
"""Critical parameters that we know how to honour (RFC 7515, section 4.1.11)."""
_NEVER_CRITICAL = frozenset(
    {"alg", "jku", "jwk", "kid", "x5u", "x5c", "x5t", "x5t#S256", "typ", "cty", "crit"}
)
_FOREIGN_KEYS = ("jku", "jwk", "x5u")
"""Parameters by which an attacker would bring a key of their own, or make us fetch one."""
_DIGESTS = {"S256": sha256, "S384": sha384, "S512": sha512}
_CLOCK_SKEW = timedelta(minutes=5)
_ALTERED = "Get the file anew from where it was issued; any program that saves it may change it."


def facts_or_none(sealed: Sealed) -> CertificateFacts | None:
    """The facts of the seal certificate; None when it cannot be read."""
    try:
        return facts_of(sealed.certificates[0])
    except CertificateUnreadable:
        return None


def seal_check(sealed: Sealed, facts: CertificateFacts | None, now: datetime) -> Check:
    """Whether the seal covers these bytes, by the key of its certificate, at a time it was valid.

    Whether anybody should believe that certificate is another check.
    """
    evidence: dict[str, Any] = {"algorithm": _short(sealed.header.get("alg"))}
    if facts is None:
        return _error("certificate_unreadable", "The seal's certificate cannot be read.", evidence)
    evidence |= {
        "certificate": facts.subject,
        "certificate_sha256": facts.sha256,
        "level": sealed.level,
    }
    for fault in (
        _header_fault(sealed.header),
        _algorithm_fault(sealed),
        _reference_fault(sealed, facts),
    ):
        if fault:
            return _error(*fault, evidence)
    key = sealed.certificates[0].public_key()
    alg = sealed.header["alg"]
    if not verifies(alg, key, sealed.signing_input, sealed.signature):
        return _error(
            "seal_broken",
            "The credential was changed after it was sealed, or the seal belongs to another one.",
            evidence,
            advice=_ALTERED,
        )
    for fault in (_time_fault(sealed, facts, now), _certificate_fault(facts)):
        if fault:
            return _error(*fault, evidence)
    if sealed.signed_at:
        evidence["sealed_at"] = sealed.signed_at.isoformat()
    return Check(
        CheckName.SEAL,
        CheckStatus.OK,
        "seal_intact",
        "Nothing was changed since it was sealed.",
        evidence,
    )


def timestamps_check(sealed: Sealed, times: Times) -> Check:
    """Whether third parties attest the time of sealing, and whether what they attest agrees."""
    name = CheckName.TIMESTAMPS
    if times.fault:
        return Check(name, CheckStatus.ERROR, times.fault.code, times.fault.detail, advice=_ALTERED)
    if times.unknown:
        return Check(
            name,
            CheckStatus.WARNING,
            "property_unknown",
            f"The seal carries something that is not known here: {times.unknown[0][:40]}.",
            {"level": sealed.level, "unknown": [unknown[:40] for unknown in times.unknown[:10]]},
            advice="Ask its issuer what it is for.",
        )
    if not times.stamps:
        return _skipped(
            name,
            "no_timestamps",
            "The time of sealing is the sealer's own claim; no third party attests it.",
        )
    evidence = {"level": sealed.level, "timestamps": [stamp.plain for stamp in times.stamps]}
    broken = next((s for s in times.stamps if s.standing is Standing.BROKEN), None)
    if broken:
        return Check(
            name, CheckStatus.ERROR, broken.code, broken.sentence, evidence, advice=_ALTERED
        )
    attested = [s.time for s in times.stamps if s.time and s.kind != "adoTst"]
    if sealed.signed_at and attested and sealed.signed_at - min(attested) > _CLOCK_SKEW:
        return Check(
            name,
            CheckStatus.ERROR,
            "sealed_after_its_timestamp",
            "The seal claims a time after the one at which its timestamp saw it.",
            evidence,
        )
    doubtful = next((s for s in times.stamps if s.standing is not Standing.HOLDS), None)
    if doubtful:
        return Check(
            name,
            CheckStatus.WARNING,
            doubtful.code,
            doubtful.sentence,
            evidence,
            advice="Look the authority of the timestamp up in the trusted list of its country."
            if doubtful.standing is Standing.UNKNOWN
            else "Ask its issuer, or its holder, for a copy whose timestamps were renewed.",
        )
    if any(stamp.strays for stamp in times.stamps):
        return Check(
            name,
            CheckStatus.WARNING,
            "timestamp_carries_strays",
            "A timestamp holds, but carries certificates that have nothing to do with it.",
            evidence,
            advice=_ALTERED,
        )
    if any(stamp.development for stamp in times.stamps):
        return Check(
            name,
            CheckStatus.OK,
            "development_timestamps",
            "The timestamps are development ones of this installation, and attest nothing.",
            evidence,
        )
    return Check(
        name,
        CheckStatus.OK,
        "timestamps_valid",
        "Third parties that are trusted here attest the time of sealing.",
        evidence,
    )


Fault = tuple[str, str]


def _header_fault(header: Mapping[str, Any]) -> Fault | None:
    if any(name in header for name in _FOREIGN_KEYS):
        return "foreign_key", "The seal points to a key outside its certificate."
    critical = header.get("crit")
    if "crit" in header:
        if (
            not isinstance(critical, list)
            or not critical
            or not all(isinstance(name, str) for name in critical)
            or len(set(critical)) != len(critical)
        ):
            return "crit_abused", "The list of critical parameters is not a proper one."
        if any(name in _NEVER_CRITICAL or name not in header for name in critical):
            return "crit_abused", "Parameters are marked critical that cannot be, or do not occur."
        if unknown := [name for name in critical if name not in UNDERSTOOD]:
            return (
                "crit_not_understood",
                f"The seal demands something that is not understood here: {unknown[0][:40]}.",
            )
    if "b64" in header:
        if not isinstance(header["b64"], bool):
            return "header_unreadable", "The parameter b64 is neither true nor false."
        if not isinstance(critical, list) or "b64" not in critical:
            return "crit_abused", "The parameter b64 is not marked critical, as it must be."
    if "sigD" in header:
        return "detached_payload", "The seal covers something that is not in the file."
    return None


def _algorithm_fault(sealed: Sealed) -> Fault | None:
    alg = sealed.header.get("alg")
    if not isinstance(alg, str) or alg not in ALGORITHMS:
        return "algorithm_not_allowed", f"The algorithm {_short(alg)} is not used for seals."
    if not fits(alg, sealed.certificates[0].public_key()):
        return "algorithm_of_other_key", f"{alg} is not for the kind of key in the certificate."
    return None


def _reference_fault(sealed: Sealed, facts: CertificateFacts) -> Fault | None:
    """The signed reference to the certificate (ETSI TS 119 182-1, section 5.1.7 and 5.2.2)."""
    header, other = sealed.header, sealed.header.get("x5t#o")
    references = [name for name in ("x5t#S256", "x5t#o", "sigX5ts") if name in header]
    if len(references) != 1:
        return "certificate_reference", "The seal does not say once which certificate it is from."
    try:
        if references == ["x5t#S256"]:
            matches = decoded(header["x5t#S256"], "") == bytes.fromhex(facts.sha256)
        elif isinstance(other, dict) and (digest := _digest(other.get("digAlg"))):
            der = sealed.certificates[0].public_bytes(Encoding.DER)
            matches = decoded(other.get("digVal"), "") == digest(der).digest()
        else:
            return "certificate_reference", "The reference to the certificate is not understood."
    except NotReadable:
        return "certificate_reference", "The reference to the certificate is unreadable."
    if not matches:
        return "certificate_of_another", "The seal was made with another certificate than it shows."
    return None


def _digest(name: object) -> Callable[[bytes], Any] | None:
    """The hash function of that name, which may be anything: somebody else wrote it."""
    return _DIGESTS.get(name) if isinstance(name, str) else None


def _time_fault(sealed: Sealed, facts: CertificateFacts, now: datetime) -> Fault | None:
    if ("iat" in sealed.header) == ("sigT" in sealed.header) or sealed.signed_at is None:
        return "sealing_time", "The seal does not say once when it was made."
    if sealed.signed_at - now > _CLOCK_SKEW:
        return "sealed_in_future", "The seal claims to be made at a time that is yet to come."
    if not facts.valid_at(sealed.signed_at):
        return (
            "certificate_not_valid_then",
            "The certificate was not valid at the time at which the seal claims to be made.",
        )
    return None


def _certificate_fault(facts: CertificateFacts) -> Fault | None:
    if not facts.strong_key:
        return "key_too_weak", f"The key of the seal ({facts.key}) is too weak to prove anything."
    if facts.is_authority or not facts.may_sign:
        return "certificate_not_for_sealing", "The certificate is not one for sealing documents."
    return None


def _short(value: object) -> str:
    return str(value)[:40]


def _error(code: str, sentence: str, evidence: dict[str, Any], advice: str | None = None) -> Check:
    return Check(CheckName.SEAL, CheckStatus.ERROR, code, sentence, evidence, advice)


def _skipped(
    name: CheckName, code: str, sentence: str, evidence: dict[str, Any] | None = None
) -> Check:
    return Check(name, CheckStatus.SKIPPED, code, sentence, evidence or {})
