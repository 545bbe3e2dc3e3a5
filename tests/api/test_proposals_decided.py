"""From submission to publication over HTTP, as in steps one and two of the journey."""

import base64
from typing import Any

import pytest

from app.demo.content import FRAMEWORK
from tests.api.conftest import Api
from tests.api.proposal_steps import REVIEWERS, SIGNATORIES, Steps


@pytest.fixture
async def steps(api: Api) -> Steps:
    return Steps(api)


async def test_an_empty_draft_is_refused_with_a_pointer_to_every_missing_field(
    steps: Steps,
) -> None:
    await steps.create()
    refused = await steps.submit()
    assert (refused.status_code, refused.json()["code"]) == (409, "proposal_incomplete")
    missing = {e["pointer"] for e in refused.json()["errors"] if e["code"] == "required"}
    assert missing == {
        "/general/summary_public/en",
        "/general/planned_start",
        "/general/planned_end",
        "/general/places",
        "/general/registration_window",
        "/general/contact_email",
        "/academic/title/en",
        "/academic/title/es",
        "/academic/title/de",
        "/academic/title/it",
        "/academic/description/en",
        "/academic/learning_setting",
        "/academic/mode",
        "/academic/languages_teaching",
        "/academic/issuer",
        "/academic/eqf_level",
        "/academic/isced_f",
        "/academic/ects",
        "/academic/hours_per_ects",
        "/academic/workload_hours",
        "/academic/workload_parts",
        "/academic/stackability",
        "/academic/partial_qualification",
        "/academic/display_languages",
        "/academic/primary_language",
        "/academic/assessments",
        "/academic/grading_scheme",
        "/academic/id_verification",
        "/academic/qa_types",
        "/academic/qa_records",
        "/rights/has_rights",
    }
    checked = (await steps.get(path="/findings")).json()
    assert checked["complete"] is False
    assert [(f["pointer"], f["code"]) for f in checked["findings"]] == [
        (e["pointer"], e["code"]) for e in refused.json()["errors"]
    ]


async def test_the_skill_names_of_the_page_block_until_each_is_decided(steps: Steps) -> None:
    await steps.create()
    await steps.write()
    refused = await steps.submit()
    undecided = [(e["params"]["wording"], e["params"]["status"]) for e in refused.json()["errors"]]
    assert {e["code"] for e in refused.json()["errors"]} == {"esco_undecided"}
    assert undecided == [
        ("apply system organisational policies", "exact"),
        ("ensure ongoing compliance with regulations", "exact"),
        ("documenting and recording information", "group"),
        ("assess project resource needs", "exact"),
        ("apply quality standards", "alt_label"),
        ("use online tools to collaborate", "exact"),
        ("use ICT resources to solve work related tasks", "exact"),
        ("digital communication and collaboration", "exact"),
        ("linking learning outcomes of qualifications with ESCO skills", "not_found"),
        ("evaluate data", "not_found"),
        ("work in teams", "exact"),
        ("use online tools to collaborate", "exact"),
        ("apply system organisational policies", "exact"),
    ]
    assert len(FRAMEWORK.decisions) == len(undecided)
    await steps.decide_skills()
    assert (await steps.get(path="/findings")).json() == {"complete": True, "findings": []}


async def test_a_group_of_skills_cannot_be_linked(steps: Steps) -> None:
    await steps.create()
    await steps.write()
    tag = (await steps.get(path="/sections/academic")).headers["ETag"]
    body = {
        "outcome": "LO2",
        "wording": "documenting and recording information",
        "decision": "linked",
        "uri": "http://data.europa.eu/esco/skill/1034004c-0347-4765-8794-b65d2c92b379",
    }
    refused = await steps.post("ana-oviedo", "/skill-decisions", body, if_match=tag)
    assert refused.status_code == 422
    assert [(e["pointer"], e["code"]) for e in refused.json()["errors"]] == [("/uri", "esco_group")]
    stale = await steps.post("ana-oviedo", "/skill-decisions", body, if_match='"1"')
    assert (stale.status_code, stale.headers["ETag"]) == (412, tag)


async def test_a_dry_run_of_submitting_changes_nothing(steps: Steps) -> None:
    await steps.create()
    await steps.write()
    await steps.decide_skills()
    tag = await steps.etag()
    would_be = await steps.post("ana-oviedo", "/submit?dry_run=true", if_match=tag)
    assert (would_be.status_code, would_be.json()["state"]) == (200, "consent_pending")
    assert (await steps.get()).json()["state"] == "draft"
    assert await steps.etag() == tag


