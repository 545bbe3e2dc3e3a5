"""A university that keeps its key: prepared here, signed there with our command, brought back."""

import io
import json
import os
import subprocess
import sys
import zipfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from lxml import etree

from app.adapters.edc.pki.authorities import as_pkcs12
from app.adapters.edc.seal.jades import general_serialisation
from app.adapters.edc.seal.seals import SoftwareSealKey
from app.adapters.elmo.signing import verifies
from app.adapters.memory.seals import ELSEWHERE
from app.running import run_job
from tests.api.test_credentials import LEARNERS, IssuingApi, issuing_api
from tests.memory_ports import SEALS

INES = "ines-oviedo"


@pytest.fixture
async def api(data_dir: Path) -> AsyncIterator[IssuingApi]:
    async with issuing_api(data_dir) as made:
        yield made


async def to_sign(api: IssuingApi) -> str:
    """A batch that is approved and prepared; its address."""
    prepared = await api(
        INES, "POST", f"/v1/editions/{api.edition}/issuing-batches", json={"seal": ELSEWHERE}
    )
    assert (prepared.json()["seal"], prepared.json()["local"]) == (ELSEWHERE, True)
    approved = await api.approve(prepared.json()["id"])
    await run_job(UUID(approved.json()["job"]), api.ports)
    return f"/v1/issuing-batches/{prepared.json()['id']}"


async def package(api: IssuingApi, batch: str, query: str = "") -> bytes:
    answer = await api(INES, "GET", f"{batch}/local-sealing/package{query}")
    assert answer.headers["content-type"] == "application/zip"
    return answer.content


def opened(raw: bytes) -> tuple[dict[str, Any], dict[str, bytes]]:
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    return json.loads(files.pop("manifest.json")), files


def at_the_university(folder: Path, raw: bytes, *more: str) -> subprocess.CompletedProcess[str]:
    """Our command on a machine that has the package and the key, and nothing else of ours."""
    key = SEALS.key("UNIOVI")
    assert isinstance(key, SoftwareSealKey)
    leaf, *others = key.certificate_chain
    (folder / "seal.p12").write_bytes(as_pkcs12(key._private_key, leaf, others, "a password"))  # type: ignore[arg-type]
    (folder / "password").write_text("a password\n")
    (folder / "package.zip").write_bytes(raw)
    command = ("-m", "app", "sign-prepared", str(folder / "package.zip"))
    seal = ("--pkcs12", str(folder / "seal.p12"), "--secret-file", str(folder / "password"))
    return subprocess.run(
        [sys.executable, *command, *seal, "--out", str(folder / "signatures.json"), *more],
        cwd=Path(__file__).parents[2],
        env={name: value for name, value in os.environ.items() if not name.startswith("MC_")},
        capture_output=True,
        text=True,
        check=False,
    )


async def test_a_university_signs_with_our_command_and_its_learners_are_certified(
    api: IssuingApi, tmp_path: Path
) -> None:
    batch = await to_sign(api)
    signed = at_the_university(tmp_path, await package(api, batch))
    assert (signed.returncode, signed.stderr) == (0, "")
    assert "2 × Joint Micro-credentials in Practice" in signed.stdout
    body = json.loads((tmp_path / "signatures.json").read_text())
    attached = await api(INES, "POST", f"{batch}/signatures", json=body)
    assert [one["status"] for one in attached.json()["items"]] == ["sealed"] * LEARNERS
    assert (await api(INES, "GET", batch)).json()["state"] == "finished"
    for credential in await api.credentials():
        document = await api(INES, "GET", f"/v1/credentials/{credential['id']}/document")
        found = await api.verified(document.content)
        assert found["verdict"] == "verified"
        image = await api(INES, "GET", f"/v1/credentials/{credential['id']}/images/es")
        assert image.content.startswith(b"\x89PNG")


async def test_the_command_signs_nothing_that_is_not_what_it_says(
    api: IssuingApi, tmp_path: Path
) -> None:
    manifest, files = opened(await package(api, await to_sign(api)))
    name = manifest["items"][0]["payload"]
    changed = {
        "another payload": {**files, name: files[name].replace(b"Pass", b"Best", 1)},
        "another credential": {**files, name: files[manifest["items"][1]["payload"]]},
        "nothing": {},
    }
    said = {}
    for what, content in changed.items():
        raw = io.BytesIO()
        with zipfile.ZipFile(raw, "w") as archive:
            archive.writestr("manifest.json", json.dumps(manifest))
            for path, data in content.items():
                archive.writestr(path, data)
        ran = at_the_university(tmp_path, raw.getvalue())
        said[what] = (ran.returncode, ran.stderr.partition(manifest["items"][0]["credential"])[2])
    assert said == {
        "another payload": (1, " is not what its digest says.\n"),
        "another credential": (1, " is another credential.\n"),
        "nothing": (1, ""),
    }
    assert not (tmp_path / "signatures.json").exists()


