"""Step three of the journey with the generated Python client: `… ADDRESS TOKENS PROPOSAL WORKBOOK`.

An edition is planned and opened, two people register, and an export of Microsoft Forms is imported.
Written as an integrator would write it: with the client's own functions and models alone.
"""

import json
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from ingenium_micro_credentials_client import AuthenticatedClient, models
from ingenium_micro_credentials_client.api.editions import (
    create_edition,
    get_edition,
    get_places,
    open_edition,
)
from ingenium_micro_credentials_client.api.imports import (
    get_import,
    import_registrations,
    map_form,
)
from ingenium_micro_credentials_client.api.jobs import get_job
from ingenium_micro_credentials_client.api.registrations import register
from ingenium_micro_credentials_client.types import File


def said(answer: Any) -> Any:
    """What was answered; a problem ends the program with its sentence."""
    if isinstance(answer, models.Problem):
        raise SystemExit(json.dumps(answer.to_dict()))
    return answer


def finished(job: UUID, client: AuthenticatedClient) -> Any:
    """Wait for a job."""
    for _ in range(300):
        found = said(get_job.sync(job, client=client))
        if found.state.value in ("succeeded", "failed", "cancelled"):
            return found
        time.sleep(0.2)
    raise SystemExit("the job did not end")


def main(address: str, tokens: dict[str, str], proposal: UUID, workbook: Path) -> None:
    def of(person: str) -> AuthenticatedClient:
        return AuthenticatedClient(base_url=address, token=tokens[person], timeout=60)

    ana, elena = of("ana-oviedo"), of("elena-oviedo")
    now = datetime.now(UTC)
    planned = said(
        create_edition.sync(
            client=ana,
            body=models.EditionIn(
                proposal=proposal,
                start=now.date() + timedelta(days=20),
                end=now.date() + timedelta(days=60),
                time_zone="Europe/Madrid",
                registration_opens=now - timedelta(days=10),
                registration_closes=now + timedelta(days=2),
            ),
        )
    )
    seen = get_edition.sync_detailed(planned.id, client=ana)
    # Its window has begun, so that the timer may open it at the same moment: then this is refused.
    open_edition.sync(
        planned.id,
        client=ana,
        body=models.EditionReasonIn(reason="the client's own test"),
        if_match=seen.headers["etag"],
    )
    opened = said(get_edition.sync(planned.id, client=ana))
    if opened.state.value != "open":
        raise SystemExit(f"the edition is {opened.state.value}")
    states = []
    for person, institution in (("learner-1", "UNIOVI"), ("learner-2", "HKA")):
        made = said(
            register.sync(
                planned.id,
                client=of(person),
                body=models.RegistrationIn(
                    full_name=person,
                    email=f"{person}@example.org",
                    institution=institution,
                    privacy_notice=True,
                ),
            )
        )
        states.append((made.state.value, made.reason))
    questions = models.FormMappingInQuestions.from_dict(json.loads(sys.argv[5]))
    said(
        map_form.sync(
            planned.id,
            "form-1",
            client=elena,
            body=models.FormMappingIn(time_zone="Europe/Madrid", questions=questions),
        )
    )
    with workbook.open("rb") as file:
        started = said(
            import_registrations.sync(
                planned.id,
                client=elena,
                body=models.ImportRegistrationsForm(
                    form="form-1", file=File(payload=file, file_name=workbook.name)
                ),
                dry_run=True,
            )
        )
    finished(started.job, elena)
    dry = said(get_import.sync(started.import_id, client=elena))
    commit = said(import_registrations.sync(planned.id, client=elena, plan_token=dry.plan_token))
    state = finished(commit.job, elena).state.value
    places = said(get_places.sync(planned.id, client=elena))
    print(
        json.dumps(
            {
                "states": states,
                "verdicts": dry.verdicts.to_dict(),
                "commit": state,
                "placed": places.placed,
            }
        )
    )


if __name__ == "__main__":
    main(sys.argv[1], json.loads(sys.argv[2]), UUID(sys.argv[3]), Path(sys.argv[4]))