async def test_an_edit_of_a_certified_field_voids_consents_while_another_does_not(
    steps: Steps,
) -> None:
    await steps.create()
    await steps.write()
    await steps.decide_skills()
    await steps.submit()
    assert (await steps.consent("HKA", "stefan-karlsruhe")).status_code == 200

    edited = await steps.patch("general", {"places": 60})
    assert edited.status_code == 200
    assert (await steps.get()).json()["state"] == "draft"
    again = await steps.submit()
    assert again.json()["consents_missing"] == ["UNIOVI", "UDA"]

    await steps.patch("academic", {"description": {"en": "Described in other words."}})
    again = await steps.submit()
    assert again.json()["consents_missing"] == ["UNIOVI", "HKA", "UDA"]
    consents = (await steps.get(path="/consents")).json()
    assert [(c["institution"], c["current"]) for c in consents["items"]] == [("HKA", False)]


async def test_a_consent_to_what_was_certified_before_is_refused_like_a_stale_edit(
    steps: Steps,
) -> None:
    await steps.to_submitted()
    other = Steps(steps.api)
    await other.create()
    await other.write()
    await other.decide_skills()
    await other.submit()
    old = await other.hash()
    await other.patch("academic", {"cycle": None})
    await other.submit()
    body = {"institution": "HKA", "certified_hash": old, "decision": "consent"}
    refused = await other.post("stefan-karlsruhe", "/consents", body)
    assert (refused.status_code, refused.json()["code"]) == (412, "certified_content_changed")
    assert refused.headers["ETag"] == await other.etag()


async def test_a_refusal_returns_it_with_the_reason_in_its_history(steps: Steps) -> None:
    await steps.create()
    await steps.write()
    await steps.decide_skills()
    await steps.submit()
    body: dict[str, Any] = {
        "institution": "UDA",
        "certified_hash": await steps.hash(),
        "decision": "refuse",
    }
    unexplained = await steps.post("silvia-chieti", "/consents", body)
    assert [e["pointer"] for e in unexplained.json()["errors"]] == ["/reason"]
    foreign = await steps.post("stefan-karlsruhe", "/consents", {**body, "reason": "No."})
    assert (foreign.status_code, foreign.json()["code"]) == (403, "not_for_that_institution")
    refused = await steps.post("silvia-chieti", "/consents", {**body, "reason": "Too long."})
    assert refused.json()["state"] == "draft"
    last = (await steps.get(path="/history")).json()["items"][-1]
    assert (last["institution"], last["decision"], last["note"]) == ("UDA", "refuse", "Too long.")


async def test_the_whole_way_to_publication(steps: Steps) -> None:
    await steps.to_published()
    found = (await steps.get()).json()
    assert found["state"] == "published"
    assert found["decision"]["decision"] == "approve"
    assert found["decision"]["certified_hash"] == found["certified_hash"]
    assert found["allowed_actions"] == ["record_past_edition"]

    public = await steps.api("learner-1", "GET", "/v1/micro-credentials")
    (item,) = public.json()["items"]
    assert item["code"] == found["code"]
    assert item["specification"]["academic"]["eqf_level"]["label"]["en"] == "Level 6"
    one = await steps.api("learner-1", "GET", f"/v1/micro-credentials/{item['proposal']}")
    assert one.json() == item
    assert (await steps.get("learner-1")).status_code == 404

    told = [entry["action"] for entry in (await steps.get(path="/history")).json()["items"]]
    assert told == [
        "create_proposal",
        *["edit_proposal_section"] * 3,
        *["decide_skill"] * len(FRAMEWORK.decisions),
        "submit_proposal",
        *["give_consent"] * len(SIGNATORIES),
        "begin_validation",
        *["validate_proposal"] * 3,
        *["review_proposal"] * len(REVIEWERS),
        "conclude_review",
        "publish_proposal",
    ]


