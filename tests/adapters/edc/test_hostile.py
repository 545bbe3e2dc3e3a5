"""Files made to hurt: each is refused for the right reason, and none raises."""

import base64
import json
import random
from collections.abc import Callable
from datetime import timedelta
from hashlib import sha256
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes, hmac
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.adapters.edc.pki.authorities import new_rsa_key
from app.adapters.edc.pki.certificates import issuer_from_certificate
from app.adapters.edc.seal.jades import protected_header
from app.adapters.edc.seal.seals import SoftwareSealKey
from app.adapters.edc.strict_json import MAX_BYTES
from app.domain.credentials.verification import CheckName, CheckStatus, Verdict
from tests.adapters.edc.credentials import a_credential, as_bytes
from tests.adapters.edc.material import ISSUED, OVIEDO
from tests.adapters.edc.seals import a_seal, verified

KEY = a_seal()
CREDENTIAL = a_credential(issuer=issuer_from_certificate(KEY.certificate_chain[0], OVIEDO))
PAYLOAD = as_bytes(CREDENTIAL)


def base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def crafted(
    header: dict[str, Any] | None = None,
    *,
    without: tuple[str, ...] = (),
    payload: bytes = PAYLOAD,
    key: SoftwareSealKey = KEY,
    sign: Callable[[bytes], bytes] | None = None,
    unprotected: dict[str, Any] | None = None,
    text: str | None = None,
    **outer: Any,
) -> bytes:
    """A seal with a header of the attacker's choice, honestly signed unless `sign` is given."""
    made = {**protected_header(key, ISSUED), **(header or {})}
    for name in without:
        made.pop(name, None)
    protected = base64url(json.dumps(made).encode())
    signature = (sign or key.sign)(f"{protected}.".encode() + payload)
    entry: dict[str, Any] = {"protected": protected, "signature": base64url(signature)}
    if unprotected is not None:
        entry["header"] = unprotected
    return as_bytes({"payload": text or payload.decode(), "signatures": [entry], **outer})


def hmac_with_the_public_key(data: bytes) -> bytes:
    """The oldest trick: a public key taken for a shared secret."""
    public = KEY.certificate_chain[0].public_key()
    code = hmac.HMAC(
        public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo), hashes.SHA256()
    )
    code.update(data)
    return code.finalize()


def test_the_honest_twin_of_what_follows_is_verified() -> None:
    assert verified(crafted()).verdict is Verdict.VERIFIED


