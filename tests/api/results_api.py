"""The API with an edition in grading, on memory ports."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.adapters.identity.local import ISSUER
from app.adapters.mail.memory import MemoryMailer
from app.domain.access.roles import SYSTEM, Caller, Subject
from app.domain.mail import Message
from app.main import create_app
from tests.api.conftest import Api
from tests.issuing_builders import OneMicroCredential
from tests.memory_ports import StoryClock, grant_demo_roles, memory_ports
from tests.results_course import Course, MemoryCourseWork


class CourseApi(Api):
    """The API, and the course that it is about."""

    course: Course

    @property
    def clock(self) -> StoryClock:
        assert isinstance(self.ports.clock, StoryClock)
        return self.ports.clock

    async def learner(self, person: str, **more: Any) -> str:
        """A demo person takes part; the address of their registration."""
        subject = Subject(ISSUER, f"demo:{person}")
        email = f"{person}@example.org"
        registration = await self.course.enrol(person, subject=subject, email=email, **more)
        return f"/v1/registrations/{registration}"

    async def by_form(self, name: str, email: str, **more: Any) -> str:
        """Somebody without an account takes part; the address of their registration."""
        registration = await self.course.enrol(name, account=False, email=email, **more)
        return f"/v1/registrations/{registration}"

    def mailbox(self, address: str) -> list[Message]:
        """What somebody has got by mail."""
        assert isinstance(self.ports.mailer, MemoryMailer)
        return self.ports.mailer.to(address)

    async def results(self, person: str = "rosa-oviedo") -> dict[str, Any]:
        """The results list of the edition."""
        listed = await self(person, "GET", f"/v1/editions/{self.course.edition.id}/results")
        assert listed.status_code == 200, listed.text
        found: dict[str, Any] = listed.json()
        return found

    async def record(self, path: str, grade: str = "8", *, if_match: str = '"0"') -> httpx.Response:
        """A teacher enters the same grade for everything."""
        return await self(
            "teo-oviedo", "PUT", f"{path}/result", json=graded(grade), if_match=if_match
        )

    async def confirm(self) -> httpx.Response:
        """The results confirmer stands for the list as it is."""
        body = {"results_hash": (await self.results())["results_hash"]}
        path = f"/v1/editions/{self.course.edition.id}/results/confirm"
        return await self("rosa-oviedo", "POST", path, json=body)


def graded(grade: str) -> dict[str, Any]:
    """The body that enters one grade for both assessments and overall."""
    grades = [
        {"assessment": code, "grade": grade, "assessed_on": "2027-02-20"} for code in ("A1", "A2")
    ]
    return {"grades": grades, "grade": grade}


@pytest.fixture
async def course_api(data_dir: Path) -> AsyncIterator[CourseApi]:
    """An edition in grading; demo people have their roles."""
    clock = StoryClock(datetime(2027, 3, 1, 9, tzinfo=UTC))
    with pytest.warns(UserWarning, match="development identity"):
        ports, store, queue = memory_ports(data_dir, clock=clock)
    await grant_demo_roles(ports)

    def bare(caller: Caller, action: str) -> MemoryCourseWork:
        return MemoryCourseWork(store, clock, caller, action)

    course = await Course(bare, clock).take_place()

    def work(caller: Caller, action: str) -> MemoryCourseWork:
        opened = bare(caller, action)
        opened.micro_credentials = OneMicroCredential(course.micro_credential)
        return opened

    ports = replace(ports, work=work, reading=lambda: work(SYSTEM, "read"))
    app = create_app(ports.settings, ports)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as http:
        api = CourseApi(ports, queue, http)
        api.course = course
        yield api
