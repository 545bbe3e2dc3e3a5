"""Archives that are not what they seem: refused, at no cost, and never a failure of ours."""

import io
import zipfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from app.adapters.edc.seal.jades import general_serialisation
from app.routers import archives
from app.routers.archives import ArchiveUnusable, unpacked
from tests.api.test_credentials import IssuingApi, issuing_api
from tests.api.test_sealing_elsewhere import INES, package, to_sign
from tests.api.test_sealing_elsewhere import opened as opened_package
from tests.memory_ports import SEALS


@pytest.fixture
async def api(data_dir: Path) -> AsyncIterator[IssuingApi]:
    async with issuing_api(data_dir) as made:
        yield made


def packed(method: int, *contents: bytes) -> bytes:
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w", method) as archive:
        for number, content in enumerate(contents):
            archive.writestr(f"{number}.jsonld", content)
    return raw.getvalue()


def damaged(method: int) -> bytes:
    """An archive whose list is whole and whose content is not."""
    whole = packed(method, b'{"payload": "a credential"}' * 20)
    at = whole.index(b"0.jsonld") + len(b"0.jsonld")
    return whole[: at + 2] + b"\xff\xee\xdd" * 4 + whole[at + 14 :]


async def bring(api: IssuingApi, person: str | None, batch: str, raw: bytes) -> httpx.Response:
    return await api(person, "POST", f"{batch}/sealed-files", files={"file": ("a.zip", raw)})


async def test_nothing_is_unpacked_for_whoever_may_not_bring_it(
    api: IssuingApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = await to_sign(api)
    opened: list[int] = []
    unpack = zipfile.ZipFile.__init__

    def seen(self: zipfile.ZipFile, *given: Any, **more: Any) -> None:
        opened.append(1)
        unpack(self, *given, **more)

    raw = packed(zipfile.ZIP_DEFLATED, bytes(1_000_000))
    monkeypatch.setattr(zipfile.ZipFile, "__init__", seen)
    answers = [
        await bring(api, None, f"/v1/issuing-batches/{uuid4()}", raw),
        await bring(api, None, batch, raw),
        await bring(api, "learner-1", batch, raw),
        await bring(api, INES, f"/v1/issuing-batches/{uuid4()}", raw),
    ]
    # Who names themselves to nobody is asked for that first, whatever they ask for.
    assert [answer.status_code for answer in answers] == [401, 401, 404, 404]
    assert opened == []
    allowed = await bring(api, INES, batch, raw)
    assert (allowed.status_code, allowed.json()["code"]) == (422, "sealed_file_unusable")
    assert opened == [1]


async def test_a_damaged_archive_is_told_so(api: IssuingApi) -> None:
    batch = await to_sign(api)
    whole = packed(zipfile.ZIP_DEFLATED, b"{}" * 100)
    at = whole.rindex(b"PK\x01\x02")
    broken = {
        "content": damaged(zipfile.ZIP_DEFLATED),
        "checksum": damaged(zipfile.ZIP_STORED),
        "bzip2": packed(zipfile.ZIP_BZIP2, b"{}"),
        "lzma": damaged(zipfile.ZIP_LZMA),
        "cut off": whole[:-30],
        "far offset": whole[: at + 42] + b"\xff\xff\xff\x7f" + whole[at + 46 :],
        "encrypted": whole[: at + 8] + b"\x01" + whole[at + 9 :],
        "old version": whole[: at + 6] + b"\xff" + whole[at + 7 :],
    }
    said = {
        what: (answer.status_code, answer.json()["code"])
        for what, raw in broken.items()
        for answer in [await bring(api, INES, batch, raw)]
    }
    assert said == dict.fromkeys(broken, (422, "archive_unusable"))


def test_only_what_was_asked_for_is_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "_MOST_BYTES", 3_000)
    assert unpacked(packed(zipfile.ZIP_DEFLATED, bytes(1_500), bytes(1_500))) == {
        "0.jsonld": bytes(1_500),
        "1.jsonld": bytes(1_500),
    }
    with pytest.raises(ArchiveUnusable, match="in parts"):
        unpacked(packed(zipfile.ZIP_DEFLATED, bytes(1_500), bytes(1_501)))


def test_an_archive_of_countless_empty_files_is_refused_before_its_list_is_read() -> None:
    assert len(unpacked(packed(zipfile.ZIP_STORED, *[b""] * 500))) == 500
    for number in (501, 1_001):
        with pytest.raises(ArchiveUnusable, match="more than 500 files"):
            unpacked(packed(zipfile.ZIP_STORED, *[b""] * number))


async def test_each_file_of_an_archive_is_told_of_by_its_path(api: IssuingApi) -> None:
    batch = await to_sign(api)
    manifest, payloads = opened_package(await package(api, batch))
    key = SEALS.key("UNIOVI")
    first, second = manifest["items"]
    sealed = {
        item["credential"]: general_serialisation(
            payloads[item["payload"]],
            item["protected"],
            key.sign(item["protected"].encode() + b"." + payloads[item["payload"]]),
        )
        for item in (first, second)
    }
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w") as archive:
        archive.writestr("readme.txt", "two folders")
        bad = sealed[first["credential"]].replace(b'"signature":"', b'"signature":"AAAA')
        archive.writestr("before/credential.jsonld", bad)
        archive.writestr("ana/credential.jsonld", sealed[first["credential"]])
        archive.writestr("ben/credential.jsonld", sealed[second["credential"]])
    answer = (await bring(api, INES, batch, raw.getvalue())).json()
    assert [(one["file"], one["credential"], one["status"]) for one in answer["items"]] == [
        ("before/credential.jsonld", first["credential"], "refused"),
        ("ana/credential.jsonld", first["credential"], "sealed"),
        ("ben/credential.jsonld", second["credential"], "sealed"),
    ]
    assert (answer["refused"], answer["unread"]) == (1, ["readme.txt"])
