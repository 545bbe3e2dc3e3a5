"""What was done to know who is assessed: from the teacher's word to the sealed credential."""

import json
from typing import Any
from uuid import UUID

import pytest

from app.running import run_job
from tests.api.results_api import CourseApi, graded
from tests.api.results_api import course_api as course_api  # a fixture

CHECKS = [
    ({"check": "institutional_login", "supervised": False}, "Unsupervised with ID Verification"),
    ({"check": "document_seen", "supervised": True}, "Supervised with ID Verification"),
    ({"check": "none", "supervised": True}, "Supervised without ID Verification"),
    ({"check": "email_link", "supervised": False}, "Unsupervised without ID Verification"),
]


async def sealed(api: CourseApi, path: str) -> dict[str, Any]:
    """The credential of the one who has passed, from the confirmer's word to the seal."""
    await api.confirm()
    seen = await api("learner-1", "GET", f"{path}/result")
    await api("learner-1", "POST", f"{path}/result/accept", if_match=seen.headers["etag"])
    stated = await api(
        "learner-1",
        "PUT",
        f"{path}/credential-data",
        json={"full_name": "Ana Núñez", "birth_date": "1990-05-17"},
        if_match='"0"',
    )
    assert stated.status_code == 200, stated.text
    edition = api.course.edition.id
    prepared = await api("ines-oviedo", "POST", f"/v1/editions/{edition}/issuing-batches")
    assert prepared.status_code == 201, prepared.text
    batch = f"/v1/issuing-batches/{prepared.json()['id']}"
    approved = await api("ivan-oviedo", "POST", f"{batch}/approve", if_match='"1"')
    await run_job(UUID(approved.json()["job"]), api.ports)
    [item] = (await api("ines-oviedo", "GET", batch)).json()["items"]
    document = await api("learner-1", "GET", f"/v1/credentials/{item['credential']}/document")
    assert document.status_code == 200, document.text
    found: dict[str, Any] = json.loads(document.json()["payload"])
    return found


@pytest.mark.parametrize(("identity", "label"), CHECKS)
async def test_the_credential_says_of_identity_what_the_accepted_result_says(
    course_api: CourseApi, identity: dict[str, Any], label: str
) -> None:
    api = course_api
    # The course was approved as unsupervised and without any check of identity.
    planned = api.course.micro_credential.specification.academic.id_verification
    assert planned is not None
    assert planned.label["en"] == "Unsupervised without ID Verification"
    path = await api.learner("learner-1")
    body = graded("8")
    for grade in body["grades"]:
        grade["identity"] = identity
    await api("teo-oviedo", "PUT", f"{path}/result", json=body, if_match='"0"')
    result = (await api("learner-1", "GET", f"{path}/result")).json()
    said = [grade["id_verification"]["uri"] for grade in result["grades"]]
    assert [grade["id_verification"]["label"]["en"] for grade in result["grades"]] == [label] * 2
    credential = await sealed(api, path)
    overall = credential["credentialSubject"]["hasClaim"]["provenBy"]
    assert [part["idVerification"]["id"] for part in overall["hasPart"]] == said
    assert overall["idVerification"]["prefLabel"]["en"] == label


async def test_of_the_whole_the_credential_says_what_holds_for_every_assessment(
    course_api: CourseApi,
) -> None:
    path = await course_api.learner("learner-1")
    body = graded("8")
    body["grades"][0]["identity"] = {"check": "document_seen", "supervised": True}
    body["grades"][1]["identity"] = {"check": "institutional_login", "supervised": False}
    await course_api("teo-oviedo", "PUT", f"{path}/result", json=body, if_match='"0"')
    credential = await sealed(course_api, path)
    overall = credential["credentialSubject"]["hasClaim"]["provenBy"]
    assert [part["idVerification"]["prefLabel"]["en"] for part in overall["hasPart"]] == [
        "Supervised with ID Verification",
        "Unsupervised with ID Verification",
    ]
    assert overall["idVerification"]["prefLabel"]["en"] == "Unsupervised with ID Verification"
