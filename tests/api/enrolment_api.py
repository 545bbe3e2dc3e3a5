"""The API with one published micro-credential, for stories of enrolment."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.adapters.memory.unit_of_work import MemoryWork
from app.domain.access.roles import SYSTEM, Caller
from app.main import create_app
from tests.api.conftest import Api
from tests.forms_workbooks import Row, workbook
from tests.issuing_builders import OneMicroCredential, the_micro_credential
from tests.memory_ports import StoryClock, grant_demo_roles, memory_ports

FORM = "v4j5cvGGr0GRqy180BHbR"


XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


ANA, ELENA, ERIK = "ana-oviedo", "elena-oviedo", "erik-skovde"


"""Coordinator and enrolment officer at Oviedo, which leads; enrolment officer at Skövde."""


class _Work(MemoryWork):
    micro_credentials: Any


class EditionApi(Api):
    """The API, with one published micro-credential."""

    proposal: str

    @property
    def clock(self) -> StoryClock:
        assert isinstance(self.ports.clock, StoryClock)
        return self.ports.clock

    async def edition(self, **changes: Any) -> str:
        """An open edition; its address."""
        now = self.clock.now()
        body = {
            "proposal": self.proposal,
            "start": "2027-05-03",
            "end": "2027-06-25",
            "time_zone": "Europe/Madrid",
            "registration_opens": (now - timedelta(days=1)).isoformat(),
            "registration_closes": (now + timedelta(days=10)).isoformat(),
            "places": 4,
            "quota_per_institution": 2,
            **changes,
        }
        made = await self(ANA, "POST", "/v1/editions", json=body)
        assert made.status_code == 201, made.text
        path = made.headers["location"]
        opened = await self(ANA, "POST", f"{path}/open", json={}, if_match=made.headers["etag"])
        assert (opened.status_code, opened.json()["state"]) == (200, "open")
        return str(path)

    async def registers(self, edition: str, person: str, **given: Any) -> httpx.Response:
        self.clock.move(timedelta(seconds=1))
        body = {
            "full_name": person.title(),
            "email": f"{person}@example.org",
            "institution": "UNIOVI",
            "privacy_notice": True,
            **given,
        }
        body = {key: value for key, value in body.items() if value is not None}
        return await self(person, "POST", f"{edition}/registrations", json=body)

    async def etag(self, path: str, person: str = ELENA) -> str:
        return str((await self(person, "GET", path)).headers["etag"])

    async def act(self, person: str, path: str, verb: str, **body: Any) -> httpx.Response:
        """One transition, with the ETag that holds now."""
        return await self(
            person, "POST", f"{path}/{verb}", json=body, if_match=await self.etag(path, person)
        )

    async def uploads(self, edition: str, content: bytes, **more: Any) -> dict[str, Any]:
        """Dry run of a file; the finished job."""
        started = await self(
            ELENA, "POST", f"{edition}/imports?dry_run=true",
            files={"file": ("respuestas.xlsx", content, XLSX)}, data={"form": FORM}, **more,
        )  # fmt: skip
        return await self.finished(started)

    async def finished(self, started: httpx.Response) -> dict[str, Any]:
        assert started.status_code == 202, started.text
        await self.drain()
        job: dict[str, Any] = (await self(ELENA, "GET", started.headers["location"])).json()
        return job


@pytest.fixture
async def api(data_dir: Path) -> AsyncIterator[EditionApi]:
    clock = StoryClock(datetime(2027, 3, 1, 9, tzinfo=UTC))
    with pytest.warns(UserWarning, match="development identity"):
        ports, store, queue = memory_ports(data_dir, clock=clock)
    await grant_demo_roles(ports)
    micro_credential = the_micro_credential()

    def work(caller: Caller, action: str) -> _Work:
        opened = _Work(store, clock, caller, action)
        opened.micro_credentials = OneMicroCredential(micro_credential)
        return opened

    ports = replace(ports, work=work, reading=lambda: work(SYSTEM, "read"))
    app = create_app(ports.settings, ports)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as http:
        made = EditionApi(ports, queue, http)
        made.proposal = str(micro_credential.proposal)
        yield made


def responses(api: EditionApi) -> bytes:
    """As untidy as real ones: rows to take, to refuse, and to decide."""
    opened = api.clock.now() - timedelta(days=1)
    minute = timedelta(minutes=1)
    return workbook(
        [
            Row(1, opened + 5 * minute, "Ana García", "ana@uniovi.es", "Universidad de Oviedo"),
            Row(2, opened + 6 * minute, "Bert Braun", "bert@h-ka.de", "Hochschule Karlsruhe"),
            Row(3, opened + 7 * minute, "ana garcia", "ANA@uniovi.es", "University of Oviedo"),
            Row(4, opened - 1 * minute, "Early Bird", "early@his.se", "HIS"),
            Row(5, opened + timedelta(days=12), "Late Riser", "late@his.se", "HIS"),
            Row(6, opened + 8 * minute, "No Body", "n@example.org", ""),
            Row(7, opened + 9 * minute, '=HYPERLINK("x")', "c@uniovi.es", "Univercity of Oviedo"),
            Row(8, opened + 10 * minute, "Dora", "d@example.org", "Town Hall"),
        ],
        more=["¿Por qué?"],
    )  # fmt: skip