OTHER = a_seal(valid_until=ISSUED + timedelta(days=3))
SEALS = {
    "no algorithm": (crafted({"alg": "none"}, sign=lambda _: b""), "algorithm_not_allowed"),
    "a shared secret": (
        crafted({"alg": "HS256"}, sign=hmac_with_the_public_key),
        "algorithm_not_allowed",
    ),
    "an algorithm that is a list": (crafted({"alg": ["RS256"]}), "algorithm_not_allowed"),
    "an algorithm for another key": (crafted({"alg": "ES256"}), "algorithm_of_other_key"),
    "another padding than was used": (crafted({"alg": "PS256"}), "seal_broken"),
    "an empty signature": (crafted(sign=lambda _: b""), "seal_broken"),
    "something critical that nobody knows": (
        crafted({"crit": ["b64", "exp2"], "exp2": 1}),
        "crit_not_understood",
    ),
    "something critical that is not there": (crafted({"crit": ["b64", "sigT"]}), "crit_abused"),
    "critical twice": (crafted({"crit": ["b64", "b64"]}), "crit_abused"),
    "nothing critical": (crafted({"crit": []}), "crit_abused"),
    "critical as text": (crafted({"crit": "b64"}), "crit_abused"),
    "critical numbers": (crafted({"crit": ["b64", 1]}), "crit_abused"),
    "critical what cannot be": (crafted({"crit": ["b64", "alg"]}), "crit_abused"),
    "unencoded but not critical": (crafted(without=("crit",)), "crit_abused"),
    "a key of the attacker's": (crafted({"jwk": {"kty": "RSA"}}), "foreign_key"),
    "a key to be fetched": (crafted({"jku": "https://example.org/keys"}), "foreign_key"),
    "a certificate to be fetched": (crafted({"x5u": "https://example.org/c"}), "foreign_key"),
    "no reference to the certificate": (crafted(without=("x5t#S256",)), "certificate_reference"),
    "two references to certificates": (
        crafted({"x5t#o": {"digAlg": "S256", "digVal": "AA"}}),
        "certificate_reference",
    ),
    "a reference by an unknown digest": (
        crafted({"x5t#o": {"digAlg": "MD5", "digVal": "AA"}}, without=("x5t#S256",)),
        "certificate_reference",
    ),
    "a reference that is no text": (crafted({"x5t#S256": 7}), "certificate_reference"),
    "a reference to another certificate": (
        crafted({"x5t#S256": protected_header(OTHER, ISSUED)["x5t#S256"]}),
        "certificate_of_another",
    ),
    "somebody else's certificate in front": (
        crafted({"x5c": protected_header(OTHER, ISSUED)["x5c"]}),
        "certificate_of_another",
    ),
    "something detached": (crafted({"sigD": {"mId": "x"}}), "detached_payload"),
    "no time": (crafted(without=("iat",)), "sealing_time"),
    "two times": (crafted({"sigT": "2026-11-24T10:30:15Z"}), "sealing_time"),
    "a time beyond time": (crafted({"iat": 10**18}), "sealing_time"),
    "a time that is true": (crafted({"iat": True}), "sealing_time"),
    "a time as text": (crafted({"iat": "1"}), "sealing_time"),
    "a time zone of its own": (
        crafted({"sigT": "2026-11-24T10:30:15+14:00"}, without=("iat",)),
        "sealing_time",
    ),
    "a time before the certificate": (crafted({"iat": 1}), "certificate_not_valid_then"),
}


@pytest.mark.parametrize("name", SEALS)
def test_a_seal_made_to_deceive_is_an_error(name: str) -> None:
    raw, code = SEALS[name]
    verification = verified(raw)
    check = verification.check(CheckName.SEAL)
    assert (check.status, check.code) == (CheckStatus.ERROR, code)
    assert verification.verdict is Verdict.FAILED
    assert verification.check(CheckName.ISSUER_TRUST).status is CheckStatus.SKIPPED


def entry(**changes: Any) -> bytes:
    outer = json.loads(crafted())
    outer["signatures"][0].update(changes)
    return as_bytes(outer)


def outer(**changes: Any) -> bytes:
    return as_bytes({**json.loads(crafted()), **changes})


