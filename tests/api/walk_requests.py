"""For every operation one request that would succeed, and the stage of the story where it would."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from app.domain.access.permissions import At
from tests.api.walk_people import (
    ANY_JOB,
    BATCH,
    BY_LINK,
    CREDENTIAL,
    DATA,
    EDITION,
    GRANT,
    IMPORT,
    NOTHING,
    OTHER_LINK,
    PLACES,
    PROPOSAL,
    REGISTRATION,
    RESULT,
    REVIEWED_PROPOSAL,
    WALLET,
    Person,
    Thing,
)
from tests.api.walk_story import HOME, LEAD, Story, person

Body = Callable[[Story, Person], Any]
PATCH = "application/merge-patch+json"


@dataclass(frozen=True)
class Ask:
    """How to ask for one operation."""

    stage: str = "published"
    thing: Thing = NOTHING
    json: Body | None = None
    version: tuple[str, str] | None = None
    """Who sees the current ETag, and where; placeholders as in the operation's path."""
    query: str = ""
    path: Mapping[str, str] = field(default_factory=dict)
    """Values of path parameters that are no things of the story."""
    more: Callable[[Story], Mapping[str, Any]] = lambda story: {}
    also: tuple[tuple[str, Thing], ...] = ()
    """Other stages at which the answers differ."""
    is_empty: bool = False
    """Whether there is none, so that everybody who may look is told so."""


def said(**body: Any) -> Body:
    """The same body whoever asks."""
    return lambda story, asker: body


def _own(asker: Person) -> str:
    return asker.institution or LEAD


ANA, OLGA, ELENA, ROSA = "ana-oviedo", "olga-office", "elena-oviedo", "rosa-oviedo"
_PROPOSAL = "/v1/proposals/{proposal}"
_EDITION = "/v1/editions/{edition}"
_RESULT = "/v1/registrations/{registration}/result"
_READ = Ask("draft", PROPOSAL, also=(("review", REVIEWED_PROPOSAL),))


def _moves(stage: str, *, body: Body | None = None, **more: Any) -> Ask:
    return Ask(stage, EDITION, body, (ELENA, _EDITION), **more)


def _on_registration(stage: str, body: Body | None = None) -> Ask:
    return Ask(stage, REGISTRATION, body, (ELENA, "/v1/registrations/{registration}"))


def _decides(stage: str, thing: Thing, body: Body | None = None) -> Ask:
    return Ask(stage, thing, body, (OLGA, _PROPOSAL))


def _bound(**body: Any) -> Body:
    """A body that names the hash that is decided on, and the institution of the one who asks."""
    return lambda story, asker: (
        {"certified_hash": story.hash}
        | {"institution": _own(asker)}
        | {key: value for key, value in body.items() if value is not None}
    )


def _review(story: Story, asker: Person) -> Any:
    return {
        "no_conflict": True, "recommendation": "approve", "comment": "Fits together.",
        "certified_hash": story.hash,
    }  # fmt: skip


def _edition(story: Story, asker: Person) -> Any:
    now = story.api.ports.clock.now()
    day = now.date().replace(year=now.year + 1)
    return {
        "proposal": story.things["proposal"], "start": str(day), "end": str(day),
        "time_zone": "Europe/Madrid", "registration_opens": now.isoformat(),
        "registration_closes": now.replace(year=now.year + 1, hour=0, minute=0).isoformat(),
    }  # fmt: skip


def _grant(story: Story, asker: Person) -> Any:
    subject = {"issuer": "https://login.example.org", "subject": "somebody"}
    return {"subject": subject, "role": "teacher", "institution": LEAD}


