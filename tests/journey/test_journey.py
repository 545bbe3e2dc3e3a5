"""The whole way: the demonstration is played, and outside programs look at what it leaves.

Read `app/demo/play_*.py` for the story. Every step of it checks what the API answers; here is
checked what nobody of ours may judge: the credentials, with programs that others wrote.
"""

import asyncio
import base64
import csv
import json
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from jwcrypto import jwk, jws
from PIL import Image

from app.demo.main import play
from app.demo.stage import Narrator, stage
from tests.adapters.edc import official

# The first test waits for the whole demonstration.
pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


@dataclass(frozen=True)
class Left:
    """What the demonstration leaves."""

    output: Path
    summary: dict[str, Any]
    mail: Path
    server_log: str

    @property
    def credentials(self) -> list[Path]:
        return sorted((self.output / "credentials").glob("*.jsonld"))


@pytest.fixture(scope="session")
async def left(tmp_path_factory: pytest.TempPathFactory) -> Left:
    folder = tmp_path_factory.mktemp("journey")
    output = folder / "output"
    await asyncio.to_thread(output.mkdir)
    environment = {"MC_LOG_LEVEL": "INFO"}
    async with stage(folder, folder / "postgres", Narrator(), environment) as on:
        summary = await play(on, output)
    log = folder / "server.log"
    return Left(output, summary, folder / "mail", log.read_text() if log.exists() else "")


async def test_every_step_happened_and_fifty_places_are_given(left: Left) -> None:
    placed = sum(row["placed"] for row in left.summary["places"])
    assert placed == 50
    assert max(row["placed"] for row in left.summary["places"]) == 5
    assert left.summary["concurrent"]["placed"] == 50
    assert left.summary["credentials"] == left.summary["passed"] >= 40


async def test_the_output_has_what_the_readme_promises(left: Left) -> None:
    names = {path.name for path in left.output.iterdir()}
    assert names >= {
        "registrations.xlsx",
        "import-report.json",
        "credentials",
        "ca.pem",
        "quota.csv",
        "credential.png",
    }
    with (left.output / "quota.csv").open(newline="") as file:
        assert len(list(csv.DictReader(file))) == len(left.summary["places"]) + 1
    with Image.open(left.output / "credential.png") as image:
        assert image.height > image.width > 700


async def test_no_two_credentials_are_the_same_learners(left: Left) -> None:
    subjects = set()
    for path in left.credentials:
        subject = payload(path)["credentialSubject"]
        # Two people may share a name; the distinguishing item tells them apart.
        subjects.add(
            json.dumps([subject["fullName"], subject.get("dateOfBirth"), subject.get("identifier")])
        )
    assert len(subjects) == len(left.credentials)


def payload(path: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(json.loads(path.read_bytes())["payload"])
    return loaded


def protected(path: Path) -> tuple[dict[str, Any], dict[str, str]]:
    signature = json.loads(path.read_bytes())["signatures"][0]
    raw = signature["protected"]
    return json.loads(base64.urlsafe_b64decode(raw + "=" * (-len(raw) % 4))), signature


async def test_another_jose_library_finds_every_signature_good(left: Left) -> None:
    for path in left.credentials:
        header, signature = protected(path)
        leaf = x509.load_der_x509_certificate(base64.b64decode(header["x5c"][0]))
        key = jwk.JWK.from_pem(
            leaf.public_key().public_bytes(
                serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
            )
        )
        token = jws.JWS()
        token.allowed_algs = ["RS256"]
        token.deserialize(
            json.dumps({**signature, "payload": json.loads(path.read_bytes())["payload"]})
        )
        token.verify(key)
        assert header["b64"] is False


async def test_openssl_follows_every_chain_to_the_published_root(
    left: Left, tmp_path: Path
) -> None:
    chains = {tuple(protected(path)[0]["x5c"]) for path in left.credentials}
    for number, chain in enumerate(chains):
        files = []
        for position, certificate in enumerate(chain):
            file = tmp_path / f"{number}-{position}.pem"
            loaded = x509.load_der_x509_certificate(base64.b64decode(certificate))
            file.write_bytes(loaded.public_bytes(serialization.Encoding.PEM))
            files.append(file)
        untrusted = [word for file in files[1:] for word in ("-untrusted", str(file))]
        checked = subprocess.run(
            ["openssl", "verify", "-CAfile", str(left.output / "ca.pem"), *untrusted, files[0]],
            capture_output=True,
            text=True,
            env={
                "PATH": "/usr/bin:/bin",
                "SSL_CERT_FILE": "/dev/null",
                "SSL_CERT_DIR": "/dev/null",
            },
            check=False,
        )
        assert checked.returncode == 0, checked.stderr


@pytest.mark.reference
async def test_the_official_shapes_and_context_accept_every_credential(left: Left) -> None:
    for number, path in enumerate(left.credentials):
        document = payload(path)
        assert official.credentials_in(document) == 1
        assert official.unknown_terms(document) == set()
        if number % 8 == 0:
            # They differ in names and dates only; the shapes take a third of a second each.
            assert official.shacl_results(document) == 0


async def test_development_seals_cannot_be_mistaken(left: Left) -> None:
    header, _ = protected(left.credentials[0])
    leaf = x509.load_der_x509_certificate(base64.b64decode(header["x5c"][0]))
    common_name = leaf.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)[0].value
    assert "DEVELOPMENT ONLY" in str(common_name)


async def test_mail_is_sent_once_for_each_reason_and_names_no_place_before_publication(
    left: Left,
) -> None:
    names = [path.name for path in left.mail.glob("*.eml")]
    assert len(names) == len(set(names)) > left.summary["credentials"]
