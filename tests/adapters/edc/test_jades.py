"""The seal: its form, and that programs not written here accept it."""

import base64
import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from joserfc import jws as joserfc_jws
from joserfc.errors import BadSignatureError
from joserfc.jwk import import_key
from jwcrypto import jwk as jwcrypto_jwk
from jwcrypto import jws as jwcrypto_jws

from app.adapters.edc.pki.trust import as_pem
from app.adapters.edc.seal.jades import base64url, issuer_serial, seal
from app.adapters.edc.seal.opened import open_sealed, opened_as_written
from app.adapters.edc.seal.seals import SoftwareSealKey
from tests.adapters.edc.material import ISSUED
from tests.adapters.edc.official import SEALED_SAMPLES
from tests.adapters.edc.seals import a_seal, sealed, the_authority
from tests.reference_data import reference_file

ALGORITHMS = ("RS256", "PS256", "ES256")


def parts(raw: bytes) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    outer = json.loads(raw)
    [entry] = outer["signatures"]
    header = json.loads(base64.urlsafe_b64decode(entry["protected"] + "=="))
    return outer, entry, header


def test_europass_recognises_the_file_as_sealed_and_reads_the_credential_as_text() -> None:
    raw = sealed()
    assert re.match(rb'^\s*\{\s*"payload"', raw)
    outer, entry, _ = parts(raw)
    assert list(outer) == ["payload", "signatures"]
    assert list(entry) == ["protected", "signature"]
    assert json.loads(outer["payload"])["type"] == [
        "VerifiableCredential",
        "EuropeanDigitalCredential",
    ]


def test_the_header_has_the_parameters_of_the_standard_with_iat() -> None:
    _, _, header = parts(sealed())
    assert list(header) == [
        "alg", "cty", "kid", "x5t#S256", "x5c", "typ", "b64", "iat", "crit",
    ]  # fmt: skip
    assert header["alg"] == "RS256"
    assert header["typ"] == "jose+json"
    assert header["b64"] is False
    assert header["iat"] == int(ISSUED.timestamp())
    assert header["crit"] == ["b64"]


def test_the_header_has_sig_t_instead_where_that_is_asked_for() -> None:
    _, _, header = parts(sealed(time_header="sigT"))
    assert "iat" not in header
    assert header["sigT"] == "2026-11-24T10:30:15Z"
    assert header["crit"] == ["b64", "sigT"]


def test_the_root_is_left_to_whoever_trusts_it() -> None:
    between = the_authority().subordinate("Between", valid_from=ISSUED, valid_until=ISSUED)
    assert len(parts(sealed(a_seal()))[2]["x5c"]) == 1
    assert len(parts(sealed(a_seal(between=between)))[2]["x5c"]) == 2


@pytest.mark.parametrize("time_header", ["iat", "sigT"])
def test_the_same_bytes_sealed_again_at_the_same_moment_give_the_same_seal(
    time_header: Any,
) -> None:
    key, payload = a_seal(), b'{"a":"\xc3\xa9"}'
    first = seal(payload, key, ISSUED, time_header=time_header)
    assert first == seal(payload, key, ISSUED, time_header=time_header)
    assert open_sealed(first).payload == payload


@pytest.mark.parametrize("payload", ['{"a":"é"}', '{"a":"\\"so\\" \\\\ \\n","b":[{},1.5]}', "{}"])
def test_a_seal_as_we_write_it_is_opened_quicker_and_to_the_same(payload: str) -> None:
    key = a_seal()
    raw = seal(payload.encode(), key, ISSUED)

    assert seal(payload.encode(), key, ISSUED, plain=True) == raw
    assert opened_as_written(raw) == (open_sealed(raw), json.loads(payload))


@pytest.mark.parametrize(
    ("was", "becomes"),
    [
        (b'{"payload"', b' {"payload"'),
        (b'"}]}', b'"}]} '),
        (b'"}]}', b'"},{}]}'),
        (b'"}]}', b'","header":{}}]}'),
        (b',"signatures"', b', "signatures"'),
        (b'"protected":"', b'"protected":"="'),
        (b'"signature":"', b'"signature":"\\u0041'),
        (b'\\"a\\":', b'\\"a\\" :'),
        (b'\\"a\\":', b'"a":'),
        (b'\\"a\\":', b'\\u0022a\\":'),
        (b'"protected":"', b'"protected":"A'),
    ],
)
def test_a_seal_that_is_written_in_any_other_way_is_left_to_the_other_way(
    was: bytes, becomes: bytes
) -> None:
    raw = seal(b'{"a":"\xc3\xa9"}', a_seal(), ISSUED)
    assert was in raw

    assert opened_as_written(raw.replace(was, becomes)) is None