async def test_files_that_another_program_sealed_come_back_in_an_archive(api: IssuingApi) -> None:
    batch = await to_sign(api)
    manifest, files = opened(await package(api, batch))
    key = SEALS.key("UNIOVI")
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w") as archive:
        for item in manifest["items"]:
            payload = files[item["payload"]]
            value = key.sign(item["protected"].encode() + b"." + payload)
            document = general_serialisation(payload, item["protected"], value)
            archive.writestr(f"sealed/{item['credential']}.jsonld", document)
    attached = await api(
        INES, "POST", f"{batch}/sealed-files", files={"file": ("sealed.zip", raw.getvalue())}
    )
    assert [one["status"] for one in attached.json()["items"]] == ["sealed"] * LEARNERS


@pytest.mark.parametrize("content", [b"{}", b"PK\x03\x04rubbish", b"\xff"])
async def test_what_holds_nothing_sealed_is_refused(api: IssuingApi, content: bytes) -> None:
    batch = await to_sign(api)
    answer = await api(INES, "POST", f"{batch}/sealed-files", files={"file": ("f", content)})
    assert answer.status_code == 422
    assert answer.json()["code"] in ("sealed_file_unusable", "archive_unusable")


async def test_packages_come_in_parts(api: IssuingApi) -> None:
    batch = await to_sign(api)
    first, _ = opened(await package(api, batch, "?limit=1"))
    rest, _ = opened(await package(api, batch, f"?limit=1&after={first['next']}"))
    assert len(first["items"]) == len(rest["items"]) == 1
    assert (first["next"], rest["next"]) == (first["items"][0]["credential"], None)
    one = await api(INES, "GET", f"{batch}/local-sealing/{first['next']}")
    assert one.json()["digest"] == first["items"][0]["digest"]


async def test_unsealed_files_say_that_they_are(api: IssuingApi) -> None:
    prepared = await api(INES, "POST", f"/v1/editions/{api.edition}/issuing-batches")
    batch = f"/v1/issuing-batches/{prepared.json()['id']}"
    gone = min(api.awards.ready)
    api.awards.postpone(gone, "objection_open")
    manifest, files = opened((await api(INES, "GET", f"{batch}/unsigned")).content)
    assert manifest["sealed"] is False
    assert [(one["registration"], one["refusal"]) for one in manifest["items"]] == sorted(
        (str(registration), "award_not_ready" if registration == gone else None)
        for registration in (gone, *api.awards.ready)
    )
    [(name, content)] = files.items()
    assert name.endswith(".unsigned.json")
    assert json.loads(content).keys() == {"credential", "deliveryDetails"}
    [ready] = api.awards.ready
    path = f"/v1/editions/{api.edition}/awards"
    alone = await api(INES, "GET", f"{path}/{ready}/unsigned")
    assert alone.headers["content-disposition"] == f'attachment; filename="{ready}.unsigned.json"'
    assert alone.json()["credential"]["id"] == json.loads(content)["credential"]["id"]
    refused = await api(INES, "GET", f"{path}/{gone}/unsigned")
    assert (refused.status_code, refused.json()["code"]) == (409, "award_not_ready")
    records = await api("aud-auditor", "GET", "/v1/audit-records?limit=200")
    exported = [one for one in records.json()["items"] if one["note"] == "exported_unsigned"]
    assert [one["subject"] for one in exported] == [prepared.json()["id"], str(ready)]


async def test_a_transcript_is_signed_once_and_handed_out_as_it_was(api: IssuingApi) -> None:
    await api.issue()
    credential = (await api.credentials())[0]
    path = f"/v1/credentials/{credential['id']}"
    first = await api(INES, "GET", f"{path}/elmo")
    assert first.status_code == 200, first.text
    assert first.headers["content-type"].partition(";")[0] == "application/xml"
    assert verifies(first.content, SEALS.key("UNIOVI").certificate_chain[0])
    assert (await api(INES, "GET", f"{path}/elmo")).content == first.content
    assert etree.fromstring(first.content)[-1].tag.endswith("Signature")
    seen = await api(INES, "GET", path)
    reason = {"reason": "The result is looked into."}
    await api(INES, "POST", f"{path}/suspend", json=reason, if_match=seen.headers["etag"])
    refused = await api(INES, "GET", f"{path}/elmo")
    assert (refused.status_code, refused.json()["code"]) == (409, "no_transcript")
