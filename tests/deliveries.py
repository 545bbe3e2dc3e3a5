"""Responses as the Power Automate connector gives them, and how a flow signs and sends them."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from app.adapters.forms.names import CldrNames
from app.adapters.forms.secrets import DerivedSecrets
from app.domain.enrolment.edition import Edition
from app.domain.enrolment.forms.live import DeliveredResponse
from app.domain.enrolment.forms.mapping import Answer
from app.domain.enrolment.forms.signing import signature
from app.domain.enrolment.planning import Tools
from app.domain.enrolment.use_cases.deliveries import Answered, import_responses
from app.domain.enrolment.use_cases.form_secrets import create_form_secret
from app.domain.enrolment.use_cases.imports import map_form
from tests.enrolment_builders import LIKENESS, OpenWork, officer
from tests.enrolment_imports import FORM, at_once
from tests.forms_workbooks import Row, mapping_questions
from tests.memory_ports import StoryClock

NAME = "r5caae6a11afb406a8e77e0b242fb4cab"
EMAIL = "rca68d3a0ad2b45c397fd0523414426b5"
INSTITUTION = "r1da539bd1a494208849da87ee257c128"
COUNTRY = "r8718cecca56b4ed692e9042452d04195"
BY_ID = {NAME: "full_name", EMAIL: "email", INSTITUTION: "institution", COUNTRY: "country"}
BOTH = {**mapping_questions("en"), **BY_ID}
"""One mapping for exports and for deliveries of one form."""
BOOK = DerivedSecrets("only for tests")


def american(at: datetime) -> str:
    """A time as the connector writes it: `7/28/2026 3:23:34 PM`, UTC."""
    at = at.astimezone(UTC)
    hour = at.hour % 12 or 12
    half = "PM" if at.hour >= 12 else "AM"
    return f"{at.month}/{at.day}/{at.year} {hour}:{at:%M:%S} {half}"


def raw(row: Row) -> dict[str, str | None]:
    """The connector's response for a row of a workbook, as it was first sent."""
    return {
        "responder": "anonymous",
        "submitDate": None if row.at is None else american(row.at),
        NAME: row.name,
        EMAIL: row.email,
        # A choice, and so a list.
        INSTITUTION: json.dumps([row.institution]) if row.institution else None,
        COUNTRY: row.country,
    }


def delivered(row: Row) -> DeliveredResponse:
    """The response of a row as a delivery brings it."""
    return DeliveredResponse(int(row.number), raw(row))


def body_of(rows: Sequence[Row]) -> bytes:
    """The body of a delivery: a single response by itself, several as a list."""
    listed = [{"response_id": row.number, "raw": raw(row)} for row in rows]
    content: Any = listed[0] if len(listed) == 1 else {"responses": listed}
    return json.dumps({"form_id": FORM, **content}).encode()


def signed(secret: str, body: bytes, now: datetime, name: str = "msg-1") -> dict[str, str]:
    """The headers with which a flow sends a body."""
    timestamp = str(int(now.timestamp()))
    return {
        "Content-Type": "application/json",
        "Webhook-Id": name,
        "Webhook-Timestamp": timestamp,
        "Webhook-Signature": signature(secret, name, timestamp, body),
    }


class Flow:
    """The flow of one form, which delivers to one edition."""

    def __init__(self, work: OpenWork, clock: StoryClock, edition: Edition) -> None:
        self.work = work
        self.clock = clock
        self.edition = edition
        self.secret: UUID | None = None
        self.tools = Tools(None, CldrNames(), LIKENESS, at_once)  # type: ignore[arg-type]  # no file

    async def map(self, form: str = FORM) -> None:
        """Say how the form is read, by titles and by ids."""
        await map_form(
            self.edition.id, form, "Europe/Madrid",
            {key: Answer(means) for key, means in BOTH.items()},
            work=self.work(), caller=officer(), clock=self.clock,
        )  # fmt: skip

    async def delivers(self, *rows: Row, form: str = FORM) -> list[Answered]:
        """One delivery; what it is answered."""
        if self.secret is None:
            made, _ = await create_form_secret(
                self.edition.id, form, self.clock.now() - self.clock.now(), book=BOOK,
                work=self.work(), caller=officer(), clock=self.clock,
            )  # fmt: skip
            self.secret = made.id
        return await import_responses(
            self.edition.id, form, [delivered(row) for row in rows], body_of(rows),
            secret=self.secret, work=self.work(), tools=self.tools, clock=self.clock,
        )  # fmt: skip


def told(answers: Sequence[Answered]) -> list[str]:
    """Verdict and reason of each."""
    return [
        " ".join(filter(None, (one.verdict.verdict.value, one.verdict.reason))) for one in answers
    ]
