"""Who sends a file is asked before the file is read: refused files fill no disk."""

from collections.abc import MutableMapping
from typing import Any
from uuid import UUID

import pytest

from app.main import create_app
from tests.api.conftest import Api

BOUNDARY = "story"
NOBODYS = UUID(int=7)
"""Of nothing that there is; the same each time, since the names of tests hold it."""
UPLOADS = (
    f"/v1/editions/{NOBODYS}/results",
    f"/v1/editions/{NOBODYS}/imports",
    f"/v1/issuing-batches/{NOBODYS}/sealed-files",
)


class Upload:
    """A form of 20 MB on its way to an address; knows how much of it was fetched."""

    def __init__(self, path: str, *headers: tuple[str, str]) -> None:
        self.fetched = 0
        self.status = 0
        self.scope = {
            "type": "http",
            "http_version": "1.1",
            "method": "POST",
            "path": path,
            "raw_path": path.encode(),
            "query_string": b"",
            "scheme": "https",
            "server": ("test", 443),
            "client": ("192.0.2.7", 1),
            "headers": [
                (b"content-type", f"multipart/form-data; boundary={BOUNDARY}".encode()),
                (b"content-length", b"20000000"),
                *((name.lower().encode(), value.encode()) for name, value in headers),
            ],
        }

    async def receive(self) -> MutableMapping[str, Any]:
        head = b'--story\r\nContent-Disposition: form-data; name="file"; filename="x"\r\n\r\n'
        body = (head if not self.fetched else b"") + b"x" * 100_000
        self.fetched += len(body)
        return {"type": "http.request", "body": body, "more_body": self.fetched < 20_000_000}

    async def send(self, message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]


async def arrive(api: Api, upload: Upload) -> None:
    app = create_app(api.ports.settings, api.ports)
    await app(upload.scope, upload.receive, upload.send)


@pytest.mark.parametrize("path", UPLOADS)
@pytest.mark.parametrize("key", [(), (("Idempotency-Key", "once"),)])
async def test_nothing_is_read_of_what_a_stranger_or_a_bad_token_sends(
    api: Api, path: str, key: tuple[tuple[str, str], ...]
) -> None:
    for headers in (key, (*key, ("Authorization", "Bearer of-nobody"))):
        upload = Upload(path, *headers)
        await arrive(api, upload)
        assert (upload.status, upload.fetched) == (401, 0)


@pytest.mark.parametrize("path", UPLOADS)
@pytest.mark.parametrize("key", [(), (("Idempotency-Key", "once"),)])
async def test_nothing_is_read_of_what_nobody_with_these_roles_may_send(
    api: Api, path: str, key: tuple[tuple[str, str], ...]
) -> None:
    upload = Upload(path, *key, *api.headers("learner-1").items())
    await arrive(api, upload)
    # Of a batch of other people nobody hears that it exists.
    assert (upload.status, upload.fetched) == (404 if "batches" in path else 403, 0)


async def test_of_who_may_send_files_the_file_is_read_and_judged(api: Api) -> None:
    form = {"file": ("results.csv", b"registration\n")}
    teacher = await api("teo-oviedo", "POST", UPLOADS[0], files=form)
    assert (teacher.status_code, teacher.json()["code"]) == (404, "edition_not_found")
