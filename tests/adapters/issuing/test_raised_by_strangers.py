"""Seals that were raised here, in the eyes of programs that were not written here."""

import base64
import json
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from joserfc import jws as joserfc_jws
from joserfc.jwk import ECKey, RSAKey
from jwcrypto import jwk
from jwcrypto import jws as jwcrypto_jws

from app.adapters.edc.pki.trust import as_pem
from app.domain.clock import SystemClock
from app.domain.credentials.levels import SealLevel
from tests.adapters.issuing.raising import a_web, raised_to, raising
from tests.pki.authority import TestPki
from tests.pki.sealed import sealed_by

pytestmark = pytest.mark.conformance
needs_openssl = pytest.mark.skipif(
    shutil.which("openssl") is None, reason="openssl is not installed"
)


@dataclass
class Sealed:
    """A seal at B-LTA with one renewal, and how it got there."""

    label: str
    original: bytes
    document: bytes

    @property
    def seal(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.document)["signatures"][0]
        return found

    @property
    def entries(self) -> list[str]:
        found: list[str] = self.seal["header"]["etsiU"]
        return found

    def value(self, place: int, name: str) -> Any:
        entry = self.entries[place]
        (found,) = json.loads(base64.urlsafe_b64decode(entry + "===")).items()
        assert found[0] == name
        return found[1]

    def token(self, place: int, name: str) -> bytes:
        (token,) = self.value(place, name)["tstTokens"]
        return base64.b64decode(token["val"])


@pytest.fixture(scope="module", params=["seal-rsa", "seal-ec"])
async def sealed(request: pytest.FixtureRequest, pki: TestPki) -> Sealed:
    # The machine's time: these programs have no other.
    clock = SystemClock()
    at = clock.now().replace(microsecond=0) - timedelta(seconds=1)
    original = sealed_by(pki, at, request.param)
    async with a_web() as web:
        levels = raising(pki, web, clock)
        *_, top = await raised_to(levels, original, SealLevel.B_LTA)
        renewed = await levels.renew(top.document)
    return Sealed(request.param, original, renewed.document)


def openssl(*arguments: str | Path) -> str:
    # Nobody whom this machine trusts may help.
    environment: Mapping[str, str] = {"SSL_CERT_FILE": "/dev/null", "SSL_CERT_DIR": "/dev/null"}
    done = subprocess.run(
        ["openssl", *arguments], capture_output=True, text=True, env={"PATH": _PATH, **environment}
    )
    return f"{done.stdout}{done.stderr}" if done.returncode == 0 else f"FAILED {done.stderr}"


_PATH = "/usr/local/bin:/usr/bin:/bin"


def root_of(pki: TestPki, folder: Path) -> Path:
    file = folder / "root.pem"
    file.write_bytes(pki.certificate_pem("root"))
    return file


def covered_by(sealed: Sealed, place: int) -> bytes:
    """By the text of the standard, and without our own functions."""
    outer = json.loads(sealed.document)
    seal = outer["signatures"][0]
    return b".".join(
        (
            outer["payload"].encode(),
            seal["protected"].encode(),
            seal["signature"].encode(),
            "".join(sealed.entries[:place]).encode(),
        )
    )


@needs_openssl
@pytest.mark.parametrize(("place", "name"), [(0, "sigTst"), (3, "arcTst"), (5, "arcTst")])
def test_openssl_verifies_every_timestamp(
    sealed: Sealed, pki: TestPki, tmp_path: Path, place: int, name: str
) -> None:
    token, data = tmp_path / "token.der", tmp_path / "data"
    token.write_bytes(sealed.token(place, name))
    data.write_bytes(
        sealed.seal["signature"].encode() if name == "sigTst" else covered_by(sealed, place)
    )
    verify = ("ts", "-verify", "-in", token, "-token_in", "-CAfile", root_of(pki, tmp_path))
    assert "Verification: OK" in openssl(*verify, "-data", data)
    data.write_bytes(data.read_bytes() + b" ")
    assert "message imprint mismatch" in openssl(*verify, "-data", data)


