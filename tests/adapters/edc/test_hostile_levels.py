"""What is beside a seal, made to hurt: refused with a reason, in a time that does not explode."""

import base64
import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding

from app.adapters.edc.pki.authorities import new_ec_key
from app.adapters.edc.pki.revocation_data import Responses, RevocationList
from app.adapters.edc.pki.tokens import TokenFault, open_token
from app.adapters.edc.pki.trust import PathStatus, TrustStore
from app.adapters.edc.strict_json import NotReadable
from app.adapters.edc.verification.verify import verify
from app.domain.credentials.verification import CheckName, CheckStatus, Verdict, Verification
from tests.pki.authority import TestPki
from tests.pki.sealed import at_level, entries, sealed_by, with_entries

SEALED = datetime(2026, 7, 1, 9, 0, tzinfo=UTC)
NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


def checked(raw: bytes, trust: TrustStore) -> Verification:
    return verify(raw, trust=trust, now=NOW, recognised=lambda _: None)


def nested(depth: int) -> dict[str, Any]:
    value: dict[str, Any] = {}
    for _ in range(depth):
        value = {"x": value}
    return {"xVals": value}


@pytest.mark.parametrize(
    ("entry", "check", "code"),
    [
        (nested(250), "format", "too_deep"),
        ({"xVals": "A" * 4_000_000}, "format", "header_unreadable"),
        ({"sigTst": {}, "arcTst": {}}, "format", "header_unreadable"),
        ({"sigTst": {"tstTokens": [{"val": "A" * 400_000}]}}, "timestamps", "timestamp_unreadable"),
        ({"xVals": [{"x509Cert": {"val": "MAA="}}] * 150}, "timestamps", "seal_data_unreadable"),
    ],
)
def test_too_much_beside_a_seal(pki: TestPki, entry: dict[str, Any], check: str, code: str) -> None:
    found = checked(with_entries(sealed_by(pki, SEALED), [entry]), pki.trust())
    assert (found.check(CheckName(check)).status, found.check(CheckName(check)).code) == (
        CheckStatus.ERROR,
        code,
    )


def test_more_certificates_than_any_seal_needs_are_refused(pki: TestPki) -> None:
    val = base64.b64encode(pki.certificate("root").public_bytes(Encoding.DER)).decode()
    raw = with_entries(sealed_by(pki, SEALED), [{"xVals": [{"x509Cert": {"val": val}}] * 300}])
    assert checked(raw, pki.trust()).check(CheckName.TIMESTAMPS).code == "seal_data_excessive"


def _mesh() -> list[x509.Certificate]:
    """Fifty authorities of one name and key, each of which issued all the others."""
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Mesh")])
    key = new_ec_key()
    return [
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(number + 1)
        .not_valid_before(SEALED - timedelta(days=9))
        .not_valid_after(SEALED + timedelta(days=900))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
        for number in range(50)
    ]


def test_authorities_that_all_issued_one_another_are_not_walked_without_end(
    pki: TestPki,
) -> None:
    mesh = _mesh()
    # Without a bound there are fifty to the power of five chains, and this would not come back.
    assert pki.trust().path(mesh[0], mesh[1:], SEALED).status is PathStatus.UNKNOWN


@pytest.mark.parametrize("seed", range(3))
def test_whatever_is_wrong_inside_a_timestamp_it_is_a_fault_and_nothing_else(
    pki: TestPki, seed: int
) -> None:
    data = b"what was stamped"
    token, dice = pki.timestamp(data, SEALED, "tsa-ec"), random.Random(seed)
    assert open_token(token, data).time == SEALED
    for _ in range(150):
        broken = bytearray(token)
        for _ in range(dice.randrange(1, 5)):
            broken[dice.randrange(len(broken))] ^= dice.randrange(1, 256)
        if broken != token:
            with pytest.raises(TokenFault):
                open_token(bytes(broken), data)


def test_whatever_is_wrong_beside_a_seal_a_verdict_follows(pki: TestPki) -> None:
    raw, dice = at_level(pki, "B-LTA", SEALED, small=True), random.Random(5)
    whole = entries(raw)
    for _ in range(60):
        changed = [dict(entry) for entry in whole]
        place = dice.randrange(len(changed))
        match dice.randrange(4):
            case 0:
                changed.insert(place, dice.choice(whole))
            case 1:
                del changed[place]
            case 2:
                dice.shuffle(changed)
            case _:
                ((name, _),) = changed[place].items()
                changed[place] = {name: dice.choice([None, [], {}, "x", 7, [[]], {"val": 1}])}
        found = checked(with_entries(raw, changed), pki.trust())
        if changed != whole:
            assert found.verdict is not Verdict.VERIFIED or found.level != "B-LTA"


@pytest.mark.parametrize("kind", ["crl", "ocsp"])
def test_whatever_is_wrong_inside_what_an_authority_said_it_is_not_believed(
    pki: TestPki, kind: str
) -> None:
    leaf, issuing, _ = pki.chain("seal-revoked")
    der = pki.crl("issuing", NOW) if kind == "crl" else pki.ocsp_response("seal-revoked", NOW)
    read = RevocationList.read if kind == "crl" else Responses.read
    honest, dice, believed = read(der).says(leaf, issuing), random.Random(6), 0
    assert honest is not None
    for position in range(0, len(der), 3):
        broken = bytearray(der)
        broken[position] ^= dice.randrange(1, 256)
        try:
            said = read(bytes(broken)).says(leaf, issuing)
        except NotReadable:
            continue
        # The certificate of the responder and the wrapping are covered by no signature.
        believed += said is not None and said != honest
    assert believed == 0


def test_a_payload_with_a_huge_picture_is_refused_before_it_is_looked_at(pki: TestPki) -> None:
    huge = sealed_by(pki, SEALED, displayParameter={"content": "A" * 11_000_000})
    found = checked(huge, pki.trust())
    assert found.check(CheckName.FORMAT).code == "too_large"
    assert found.verdict is Verdict.FAILED