async def test_reviewers_come_from_outside_and_nobody_reviews_the_own_proposal(
    steps: Steps,
) -> None:
    await steps.to_submitted()
    assert (await steps.get("rea-crete")).status_code == 404
    await steps.validate()
    assert (await steps.get("rea-crete")).json()["allowed_actions"] == ["review_proposal"]
    for insider in ("ana-oviedo", "quim-oviedo", "petra-chair"):
        assert (await steps.review(insider)).status_code == 403
    conflicted = await steps.review("rea-crete", no_conflict=False)
    assert (conflicted.status_code, conflicted.json()["code"]) == (422, "conflict_of_interest")
    assert (await steps.review("rea-crete")).status_code == 200
    twice = await steps.review("rea-crete")
    assert (twice.status_code, twice.json()["code"]) == (409, "already_decided")
    early = await steps.conclude()
    assert (early.status_code, early.json()["code"]) == (409, "reviews_missing")


async def test_who_reviewed_and_what_they_wrote_stays_hidden_while_the_review_goes_on(
    steps: Steps,
) -> None:
    await steps.to_submitted()
    await steps.validate()
    for reviewer in REVIEWERS:
        await steps.review(reviewer)
    assert (await steps.get()).json()["reviews"] == []
    assert len((await steps.get("petra-chair")).json()["reviews"]) == 3
    await steps.conclude()
    shown = (await steps.get()).json()["reviews"]
    assert [(r["student"], r["recommendation"]) for r in shown] == [
        (False, "approve"),
        (False, "approve"),
        (True, "approve"),
    ]
    history = (await steps.get(path="/history")).json()["items"]
    assert {e["actor"] for e in history if e["action"] == "review_proposal"} == {"reviewer"}


async def test_what_is_frozen_cannot_be_edited_and_says_what_it_is(steps: Steps) -> None:
    await steps.to_submitted()
    refused = await steps.patch("general", {"places": 60})
    assert (refused.status_code, refused.json()["code"]) == (409, "proposal_frozen")
    section = (await steps.get(path="/sections/general")).json()
    assert section["allowed_actions"] == []


async def test_a_step_that_the_state_does_not_allow_is_refused_with_what_it_does(
    steps: Steps,
) -> None:
    await steps.create()
    refused = await steps.publish()
    assert (refused.status_code, refused.json()["code"]) == (409, "proposal_state")
    assert "consent_pending, withdrawn" in refused.json()["detail"]
    body = {"reason": "No funding."}
    withdrawn = await steps.post(
        "ana-oviedo", "/withdraw", body, if_match=await steps.etag()
    )  # fmt: skip
    assert (withdrawn.json()["state"], withdrawn.json()["allowed_actions"]) == ("withdrawn", [])


async def test_the_office_sets_a_deadline_of_its_own_that_lies_ahead(steps: Steps) -> None:
    await steps.to_submitted()
    tag = await steps.etag()
    past = await steps.post("olga-office", "/begin-validation", {"due": "2001-01-01"}, if_match=tag)
    assert [e["pointer"] for e in past.json()["errors"]] == ["/due"]
    begun = await steps.post(
        "olga-office", "/begin-validation", {"due": "2999-01-01"}, if_match=tag
    )
    assert begun.json()["validation_due"] == "2999-01-01"
    assert begun.json()["validations_awaited"] == ["UNIOVI", "HKA", "UDA"]


async def test_the_same_key_gives_the_same_answer_and_makes_one_proposal(api: Api) -> None:
    body = dict(FRAMEWORK.create)
    first, second = [
        await api("ana-oviedo", "POST", "/v1/proposals", json=body, idempotency_key="a")
        for _ in range(2)
    ]
    assert first.json() == second.json()
    assert len((await api("ana-oviedo", "GET", "/v1/proposals")).json()["items"]) == 1


async def test_a_preview_shows_the_credential_of_nobody_in_every_display_language(
    steps: Steps,
) -> None:
    await steps.create()
    early = await steps.get(path="/credential-preview")
    assert (early.status_code, early.json()["code"]) == (409, "proposal_incomplete")
    assert all(
        e["pointer"].startswith(("/academic", "/rights", "/general/summary"))
        for e in early.json()["errors"]
    )
    await steps.write()
    await steps.decide_skills()
    shown = (await steps.get(path="/credential-preview")).json()
    assert shown["preview"] is True
    subject = shown["document"]["credentialSubject"]
    assert "PREVIEW" in subject["fullName"]["en"]
    assert "proof" not in shown["document"]
    assert [image["language"] for image in shown["images"]] == ["en", "es"]
    for image in shown["images"]:
        assert base64.b64decode(image["content"]).startswith(b"\x89PNG")
    assert shown["findings"] == []