@needs_openssl
def test_openssl_verifies_the_chains_from_the_certificates_that_are_carried(
    sealed: Sealed, pki: TestPki, tmp_path: Path
) -> None:
    carried = [base64.b64decode(entry["x509Cert"]["val"]) for entry in sealed.value(1, "xVals")]
    certificates = tmp_path / "carried.pem"
    pems = []
    for place, der in enumerate(carried):
        file = tmp_path / f"{place}.der"
        file.write_bytes(der)
        pems.append(openssl("x509", "-inform", "DER", "-in", file))
    certificates.write_text("".join(pems))
    for label in (sealed.label, "tsa", "responder-issuing", "responder-root"):
        leaf = tmp_path / "leaf.pem"
        leaf.write_bytes(as_pem(pki.certificate(label)))
        assert f"{leaf}: OK" in openssl(
            "verify", "-CAfile", root_of(pki, tmp_path), "-untrusted", certificates, leaf
        )


@needs_openssl
def test_openssl_finds_every_certificate_good_in_the_answers_that_are_carried(
    sealed: Sealed, pki: TestPki, tmp_path: Path
) -> None:
    answers = sealed.value(2, "rVals")["ocspVals"]
    asked = [(sealed.label, "issuing"), ("issuing", "root"), ("tsa", "root")]
    assert len(answers) == len(asked)
    for answer, (label, issuer) in zip(answers, asked, strict=True):
        response = tmp_path / "ocsp.der"
        response.write_bytes(base64.b64decode(answer["val"]))
        for name in (label, issuer):
            (tmp_path / f"{name}.pem").write_bytes(as_pem(pki.certificate(name)))
        told = openssl(
            "ocsp", "-respin", response, "-issuer", tmp_path / f"{issuer}.pem",
            "-cert", tmp_path / f"{label}.pem", "-CAfile", root_of(pki, tmp_path), "-no_nonce",
            "-verify_other", tmp_path / f"{issuer}.pem",
        )  # fmt: skip
        assert "Response verify OK" in told
        assert f"{label}.pem: good" in told


@needs_openssl
def test_openssl_verifies_the_signature_after_everything_that_was_added(
    sealed: Sealed, pki: TestPki, tmp_path: Path
) -> None:
    outer = json.loads(sealed.document)
    seal = outer["signatures"][0]
    (tmp_path / "data").write_bytes(f"{seal['protected']}.{outer['payload']}".encode())
    (tmp_path / "leaf.pem").write_bytes(as_pem(pki.certificate(sealed.label)))
    (tmp_path / "key.pem").write_text(
        openssl("x509", "-in", tmp_path / "leaf.pem", "-pubkey", "-noout")
    )
    signature = base64.urlsafe_b64decode(seal["signature"] + "===")
    if isinstance(pki.private_key(sealed.label), ec.EllipticCurvePrivateKey):
        half = len(signature) // 2
        signature = encode_dss_signature(
            int.from_bytes(signature[:half]), int.from_bytes(signature[half:])
        )
    (tmp_path / "signature").write_bytes(signature)
    told = openssl(
        "dgst", "-sha256", "-verify", tmp_path / "key.pem", "-signature", tmp_path / "signature",
        tmp_path / "data",
    )  # fmt: skip
    assert told.strip() == "Verified OK"


def test_jwcrypto_verifies_the_signature_after_everything_that_was_added(
    sealed: Sealed, pki: TestPki
) -> None:
    outer = json.loads(sealed.document)
    key = jwk.JWK.from_pem(as_pem(pki.certificate(sealed.label)))
    read = jwcrypto_jws.JWS()
    read.allowed_algs = ["RS256", "ES256"]
    read.deserialize(json.dumps(outer))
    read.verify(key)
    assert read.payload == outer["payload"]


def test_joserfc_verifies_the_signature_after_everything_that_was_added(
    sealed: Sealed, pki: TestPki
) -> None:
    outer = json.loads(sealed.document)
    pem = as_pem(pki.certificate(sealed.label))
    is_ec = isinstance(pki.private_key(sealed.label), ec.EllipticCurvePrivateKey)
    kind = ECKey if is_ec else RSAKey
    alg = "ES256" if is_ec else "RS256"
    registry = joserfc_jws.JWSRegistry(algorithms=[alg], strict_check_header=False)
    registry.max_header_length = 1_000_000
    found = joserfc_jws.deserialize_json(outer, kind.import_key(pem), registry=registry)
    assert found.payload == outer["payload"].encode()


def test_what_left_the_seal_is_still_there_byte_for_byte(sealed: Sealed) -> None:
    header = json.dumps(sealed.seal["header"], separators=(",", ":")).encode()
    assert sealed.document.replace(b',"header":' + header, b"") == sealed.original