ENTRY = json.loads(crafted())["signatures"][0]
DEEP = b'{"payload":' + b"[" * 100_000 + b"]" * 100_000 + b"}"
SHALLOWER = b'{"payload":' + b"[" * 300 + b"]" * 300 + b"}"
FILES = {
    "nothing": (b"", "not_json"),
    "not text": (b"\xff\xfe\x00", "not_utf8"),
    "not JSON": (b"<html>", "not_json"),
    "a list": (b"[]", "not_an_object"),
    "a number beyond all numbers": (b'{"payload":' + b"9" * 5000 + b"}", "not_json"),
    "not a number": (b'{"payload":NaN}', "not_json"),
    "ten megabytes": (b'{"payload":"' + b"A" * MAX_BYTES + b'"}', "too_large"),
    "a million values": (b'{"payload":[' + b"0," * 600_000 + b"0]}", "too_many_values"),
    "a hundred thousand levels": (DEEP, "too_deep"),
    "three hundred levels": (SHALLOWER, "too_deep"),
    "two payloads": (
        crafted().replace(b'{"payload":', b'{"payload":"{}","payload":', 1),
        "double_key",
    ),
    "two signature lists": (
        crafted().replace(b'"signatures":', b'"signatures":[],"signatures":', 1),
        "double_key",
    ),
    "no signatures": (outer(signatures=[]), "no_signature"),
    "signatures that are none": (outer(signatures="x"), "no_signature"),
    "two seals one of which is none": (
        outer(signatures=[ENTRY, {"signature": "x"}]),
        "several_signatures",
    ),
    "a seal that is text": (outer(signatures=["x"]), "not_a_seal"),
    "a payload that is an object": (outer(payload={}), "not_a_seal"),
    "something beside the seal": (outer(comment="trust me"), "not_a_seal"),
    "something in the signature": (entry(extra=1), "not_a_seal"),
    "no protected header": (entry(protected=None), "header_unreadable"),
    "a protected header with stray bits": (
        entry(protected=ENTRY["protected"] + "="),
        "header_unreadable",
    ),
    "a protected header that is a list": (entry(protected="W10"), "not_an_object"),
    "a double key in the protected header": (
        entry(protected=base64url(b'{"alg":"RS256","alg":"none"}')),
        "double_key",
    ),
    "a header beyond all headers": (entry(protected="A" * 500_000), "header_unreadable"),
    "a signature that is no base64url": (entry(signature="!"), "signature_unreadable"),
    "a signature with padding": (
        entry(signature=ENTRY["signature"] + "=="),
        "signature_unreadable",
    ),
    "a signature with stray bits": (entry(signature="AB"), "signature_unreadable"),
    "an algorithm that nothing protects": (
        crafted(unprotected={"kid": "x"}, without=("kid",)),
        "header_not_protected",
    ),
    "a header twice": (crafted(unprotected={"alg": "none"}), "header_unreadable"),
    "unsigned properties that are text": (
        crafted(unprotected={"etsiU": "x"}),
        "header_unreadable",
    ),
    "unsigned properties without end": (
        crafted(unprotected={"etsiU": ["e30"] * 500}),
        "header_unreadable",
    ),
    "no certificate": (crafted(without=("x5c",)), "certificate_missing"),
    "a certificate that is none": (crafted({"x5c": ["AAAA"]}), "certificate_unreadable"),
    "a certificate that is a number": (crafted({"x5c": [7]}), "certificate_unreadable"),
    "certificates without end": (
        crafted({"x5c": protected_header(KEY, ISSUED)["x5c"] * 50}),
        "certificate_missing",
    ),
    "half a character": (
        b'{"payload":"\\ud800","signatures":[' + as_bytes(ENTRY) + b"]}",
        "half_character",
    ),
}


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_is_no_proper_seal_is_an_error_of_its_format(name: str) -> None:
    raw, code = FILES[name]
    verification = verified(raw)
    check = verification.check(CheckName.FORMAT)
    assert (check.status, check.code) == (CheckStatus.ERROR, code)
    assert verification.verdict is Verdict.FAILED
    assert {c.status for c in verification.checks} == {CheckStatus.ERROR, CheckStatus.SKIPPED}


def of(**changes: Any) -> bytes:
    return as_bytes({**CREDENTIAL, **changes})


def nested(depth: int) -> dict[str, Any]:
    value: dict[str, Any] = {"id": "urn:x:1", "type": "LearningAchievement"}
    for _ in range(depth):
        value = {"hasPart": value}
    return value


