"""Retention as the alliance office and an auditor see it, and as an operator runs it."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from pydantic import ValidationError
from rich.console import Console

from app.adapters.mail.old_files import OldMailFiles
from app.domain.retention.rules import RULES, DataKind
from app.domain.retention.use_cases import begin_day, preview_retention
from app.reactions.results import teller_of
from app.retention_command import table_of
from app.settings import read_settings
from tests.api.enrolment_api import ELENA, EditionApi
from tests.api.enrolment_api import api as api  # a fixture

OLGA, AUD = "olga-office", "aud-auditor"


async def test_the_office_sees_what_is_due_erases_one_person_and_an_auditor_sees_when(
    api: EditionApi,
) -> None:
    path = await api.edition()
    registered = await api.registers(path, "learner-5")
    registration = f"/v1/registrations/{registered.json()['id']}"
    body = {"registration": registered.json()["id"], "reason": "At the person's request."}
    still = await api(OLGA, "POST", "/v1/erasures", json=body)
    assert (still.status_code, still.json()["code"]) == (409, "still_registered")
    await api.act("learner-5", registration, "cancel", reason="cannot come")
    tried = await api(OLGA, "POST", "/v1/erasures?dry_run=true", json=body)
    assert (tried.json()["dry_run"], tried.json()["counts"]["person"]) == (True, 1)
    assert (await api(OLGA, "GET", "/v1/erasures")).json()["items"] == []
    done = await api(OLGA, "POST", "/v1/erasures", json=body)
    assert (done.status_code, done.json()["counts"]) == (200, tried.json()["counts"])
    assert [one["what"].split(",")[0] for one in done.json()["kept"]] == [
        "rank", "answers kept for repeated requests",
    ]  # fmt: skip
    seen = (await api(ELENA, "GET", registration)).json()
    assert seen["person"]["full_name"] == ""
    (record,) = (await api(AUD, "GET", "/v1/erasures?kind=person")).json()["items"]
    assert (record["id"], record["counts"]) == (done.json()["erasure"], done.json()["counts"])
    assert "learner-5" not in str(record)
    # Nobody is written to who cannot be reached, and nothing waits for that.
    teller = await teller_of(api.ports)
    written = await teller.tell("place_given", UUID(body["registration"]), "place-again")
    assert written is False
    rules = (await api(AUD, "GET", "/v1/retention")).json()["items"]
    assert [(one["kind"], one["days"]) for one in rules] == [
        (rule.kind.value, rule.days) for rule in RULES
    ]
    assert {key for one in rules for key in one["due"]} == set()
    for person, status in ((ELENA, 403), (None, 401)):
        assert (await api(person, "GET", "/v1/retention")).status_code == status


async def test_the_daily_job_erases_and_is_recorded(api: EditionApi) -> None:
    path = await api.edition()
    await api.registers(path, "learner-6", institution=None, organisation="Universidad Oviedo X")
    api.clock.move(datetime(2028, 6, 1, tzinfo=UTC) - api.clock.now())
    due = (await api(OLGA, "GET", "/v1/retention")).json()["items"]
    assert {one["kind"]: one["due"] for one in due if one["due"]} == {
        "not_placed": {"person": 1, "registration": 1},
    }
    assert await begin_day(
        open_work=lambda: api.ports.system_work("begin_erasing"), clock=api.clock
    )
    await api.drain()
    # The account was kept as long as it belonged to somebody who had registered.
    account, record = (await api(OLGA, "GET", "/v1/erasures")).json()["items"]
    assert (record["kind"], record["counts"], record["by"]) == (
        "not_placed", {"person": 1, "registration": 1}, "system",
    )  # fmt: skip
    assert (account["kind"], account["counts"], account["by"]) == (
        "accounts", {"account": 1}, "system",
    )  # fmt: skip
    rules = {one["kind"]: one for one in (await api(OLGA, "GET", "/v1/retention")).json()["items"]}
    assert rules["not_placed"]["last_erased_at"] == record["at"]


async def test_an_operator_reads_a_table_of_what_would_go(api: EditionApi) -> None:
    lines = await preview_retention(
        policy=api.ports.settings.retention, work=api.ports.reading(),
        mail=api.ports.mail_files, clock=api.clock,
    )  # fmt: skip
    console = Console(width=200, record=True)
    console.print(table_of(lines))
    shown = console.export_text()
    assert all(rule.kind.value in shown for rule in RULES)
    assert shown.count("kept") >= 2


async def test_old_files_of_mail_go_and_young_ones_stay(tmp_path: Path) -> None:
    now = datetime.now(UTC)
    for name, days in (("old", 31), ("young", 29)):
        path = tmp_path / f"{name}.eml"
        path.write_text("Dear learner")
        then = (now - timedelta(days=days)).timestamp()
        os.utime(path, (then, then))
    files = OldMailFiles(tmp_path)
    cutoff = now - timedelta(days=30)
    assert (await files.older(cutoff), await files.erase(cutoff), await files.older(cutoff)) == (
        1, 1, 0,
    )  # fmt: skip
    assert [path.name for path in tmp_path.iterdir()] == ["young.eml"]
    assert await OldMailFiles(tmp_path / "none").older(cutoff) == 0


def test_periods_are_settings() -> None:
    chosen = read_settings({"MC_RETENTION_DAYS": "results=3650 contact=never imports=0"}).retention
    assert (
        chosen.days[DataKind.RESULTS], chosen.days[DataKind.CONTACT], chosen.days[DataKind.IMPORTS]
    ) == (3650, None, 0)  # fmt: skip
    assert chosen.days[DataKind.NOT_PLACED] == 180
    for wrong in ("results=-1", "results=soon", "everything=1", "results=99999999"):
        with pytest.raises(ValidationError):
            read_settings({"MC_RETENTION_DAYS": wrong})