ON_PROPOSALS: dict[str, Ask] = {
    "create_proposal": Ask(
        "draft",
        Thing(at=PROPOSAL.at),
        said(working_title={"en": "Another one"}, model="joint", lead_institution=LEAD),
    ),
    "list_proposals": Ask("draft"),
    "get_proposal": _READ,
    "get_proposal_section": Ask("draft", PROPOSAL, path={"section": "academic"}, also=_READ.also),
    "get_proposal_history": _READ,
    "list_consents": _READ,
    "check_proposal": _READ,
    "preview_credential": _READ,
    "edit_proposal_section": Ask(
        "draft",
        PROPOSAL,
        said(min_participants=9),
        (ANA, f"{_PROPOSAL}/sections/general"),
        path={"section": "general"},
        more=lambda story: {"headers": {"Content-Type": PATCH}},
        also=_READ.also,
    ),
    "decide_skill": Ask(
        "draft",
        PROPOSAL,
        said(outcome="LO4", wording="evaluate data", decision="own_wording", reason="Ours."),
        (ANA, f"{_PROPOSAL}/sections/academic"),
    ),
    "record_past_edition": Ask(
        "draft", PROPOSAL, said(start="2025-05-10", end="2025-06-30", places=20)
    ),
    "submit_proposal": _decides("draft", PROPOSAL),
    "withdraw_proposal": _decides("draft", PROPOSAL, said(reason="A full course instead.")),
    "give_consent": Ask("consent", PROPOSAL, _bound(decision="consent")),
    "begin_validation": _decides("submitted", PROPOSAL, said()),
    "validate_proposal": Ask("validation", PROPOSAL, _bound(decision="positive")),
    "review_proposal": Ask("review", REVIEWED_PROPOSAL, _review, also=(("draft", PROPOSAL),)),
    "conclude_review": _decides(
        "reviewed", REVIEWED_PROPOSAL, said(decision="approve", reason="All recommend it.")
    ),
    "publish_proposal": _decides("approved", REVIEWED_PROPOSAL),
    "retire_proposal": _decides("published", REVIEWED_PROPOSAL, said(reason="It is out of date.")),
    "list_micro_credentials": Ask(),
    "get_micro_credential": Ask(),
}

ON_ENROLMENT: dict[str, Ask] = {
    "list_editions": Ask("open"),
    "get_edition": Ask("open", EDITION),
    "get_availability": Ask("open", EDITION),
    "create_edition": Ask("published", Thing(at=PROPOSAL.at), _edition),
    "edit_edition": _moves("open", body=said(places=60, reason="A larger room.")),
    "open_edition": _moves("planned", body=said(reason="Early.")),
    "close_edition": _moves("open", body=said(reason="Enough.")),
    "publish_list": _moves("open", body=said(leave_undecided=True, reason="Early.")),
    "start_edition": _moves("listed", body=said(reason="Early.")),
    "begin_grading": _moves("running", body=said(reason="Early.")),
    "cancel_edition": _moves("open", body=said(reason="Too few.")),
    "finish_edition": _moves("sealed", body=said(reason="The rest is on paper.")),
    "archive_edition": _moves("finished"),
    "preview_caps": Ask("open", EDITION, said(places=60)),
    "release_reserve": _moves("open", body=said(scope="institution:XAMK", reason="Not needed.")),
    "lift_caps": _moves("open", body=said(reason="Places are left unused.")),
    "stop_promotion": _moves("open", body=said(reason="Rooms are booked.")),
    "get_places": Ask("open", EDITION),
    "list_places": Ask("open", path={"code": LEAD}),
    "get_standing": Ask("open", EDITION),
    "list_decisions": Ask("listed", EDITION),
    "replay_decisions": Ask("listed", EDITION),
    "register": Ask(
        "open",
        EDITION,
        lambda story, asker: person(asker.token_of or "learner-1", asker.institution or HOME),
    ),
    "list_registrations": Ask("open", EDITION),
    "get_registration": Ask("open", REGISTRATION),
    "cancel_registration": Ask(
        "open",
        REGISTRATION,
        said(reason="cannot come"),
        (ELENA, "/v1/registrations/{registration}"),
    ),
    "edit_registration": _on_registration("open", said(country="SE")),
    "record_no_show": _on_registration("running", said(reason="Was not there.")),
    "confirm_affiliation": _on_registration("open"),
    "contest_affiliation": _on_registration("open", said(reason="Not one of ours.")),
    "confirm_affiliations": Ask(
        "open",
        Thing("get_edition", {**EDITION.at, At.HOME: PLACES}),
        lambda story, asker: {"institution": _own(asker)},
    ),
    "decide_contest": _on_registration("contested", said(upheld=False, reason="A letter.")),
    "list_undecided": Ask("open", EDITION),
    "decide_registration": Ask(
        "open",
        Thing("get_registration", EDITION.at, (OTHER_LINK,)),
        said(ruling="admit", institution=LEAD),
        (ELENA, "/v1/registrations/{undecided}"),
        path={"registration": "{undecided}"},
    ),
    "list_my_registrations": Ask("open"),
    "map_form": Ask(
        "open",
        EDITION,
        said(time_zone="Europe/Madrid", questions={"Institution": "institution"}),
        path={"form": "another"},
    ),
    "list_forms": Ask("imported", EDITION),
    "import_registrations": Ask(
        "planned_import",
        EDITION,
        query="?dry_run=true",
        more=lambda story: story.upload(),
        also=(("imported", EDITION),),
    ),
    "take_back_import": Ask("imported", IMPORT),
    "list_imports": Ask("imported", EDITION),
    "list_responses": Ask("imported", EDITION),
    "create_form_secret": Ask("imported", EDITION, said(keep_hours=1)),
    "list_form_secrets": Ask("imported", EDITION),
    "end_form_secret": Ask("imported", EDITION),
    "import_responses": Ask("imported", more=lambda story: story.delivery()),
    "get_import": Ask("planned_import", IMPORT),
    "list_import_rows": Ask("imported", IMPORT),
}