def test_a_payload_that_says_to_be_encoded_is_left_to_the_other_way() -> None:
    outer = json.loads(seal(b'{"a":1}', a_seal(), ISSUED))
    signature = outer["signatures"][0]
    header = json.loads(base64.urlsafe_b64decode(signature["protected"] + "=="))
    del header["b64"]
    signature["protected"] = base64url(json.dumps(header).encode())

    assert opened_as_written(json.dumps(outer, separators=(",", ":")).encode()) is None


@pytest.mark.parametrize("alg", ALGORITHMS)
def test_jwcrypto_accepts_the_seal(alg: str) -> None:
    key = a_seal(alg=alg)
    raw = sealed(key)
    token = jwcrypto_jws.JWS()
    token.deserialize(raw.decode())
    token.verify(jwcrypto_jwk.JWK.from_pem(public_pem(key)), alg=alg)
    assert token.objects["valid"]


@pytest.mark.parametrize("alg", ALGORITHMS)
def test_joserfc_accepts_the_seal(alg: str) -> None:
    key = a_seal(alg=alg)
    assert joserfc_accepts(sealed(key), key, alg)


@pytest.mark.parametrize("alg", ALGORITHMS)
def test_the_other_libraries_reject_what_was_changed(alg: str) -> None:
    key = a_seal(alg=alg)
    changed = sealed(key).replace(b"Ejemplo", b"Exemplo")
    token = jwcrypto_jws.JWS()
    token.deserialize(changed.decode())
    with pytest.raises(jwcrypto_jws.InvalidJWSSignature):
        token.verify(jwcrypto_jwk.JWK.from_pem(public_pem(key)), alg=alg)
    assert not joserfc_accepts(changed, key, alg)


@pytest.mark.parametrize("alg", ALGORITHMS)
def test_openssl_accepts_the_signature(alg: str, tmp_path: Path) -> None:
    key = a_seal(alg=alg)
    opened = open_sealed(sealed(key))
    signature = opened.signature
    if alg == "ES256":
        r, s = (int.from_bytes(half, "big") for half in (signature[:32], signature[32:]))
        signature = encode_dss_signature(r, s)
    (tmp_path / "input").write_bytes(opened.signing_input)
    (tmp_path / "signature").write_bytes(signature)
    (tmp_path / "key.pem").write_bytes(public_pem(key))
    options = (
        ["-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:32"]
        if alg == "PS256"
        else []
    )
    checked = subprocess.run(
        ["openssl", "dgst", "-sha256", "-verify", "key.pem", *options,
         "-signature", "signature", "input"],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert checked.stdout.strip() == "Verified OK", checked.stderr


def test_openssl_accepts_the_chain_up_to_the_root(tmp_path: Path) -> None:
    between = the_authority().subordinate(
        "Between",
        valid_from=ISSUED.replace(year=2026, month=1),
        valid_until=ISSUED.replace(year=2028),
    )
    opened = open_sealed(sealed(a_seal(between=between)))
    (tmp_path / "root.pem").write_bytes(as_pem(the_authority().certificate))
    (tmp_path / "between.pem").write_bytes(as_pem(opened.certificates[1]))
    (tmp_path / "leaf.pem").write_bytes(as_pem(opened.certificates[0]))
    checked = subprocess.run(
        ["openssl", "verify", "-x509_strict", "-attime", str(int(ISSUED.timestamp())),
         "-CAfile", "root.pem", "-untrusted", "between.pem", "leaf.pem"],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert checked.stdout.strip() == "leaf.pem: OK", checked.stderr


@pytest.mark.reference
@pytest.mark.parametrize("name", SEALED_SAMPLES)
def test_our_kid_is_written_as_in_the_samples_of_the_commission(name: str) -> None:
    opened = open_sealed(reference_file(name).read_bytes())
    written = base64.b64encode(issuer_serial(opened.certificates[0])).decode()
    assert opened.header["kid"] == written


def public_pem(key: SoftwareSealKey) -> bytes:
    return (
        key.certificate_chain[0]
        .public_key()
        .public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    )


def joserfc_accepts(raw: bytes, key: SoftwareSealKey, alg: str) -> bool:
    registry = joserfc_jws.JWSRegistry(algorithms=[alg], strict_check_header=False)
    registry.max_header_length = 100_000
    pem = public_pem(key).decode()
    public = import_key(pem, "EC") if alg.startswith("ES") else import_key(pem, "RSA")
    try:
        joserfc_jws.deserialize_json(json.loads(raw), public, registry=registry)
    except BadSignatureError:
        return False
    return True
