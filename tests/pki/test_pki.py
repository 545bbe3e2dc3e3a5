"""The test PKI is what it says, by programs that are not ours."""

import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from urllib.request import Request, urlopen

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp

from tests.pki.authority import TestPki
from tests.pki.config import SEALS

AT = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")


def openssl(*arguments: str | Path) -> str:
    done = subprocess.run(
        ["openssl", *map(str, arguments)], capture_output=True, text=True, check=False, timeout=30
    )
    return done.stdout + done.stderr


@pytest.mark.parametrize("label", [s for s in SEALS if s not in ("seal-other", "seal-expired")])
def test_openssl_finds_the_chain_of_every_seal(pki: TestPki, tmp_path: Path, label: str) -> None:
    (tmp_path / "leaf.pem").write_bytes(pki.certificate_pem(label))
    (tmp_path / "issuing.pem").write_bytes(pki.certificate_pem("issuing"))
    (tmp_path / "root.pem").write_bytes(pki.certificate_pem("root"))
    assert "OK" in openssl(
        "verify", "-CAfile", tmp_path / "root.pem", "-untrusted", tmp_path / "issuing.pem",
        tmp_path / "leaf.pem",
    )  # fmt: skip


def test_openssl_takes_a_timestamp(pki: TestPki, tmp_path: Path) -> None:
    (tmp_path / "data").write_bytes(b"what was stamped")
    (tmp_path / "token").write_bytes(pki.timestamp(b"what was stamped", AT))
    (tmp_path / "root.pem").write_bytes(pki.certificate_pem("root"))
    said = openssl(
        "ts", "-verify", "-data", tmp_path / "data", "-in", tmp_path / "token", "-token_in",
        "-CAfile", tmp_path / "root.pem",
    )  # fmt: skip
    assert "Verification: OK" in said


@pytest.mark.parametrize(("label", "status"), [("seal-rsa", "good"), ("seal-revoked", "revoked")])
def test_openssl_reads_the_status_of_a_seal(
    pki: TestPki, tmp_path: Path, label: str, status: str
) -> None:
    (tmp_path / "status").write_bytes(pki.ocsp_response(label, AT))
    for name in (label, "issuing", "root"):
        (tmp_path / f"{name}.pem").write_bytes(pki.certificate_pem(name))
    said = openssl(
        "ocsp", "-respin", tmp_path / "status", "-issuer", tmp_path / "issuing.pem",
        "-cert", tmp_path / f"{label}.pem", "-CAfile", tmp_path / "root.pem",
        "-verify_other", tmp_path / "issuing.pem", "-no_nonce",
        "-attime", str(int(AT.timestamp())),
    )  # fmt: skip
    assert "Response verify OK" in said
    # The program warns about times, for it reads the machine's clock here whatever it is told.
    verdict = next(line for line in said.splitlines() if line.endswith(("good", "revoked")))
    assert verdict.split(": ")[-1] == status


def test_a_list_of_revoked_certificates_has_the_revoked_seal(pki: TestPki) -> None:
    crl = x509.load_der_x509_crl(pki.crl("issuing", AT))
    serials = [entry.serial_number for entry in crl]
    assert serials == [pki.certificate("seal-revoked").serial_number]
    before = x509.load_der_x509_crl(pki.crl("issuing", datetime(2026, 5, 1, tzinfo=UTC)))
    assert list(before) == []


def test_all_of_it_answers_over_http_at_the_time_that_the_test_says(pki: TestPki) -> None:
    pki.now = AT
    try:
        listed = pki.certificate("seal-rsa").extensions.get_extension_for_class(
            x509.AuthorityInformationAccess
        )
        where = {d.access_method._name: d.access_location.value for d in listed.value}
        leaf, issuing, _ = pki.chain("seal-rsa")
        asked = ocsp.OCSPRequestBuilder().add_certificate(leaf, issuing, hashes.SHA1()).build()
        reply = _post(where["OCSP"], asked.public_bytes(Encoding.DER))
        answer = ocsp.load_der_ocsp_response(reply)
        assert answer.certificate_status is ocsp.OCSPCertStatus.GOOD
        assert answer.produced_at_utc == AT
        assert _get(where["caIssuers"]) == issuing.public_bytes(Encoding.DER)
    finally:
        pki.now = None


def _post(url: str, body: bytes) -> bytes:
    with urlopen(Request(url, body)) as answer:
        return answer.read()


def _get(url: str) -> bytes:
    with urlopen(url) as answer:
        return answer.read()