ON_RESULTS: dict[str, Ask] = {
    "list_results": Ask("recorded", EDITION),
    "import_results": Ask(
        "grading",
        EDITION,
        more=lambda story: {
            "files": {
                "file": ("r.csv", f"registration\n{story.things['registration']}\n", "text/csv")
            }
        },
    ),
    "confirm_results": Ask(
        "answered", EDITION, lambda story, asker: {"results_hash": story.results_hash}
    ),
    "get_result": Ask("recorded", RESULT),
    "record_result": Ask(
        "grading", RESULT, lambda story, asker: story.grades(), ("teo-oviedo", _RESULT)
    ),
    "accept_result": Ask("recorded", RESULT, version=(ROSA, _RESULT)),
    "object_to_result": Ask("recorded", RESULT, said(reason="Look again."), (ROSA, _RESULT)),
    "decide_objection": Ask(
        "objected", RESULT, said(decision="upheld", answer="You are right."), (ROSA, _RESULT)
    ),
    "reopen_result": Ask(
        "confirmed", RESULT, said(reason="Two people were interchanged."), (ROSA, _RESULT)
    ),
    "get_credential_data": Ask("recorded", DATA),
    "get_wallet_choice": Ask("recorded", WALLET),
    # Nothing is connected in the walk, so that only the wish itself can be taken back.
    "edit_wallet_choice": Ask("recorded", WALLET, said(deposit=False)),
    "confirm_credential_data": Ask(
        "recorded",
        DATA,
        said(full_name="Learner One", birth_date="1999-04-23"),
        ("learner-1", "/v1/registrations/{registration}/credential-data"),
    ),
    "look_at_link": Ask("accepted"),
    "open_link": Ask("accepted"),
    "request_link": Ask(
        "accepted",
        json=lambda story, asker: {
            "edition": story.things["edition"],
            "email": "form-1@example.org",
        },
    ),
}

_BATCH = ("learner-9001", "/v1/issuing-batches/{batch}")
_SHARE = ("learner-1", "/v1/credentials/{credential}/shares/{share}")
_TOKEN = {"token": "{share_token}"}
_REASON = said(reason="The result was another one.")


def _changes(stage: str, body: Body | None = None) -> Ask:
    return Ask(stage, CREDENTIAL, body, ("learner-9002", "/v1/credentials/{credential}"))


_LOCAL = {"batch": "{local_batch}", "credential": "{to_sign}"}
_LOCAL_BATCH = ("learner-9001", "/v1/issuing-batches/{local_batch}")