DOCUMENTS = {
    "a context of the attacker's": (
        of(**{"@context": [*CREDENTIAL["@context"], "https://example.org/evil"]}),
        "context_differs",
    ),
    "a context in place": (of(**{"@context": {"@vocab": "urn:x:"}}), "context_differs"),
    "no context": (of(**{"@context": None}), "context_differs"),
    "one type less": (of(type=["EuropeanDigitalCredential"]), "type_differs"),
    "another type more": (of(type=[*CREDENTIAL["type"], "Extra"]), "type_differs"),
    "a relative id": (of(id="credential-1"), "no_absolute_id"),
    "no id": (of(id=None), "no_absolute_id"),
    "a context inside": (
        of(issuer={**CREDENTIAL["issuer"], "@context": "https://example.org/evil"}),
        "keyword",
    ),
    "a value that is JSON-LD": (of(validFrom={"@value": "2026-01-01T00:00:00Z"}), "not_a_literal"),
    "a status that breaks the shapes": (
        of(credentialStatus={"id": "https://example.org/1", "type": "X"}),
        "unusable_key",
    ),
    "a date without a time": (of(validFrom="2026-01-01"), "not_a_date_time"),
    "a hundred levels": (of(credentialSubject=nested(100)), "too_deep"),
}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_sealed_text_that_is_no_proper_credential_is_an_error_of_its_format(name: str) -> None:
    payload, code = DOCUMENTS[name]
    verification = verified(crafted(payload=payload))
    check = verification.check(CheckName.FORMAT)
    assert check.status is CheckStatus.ERROR
    assert code in [finding["code"] for finding in check.evidence["at"]]
    assert verification.check(CheckName.SEAL).status is CheckStatus.OK
    assert verification.verdict is Verdict.FAILED


@pytest.mark.parametrize("payload", [b"", b"null", b"[]", b"7", b'"text"', b"{", b'{"a":1,"a":2}'])
def test_a_seal_over_something_else_says_so(payload: bytes) -> None:
    verification = verified(crafted(payload=payload, text=payload.decode()))
    assert verification.check(CheckName.FORMAT).status is CheckStatus.ERROR
    assert verification.contents.id is None


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4)
    | st.dictionaries(
        st.sampled_from(
            ["payload", "signatures", "protected", "header", "signature", "etsiU", "id", "type",
             "@context", "issuer", "credentialSubject", "hasClaim", "title", "en", "x5c"]
        ),
        inner,
        max_size=5,
    ),
    max_leaves=25,
)  # fmt: skip


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(JSON)
def test_whatever_json_comes_a_verdict_follows(value: Any) -> None:
    assert verified(json.dumps(value).encode()).verdict is not Verdict.VERIFIED


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200))
def test_whatever_bytes_come_a_verdict_follows(raw: bytes) -> None:
    assert verified(raw).verdict in {Verdict.FAILED, Verdict.NOT_CHECKED}


@settings(max_examples=40, deadline=None)
@given(st.dictionaries(st.sampled_from(sorted(protected_header(KEY, ISSUED))), JSON, min_size=1))
def test_whatever_header_comes_a_verdict_follows(header: dict[str, Any]) -> None:
    verified(crafted(header))


@settings(max_examples=40, deadline=None)
@given(st.dictionaries(st.sampled_from(sorted(CREDENTIAL)), JSON, min_size=1))
def test_whatever_credential_is_sealed_a_verdict_follows(changes: dict[str, Any]) -> None:
    verified(crafted(payload=json.dumps({**CREDENTIAL, **changes}).encode()))


def test_whatever_is_wrong_inside_a_certificate_a_verdict_follows() -> None:
    honest = base64.b64decode(protected_header(KEY, ISSUED)["x5c"][0])
    dice = random.Random(4)
    for _ in range(150):
        broken = bytearray(honest)
        for _ in range(dice.randrange(1, 4)):
            broken[dice.randrange(len(broken))] = dice.randrange(256)
        x5c = [base64.b64encode(broken).decode()]
        reference = base64url(sha256(broken).digest())
        raw = crafted({"x5c": x5c, "x5t#S256": reference}, sign=lambda _: b"\x00" * 384)
        assert verified(raw).verdict is not Verdict.VERIFIED


def test_a_key_too_short_for_its_algorithm_is_an_error() -> None:
    short = a_seal(alg="PS512", key=new_rsa_key(1024))
    raw = crafted(key=short, sign=lambda _: b"\x00" * 128)
    assert verified(raw).check(CheckName.SEAL).status is CheckStatus.ERROR