ON_CREDENTIALS: dict[str, Ask] = {
    "list_awards": Ask("accepted", EDITION),
    "prepare_batch": Ask("accepted", EDITION),
    "list_batches": Ask("prepared"),
    "get_batch": Ask("prepared", BATCH),
    "approve_batch": Ask("prepared", BATCH, version=_BATCH),
    "cancel_batch": Ask("prepared", BATCH, version=_BATCH),
    "rerun_batch": Ask("batch_failed", BATCH, version=_BATCH),
    "get_local_sealing": Ask("to_sign", BATCH, path=_LOCAL),
    "renew_local_sealing": Ask("to_sign", BATCH, version=_LOCAL_BATCH, path=_LOCAL),
    "download_local_sealing": Ask("to_sign", BATCH, path=_LOCAL),
    "get_prepared_seal": Ask("to_sign", BATCH, path=_LOCAL),
    "download_signing_input": Ask("to_sign", BATCH, path=_LOCAL),
    "attach_seals": Ask(
        "to_sign", BATCH, lambda story, asker: {"signatures": story.signatures}, path=_LOCAL
    ),
    "attach_sealed_files": Ask(
        "to_sign",
        BATCH,
        more=lambda story: {"files": {"file": ("c.jsonld", story.sealed, "application/ld+json")}},
        path=_LOCAL,
    ),
    "export_unsigned_batch": Ask("prepared", BATCH),
    "export_unsigned_credential": Ask("accepted", EDITION),
    "get_credential_elmo": Ask("sealed", CREDENTIAL),
    "suspend_credential": _changes("sealed", _REASON),
    "propose_revocation": _changes("sealed", _REASON),
    "propose_reinstatement": _changes("suspended", _REASON),
    "confirm_credential_change": _changes("revocation_proposed"),
    "drop_credential_change": _changes("revocation_proposed"),
    "prepare_reissue": _changes("sealed", _REASON),
    "retry_delivery": Ask("sealed", CREDENTIAL, path={"channel": "email"}),
    "create_share": Ask("sealed", CREDENTIAL, said(recipient="The city council")),
    "publish_page": Ask("sealed", CREDENTIAL, said(consent=True)),
    "list_shares": Ask("shared", CREDENTIAL),
    "get_share": Ask("shared", CREDENTIAL),
    "edit_share": Ask(
        "shared",
        CREDENTIAL,
        lambda story, asker: {
            "expires_at": (story.api.ports.clock.now() + timedelta(days=5)).isoformat()
        },
        _SHARE,
    ),
    "revoke_share": Ask("shared", CREDENTIAL, version=_SHARE),
    "look_at_share": Ask("shared", path=_TOKEN),
    "open_share": Ask("shared", path=_TOKEN),
    "verify_share": Ask("shared", path=_TOKEN),
    "download_share": Ask("shared", path=_TOKEN),
    "download_share_pdf": Ask("shared", path=_TOKEN),
    "get_share_image": Ask("shared", path={**_TOKEN, "language": "en"}),
    "get_status_list": Ask("sealed"),
    "list_credentials": Ask("sealed"),
    "list_my_credentials": Ask("sealed"),
    "get_credential": Ask("sealed", CREDENTIAL),
    "download_credential": Ask("sealed", CREDENTIAL),
    "get_credential_pdf": Ask("sealed", CREDENTIAL),
    "get_credential_image": Ask("sealed", CREDENTIAL, path={"language": "en"}),
    "get_credential_status": Ask("sealed"),
    "verify_credential": Ask("sealed", json=said(type="nothing that was sealed")),
    "list_seals": Ask(),
    "get_seal_root": Ask("sealed", path={"institution": "HKA"}),
}

ON_PLATFORM: dict[str, Ask] = {
    "get_health": Ask(),
    "get_readiness": Ask(),
    "get_alliance": Ask(),
    "list_institutions": Ask(),
    "get_institution": Ask(path={"code": LEAD}),
    "get_me": Ask(),
    "get_permissions": Ask(),
    "list_demo_people": Ask(),
    "issue_development_token": Ask(json=said(person="ana-oviedo")),
    "list_grants": Ask(),
    "create_grant": Ask(json=_grant),
    "end_grant": Ask(thing=GRANT, json=said(reason="Has left.")),
    "list_audit_records": Ask(),
    "list_vocabularies": Ask(),
    "get_vocabulary": Ask(path={"name": "eqf"}),
    "resolve_skills": Ask(json=said(labels=["work in teams"])),
    "search_skills": Ask(query="?text=teams"),
    "get_skill": Ask(
        query="?uri=http://data.europa.eu/esco/skill/60c78287-22eb-4103-9c8c-28deaa460da0"
    ),
    "suggest_skills": Ask(json=said(sentences=["Learners work in a team."])),
    "list_skills_below": Ask(),
    "get_skills_in_use": Ask(),
    "list_esco_versions": Ask(),
    "list_link_changes": Ask(path={"version": "1.1.1"}),
    "search_occupations": Ask(query="?text=developer"),
    # The built-in part of ESCO has no occupations.
    "list_occupation_skills": Ask(
        query="?uri=http://data.europa.eu/esco/occupation/none", is_empty=True
    ),
    "get_retention": Ask(),
    "list_erasures": Ask("imported"),
    "erase_person": Ask(
        "open",
        json=lambda story, asker: {
            "registration": story.things["ended"],
            "reason": "At their request.",
        },
    ),
    "get_job": Ask("queued", ANY_JOB),
    "stream_job_events": Ask("imported", ANY_JOB),
    "cancel_job": Ask("queued", ANY_JOB),
    "resume_job": Ask("stopped", ANY_JOB),
}

ASKS: dict[str, Ask] = {
    **ON_PLATFORM,
    **ON_PROPOSALS,
    **ON_ENROLMENT,
    **ON_RESULTS,
    **ON_CREDENTIALS,
}

EXCEPTIONS: Mapping[tuple[str, Person], tuple[str, str]] = {
    ("register", BY_LINK): ("403", "account_needed"),
    ("register", OTHER_LINK): ("403", "account_needed"),
}
"""Refusals that are not about roles: who came by a link has no account to be registered with."""
