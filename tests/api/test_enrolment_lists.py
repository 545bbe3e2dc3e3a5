"""Officers' mornings over HTTP: contests, caps, what is to be decided, and what people are told."""

import json
from datetime import timedelta
from typing import Any

import httpx
import pytest

from app.adapters.identity.local import ISSUER
from app.adapters.mail.memory import MemoryMailer
from tests.api.enrolment_api import ANA, ELENA, FORM, EditionApi, api, responses
from tests.forms_workbooks import Row, mapping_questions, workbook
from tests.memory_ports import session_of

__all__ = ["api"]

KARL = "learner-501"
"""Enrolment officer at Karlsruhe."""


async def officer_at(api: EditionApi, person: str, institution: str) -> None:
    made = await api(
        "olga-office", "POST", "/v1/grants",
        json={
            "subject": {"issuer": ISSUER, "subject": f"demo:{person}"},
            "role": "enrolment_officer", "institution": institution,
        },
    )  # fmt: skip
    assert made.status_code == 201, made.text


def mailbox(api: EditionApi, address: str) -> list[tuple[str, str]]:
    """Subjects and languages of what an address was sent, in order."""
    assert isinstance(api.ports.mailer, MemoryMailer)
    return [(message.subject, message.language) for message in api.ports.mailer.to(address)]


def code_of(answer: httpx.Response) -> tuple[int, Any]:
    return answer.status_code, answer.json().get("code")


async def by_session(
    api: EditionApi, registration: str, method: str, path: str, **more: Any
) -> httpx.Response:
    """As somebody who opened the link of a registration."""
    token = await session_of(api.ports, registration)
    headers = {"Authorization": f"Bearer {token}", **more.pop("headers", {})}
    return await api.http.request(method, path, headers=headers, **more)


async def test_an_institution_contests_and_the_editions_officer_upholds_it(
    api: EditionApi,
) -> None:
    await officer_at(api, KARL, "HKA")
    path = await api.edition(mode="direct", places=1)
    first = (await api.registers(path, "learner-1", institution="HKA", language="de")).json()
    await api.registers(path, "learner-2", institution="UDA", language="it")
    one = f"/v1/registrations/{first['id']}"
    assert first["affiliation"] == {"state": "stated", "said_at": None, "reason": None}
    seen = (await api(KARL, "GET", one)).json()
    assert seen["allowed_actions"] == [
        "cancel_registration", "confirm_affiliation", "contest_affiliation", "edit_registration",
    ]  # fmt: skip
    silent = await api(
        KARL, "POST", f"{one}/affiliation/contest", json={"reason": ""},
        if_match=await api.etag(one),
    )  # fmt: skip
    assert silent.status_code == 422
    etag = await api.etag(one)
    contested = await api(
        KARL, "POST", f"{one}/affiliation/contest", json={"reason": "Not ours."}, if_match=etag
    )
    assert (contested.json()["state"], contested.json()["affiliation"]["state"]) == (
        "placed", "contested",
    )  # fmt: skip
    await api.drain()
    waiting = (await api(ELENA, "GET", f"{path}/undecided")).json()["items"]
    assert [(w["registration"]["id"], w["questions"]) for w in waiting] == [
        (first["id"], ["affiliation_contested"]),
    ]
    refused = await api(
        KARL, "POST", f"{one}/affiliation/decide", json={"upheld": True, "reason": "Ours to say."},
        if_match=await api.etag(one),
    )  # fmt: skip
    assert code_of(refused) == (403, "not_allowed")
    decided = await api(
        ELENA, "POST", f"{one}/affiliation/decide", json={"upheld": True, "reason": "No letter."},
        if_match=await api.etag(one),
    )  # fmt: skip
    body = decided.json()
    assert (body["registration"]["state"], body["registration"]["reason"], body["promoted"]) == (
        "cancelled", "affiliation", 1,
    )  # fmt: skip
    await api.drain()
    assert await api.drain() == 0
    told = mailbox(api, "learner-1@example.org")
    assert [(subject.partition(":")[0], language) for subject, language in told] == [
        ("Sie haben einen Platz", "de"), ("Eine Frage zu Ihrer Einrichtung", "de"),
        ("Ihre Anmeldung ist beendet", "de"),
    ]  # fmt: skip
    assert [language for _, language in mailbox(api, "learner-2@example.org")] == ["it", "it"]
    replay = (await api(ELENA, "POST", f"{path}/replay")).json()
    assert (replay["agrees"], replay["erased"], replay["differences"]) == (True, 0, [])


NOBODY = "0192f3a1-5b7c-7d2e-9f4a-000000000000"


async def test_a_whole_list_is_confirmed_and_listed_by_what_was_said(api: EditionApi) -> None:
    await officer_at(api, KARL, "HKA")
    path = await api.edition()
    ids = [
        (await api.registers(path, f"learner-{n}", institution="HKA")).json()["id"]
        for n in range(1, 4)
    ]
    refused = await api(KARL, "POST", f"{path}/affiliations/confirm", json={"institution": "UDA"})
    assert code_of(refused) == (403, "not_allowed")
    done = await api(KARL, "POST", f"{path}/affiliations/confirm", json={"institution": "HKA"})
    nobody: dict[str, list[str]] = {
        "left": [], "confirmed_before": [], "contested": [], "decided": [], "not_on_list": [],
    }  # fmt: skip
    assert done.json() == {**nobody, "confirmed": ids}
    other = (await api.registers(path, "learner-4", institution="HKA")).json()["id"]
    await api.act(KARL, f"/v1/registrations/{other}", "affiliation/contest", reason="Not ours.")
    again = await api(
        KARL, "POST", f"{path}/affiliations/confirm",
        json={"institution": "HKA", "registrations": [ids[0], other, NOBODY]},
    )  # fmt: skip
    assert again.json() == {
        **nobody, "confirmed": [], "left": sorted([ids[0], other, NOBODY]),
        "confirmed_before": [ids[0]], "contested": [other], "not_on_list": [NOBODY],
    }  # fmt: skip
    listed = await api(KARL, "GET", f"{path}/registrations?affiliation=confirmed")
    assert [one["id"] for one in listed.json()["items"]] == ids
    assert [(one["position"], one["position_within"]) for one in listed.json()["items"]] == [
        (1, 1), (2, 2), (3, 3),
    ]  # fmt: skip


async def test_each_reads_the_reason_in_their_own_language(api: EditionApi) -> None:
    path = await api.edition(mode="direct", places=1)
    said = []
    for number, language in enumerate(("es", "de-AT", "ro", "fi", "pl"), 1):
        answer = await api.registers(path, f"learner-{number}", language=language)
        said.append(answer.json()["sentence"])
    assert said[0] == "Tienes plaza."
    assert said[1].startswith("Sie stehen auf der Warteliste")
    assert said[2].startswith("Ești pe lista de așteptare")
    assert said[3].startswith("Olet jonotuslistalla")
    assert said[4].startswith("You are on the waiting list")


async def test_steps_before_their_time_need_a_reason_and_steps_in_time_need_no_body(
    api: EditionApi,
) -> None:
    now = api.clock.now()
    made = await api(
        ANA, "POST", "/v1/editions",
        json={
            "proposal": api.proposal, "start": "2027-05-03", "end": "2027-06-25",
            "time_zone": "Europe/Madrid", "registration_opens": now.isoformat(),
            "registration_closes": now.replace(month=4).isoformat(),
        },
    )  # fmt: skip
    path = made.headers["location"]
    assert made.json()["timetable"] == [
        {"at": now.isoformat().replace("+00:00", "Z"), "move": "open", "scope": None}
    ]

    async def step(verb: str, **body: Any) -> httpx.Response:
        more = {"json": body} if body else {}
        return await api(ELENA, "POST", f"{path}/{verb}", if_match=await api.etag(path), **more)

    assert (await step("open")).status_code == 200
    for verb in ("close", "publish-list"):
        assert code_of(await step(verb)) == (422, "reason_needed")
    assert (await step("publish-list", reason="Everybody is here.")).status_code == 200
    assert (await step("close", reason="Full.")).status_code == 200
    assert code_of(await step("start")) == (422, "reason_needed")
    assert (await step("start", reason="A week earlier.")).json()["state"] == "running"
    assert code_of(await step("begin-grading")) == (422, "reason_needed")
    api.clock.move(now.replace(year=2028) - now)
    assert (await step("begin-grading")).json()["state"] == "grading"


async def test_what_is_wrong_is_pointed_at_by_the_names_and_indexes_of_the_request(
    api: EditionApi,
) -> None:
    now = api.clock.now().isoformat()
    body = {
        "proposal": api.proposal, "start": "2027-05-03", "end": "2027-05-02",
        "time_zone": "Mars/Olympus", "registration_opens": now, "registration_closes": now,
        "places": 4, "least_participants": 9, "promotion_until": "2030-01-01T00:00:00Z",
        "unused_seats": {"policy": "at_date"},
        "rules": [
            {"scope": "per_institution", "max": 2}, {"scope": "institution:NOPE", "max": 1},
            {"scope": "group:externals", "max": 1, "min": 2},
        ],
    }  # fmt: skip
    refused = await api(ANA, "POST", "/v1/editions", json=body)
    assert sorted(e["pointer"] for e in refused.json()["errors"]) == [
        "/end", "/least_participants", "/promotion_until", "/registration_closes",
        "/rules/1/scope", "/rules/2/min", "/time_zone", "/unused_seats/at",
    ]  # fmt: skip
    path = await api.edition()
    patched = await api(
        ANA, "PATCH", path, json={"registration_closes": "2020-01-01T00:00:00Z", "reason": "why"},
        if_match=await api.etag(path),
    )  # fmt: skip
    assert [e["pointer"] for e in patched.json()["errors"]] == ["/registration_closes"]


async def test_caps_are_looked_at_first_and_then_changed_with_a_reason(api: EditionApi) -> None:
    path = await api.edition(
        mode="direct", places=2, quota_per_institution=None,
        rules=[
            {"scope": "per_institution", "max": 1},
            {"scope": "institution:HKA", "max": 2, "min": 1},
        ],
    )  # fmt: skip
    ids = [
        (await api.registers(path, f"learner-{n}", institution=code)).json()["id"]
        for n, code in enumerate(["UDA", "URN", "URN"], 1)
    ]
    looked = await api(
        ELENA, "POST", f"{path}/preview-caps", json={"places": 3, "quota_per_institution": 2}
    )
    body = looked.json()
    assert (body["possible"], [one["registration"] for one in body["gain"]]) == (True, ids[1:])
    assert [one["full_name"] for one in body["gain"]] == ["Learner-2", "Learner-3"]
    lower = (await api(ELENA, "POST", f"{path}/preview-caps", json={"places": 1})).json()
    assert (lower["possible"], lower["gain"]) == (True, [])
    tried = await api(
        ELENA, "POST", f"{path}/release-reserve?dry_run=true",
        json={"scope": "institution:HKA", "reason": "unused"}, if_match=await api.etag(path),
    )  # fmt: skip
    assert (tried.json()["promoted"], tried.json()["dry_run"]) == ([ids[1]], True)
    assert tried.headers["etag"] == await api.etag(path)
    done = await api(
        ELENA, "POST", f"{path}/release-reserve",
        json={"scope": "institution:HKA", "reason": "unused"}, if_match=await api.etag(path),
    )  # fmt: skip
    assert done.json()["promoted"] == [ids[1]]
    assert done.json()["promoted_registrations"] == [
        {
            "registration": ids[1], "institution": "URN", "full_name": "Learner-2",
            "possible_double": False,
        },
    ]  # fmt: skip
    rules = {rule["scope"]: rule["released"] for rule in done.json()["edition"]["rules"]}
    assert rules == {"per_institution": False, "institution:HKA": True}
    forbidden = await api(
        ELENA, "POST", f"{path}/lift-caps", json={"reason": "unused"},
        if_match=await api.etag(path),
    )  # fmt: skip
    assert code_of(forbidden) == (409, "unused_policy_none")
    log = (await api(ELENA, "GET", f"{path}/decisions")).json()["items"]
    assert [(line["kind"], line["reason"]) for line in log if line["caps"]] == [
        ("caps", "caps_set"), ("caps", "reserve_released"),
    ]  # fmt: skip
    assert (await api(ELENA, "POST", f"{path}/replay")).json()["agrees"] is True


async def test_new_dates_are_told_once_to_everybody_who_takes_part_or_waits(
    api: EditionApi,
) -> None:
    path = await api.edition(places=1)
    for number, language in enumerate(("es", "en"), 1):
        await api.registers(path, f"learner-{number}", language=language)
    gone = (await api.registers(path, "learner-9")).json()
    await api.act("learner-9", f"/v1/registrations/{gone['id']}", "cancel")
    await api.drain()
    changed = await api(
        ANA, "PATCH", path, json={"start": "2027-05-10", "reason": "a feast"},
        if_match=await api.etag(path),
    )  # fmt: skip
    assert changed.status_code == 200, changed.text
    await api(
        ANA, "PATCH", path, json={"grace_minutes": 5, "reason": "slow forms"},
        if_match=await api.etag(path),
    )  # fmt: skip
    await api.drain()

    def told(person: str) -> list[str]:
        return [subject.partition(":")[0] for subject, _ in mailbox(api, f"{person}@example.org")]

    assert told("learner-1") == ["Hemos recibido tu inscripción", "Fechas nuevas"]
    assert told("learner-2") == ["Your registration has arrived", "New dates"]
    assert told("learner-9") == ["Your registration has arrived", "Your registration has ended"]


async def test_somebody_who_came_by_a_form_sees_completes_confirms_and_gives_up_by_their_link(
    api: EditionApi,
) -> None:
    path = await api.edition(places=10, quota_per_institution=5)
    asked = (await api.uploads(path, responses(api)))["result"]
    seen = (await api(ELENA, "GET", f"/v1/imports/{asked['import']}")).json()
    mapped = await api(
        ELENA, "PUT", f"{path}/forms/{FORM}",
        json={
            "time_zone": "Europe/Madrid",
            "questions": {**seen["suggested_questions"], "¿Por qué?": "ignored"},
        },
    )  # fmt: skip
    assert mapped.is_success, mapped.text
    job = await api.uploads(path, responses(api))
    committed = await api(ELENA, "POST", f"{path}/imports?plan_token={job['result']['plan_token']}")
    await api.finished(committed)
    listed = (await api(ELENA, "GET", f"{path}/registrations")).json()["items"]
    bert = next(one for one in listed if one["person"]["email"] == "bert@h-ka.de")
    one = f"/v1/registrations/{bert['id']}"
    assert bert["data_confirmed_at"] is None
    seen = await by_session(api, bert["id"], "GET", one)
    assert (seen.json()["state"], seen.json()["allowed_actions"]) == (
        "waiting", ["cancel_registration", "edit_registration"],
    )  # fmt: skip
    edited = await by_session(
        api, bert["id"], "PATCH", one, json={"full_name": "Bertram Braun", "country": "DE"},
        headers={"If-Match": seen.headers["etag"]},
    )  # fmt: skip
    assert edited.status_code == 200, edited.text
    assert edited.json()["data_confirmed_at"] is not None
    # The same file again does not undo what he has put right.
    again = await api.uploads(path, responses(api))
    committed = await api(
        ELENA, "POST", f"{path}/imports?plan_token={again['result']['plan_token']}"
    )
    await api.finished(committed)
    kept = await by_session(api, bert["id"], "GET", one)
    assert (kept.json()["person"]["full_name"], kept.json()["person"]["country"]) == (
        "Bertram Braun", "DE",
    )  # fmt: skip
    ended = await by_session(
        api, bert["id"], "POST", f"{one}/cancel", headers={"If-Match": kept.headers["etag"]}
    )
    assert ended.json()["registration"]["state"] == "cancelled"


async def test_what_is_to_be_decided_opens_in_a_spreadsheet(api: EditionApi) -> None:
    path = await api.edition(mode="direct")
    await api.registers(path, "learner-1", institution=None, organisation="Universidad de Oviedoo")
    listed = await api(ELENA, "GET", f"{path}/undecided")
    (one,) = listed.json()["items"]
    assert [s["institution"] for s in one["suggestions"]] == ["UNIOVI"]
    table = await api(ELENA, "GET", f"{path}/undecided", headers={"Accept": "text/csv"})
    header, line = table.content.decode("utf-8-sig").splitlines()
    assert header.startswith("registration,full_name,email,stated,institution,state,questions")
    assert line.startswith(f"{one['registration']['id']},Learner-1,")
    assert code_of(await api("learner-1", "GET", f"{path}/undecided")) == (403, "not_allowed")


async def test_places_of_an_institution_across_editions_open_in_a_spreadsheet(
    api: EditionApi,
) -> None:
    path = await api.edition(mode="direct")
    await api.registers(path, "learner-1")
    code = (await api(ELENA, "GET", path)).json()["code"]
    listed = (await api(ELENA, "GET", "/v1/institutions/UNIOVI/places")).json()["items"]
    assert [(one["code"], one["cap"], one["placed"]) for one in listed] == [(code, 2, 1)]
    none = await api(ELENA, "GET", "/v1/institutions/UNIOVI/places?starting_from=2028-01-01")
    assert none.json()["items"] == []
    table = await api(
        ELENA, "GET", "/v1/institutions/UNIOVI/places", headers={"Accept": "text/csv"}
    )
    lines = table.content.decode("utf-8-sig").splitlines()
    assert lines == [
        "edition,code,state,start,cap,placed,waiting,over",
        f"{path.rpartition('/')[2]},{code},open,2027-05-03,2,1,0,0",
    ]
    unknown = await api(ELENA, "GET", "/v1/institutions/NOPE/places")
    assert code_of(unknown) == (404, "institution_not_found")
    unknown = await api(ELENA, "GET", f"{path}/places?institution=NOPE")
    assert code_of(unknown) == (404, "institution_not_found")


@pytest.mark.parametrize("mode", ["direct", "provisional"])
async def test_a_stranger_learns_nothing_by_stating_somebodys_name_and_address(
    api: EditionApi, mode: str
) -> None:
    path = await api.edition(mode=mode, places=9, quota_per_institution=9)
    await api(
        ELENA, "POST", f"{path}/registrations",
        json={
            "full_name": "Eva Known", "email": "eva@example.org", "institution": "UNIOVI",
            "privacy_notice": True, "for_another": True,
        },
    )  # fmt: skip

    async def asks(person: str, name: str, email: str) -> str:
        made = await api.registers(path, person, full_name=name, email=email)
        shown = made.json()
        seen = (await api(person, "GET", f"/v1/registrations/{shown['id']}")).json()
        hidden = ("id", "received_at", "position", "position_within", "waiting_position",
                  "decision_seq", "person")  # fmt: skip
        kept = [
            {key: value for key, value in one.items() if key not in hidden}
            | {"shape": [type(one[key]).__name__ for key in hidden]}
            for one in (shown, seen)
        ]
        for one in kept:
            one.pop("privacy_notice")
        return json.dumps(kept)

    of_known = await asks("learner-1", "Eva Known", "eva@example.org")
    of_nobody = await asks("learner-2", "Nobody Known", "nobody@example.org")
    of_address = await asks("learner-3", "Karl Third", "eva@example.org")
    assert of_known == of_nobody == of_address


async def test_who_got_a_place_by_a_merge_is_named_and_may_be_a_double_too(
    api: EditionApi,
) -> None:
    await officer_at(api, KARL, "HKA")
    path = await api.edition(mode="direct", places=2)
    same = {"full_name": "Eva Muster", "email": "eva@example.org", "institution": "UDA"}
    ids = [(await api.registers(path, f"learner-{n}", **same)).json()["id"] for n in range(1, 4)]
    merged = await api.act(
        ELENA, f"/v1/registrations/{ids[1]}", "decide", ruling="merge", same_as=ids[0]
    )
    assert merged.json()["promoted_registrations"] == [
        {
            "registration": ids[2], "institution": "UDA", "full_name": "Eva Muster",
            "possible_double": True,
        },
    ]  # fmt: skip
    standing = (await api(ELENA, "GET", f"{path}/standing")).json()["items"]
    assert [one["full_name"] for one in standing] == ["Eva Muster", "Eva Muster"]
    waits = (await api.registers(path, "learner-4", institution="HKA")).json()["id"]
    gone = await api.act("learner-1", f"/v1/registrations/{ids[0]}", "cancel")
    assert (gone.json()["promoted"], gone.json()["promoted_registrations"]) == (1, [])
    seen = await api(KARL, "GET", f"/v1/registrations/{waits}")
    assert seen.json()["state"] == "placed"


async def test_who_registered_twice_hears_at_the_address_that_is_given_up_and_only_there(
    api: EditionApi,
) -> None:
    path = await api.edition()
    addresses = ("eva@example.org", "eva@home.example")
    first = api.clock.now() - timedelta(hours=20)
    content = workbook(
        [
            Row(n, first + timedelta(minutes=n), "Eva Muster", address, "UNIOVI")
            for n, address in enumerate(addresses, 1)
        ]
    )
    questions = {"time_zone": "Europe/Madrid", "questions": mapping_questions()}
    await api(ELENA, "PUT", f"{path}/forms/{FORM}", json=questions)
    token = (await api.uploads(path, content))["result"]["plan_token"]
    await api.finished(await api(ELENA, "POST", f"{path}/imports?plan_token={token}"))
    listed = (await api(ELENA, "GET", f"{path}/registrations")).json()["items"]
    ids = [one["id"] for one in listed]
    await api.drain()
    mailer = api.ports.mailer
    assert isinstance(mailer, MemoryMailer)
    before = [len(mailer.to(one)) for one in addresses]
    merged = await api.act(
        ELENA, f"/v1/registrations/{ids[1]}", "decide", ruling="merge", same_as=ids[0]
    )
    assert merged.status_code == 200, merged.text
    await api.drain()
    kept, given_up = (mailer.to(one)[n:] for one, n in zip(addresses, before, strict=True))
    assert [one.subject.partition(":")[0] for one in given_up] == [
        "Your registrations were put together",
    ]
    assert kept == []
    assert "eva@example.org" not in given_up[0].text


async def test_a_name_that_no_workbook_takes_and_a_zone_of_no_place_are_refused(
    api: EditionApi,
) -> None:
    path = await api.edition()
    for name in ("\ufffe X", "An\u00ada", "Ana\U000e0041"):
        refused = await api.registers(path, "learner-1", full_name=name)
        assert code_of(refused) == (422, "registration_invalid")
        assert [one["code"] for one in refused.json()["errors"]] == ["unwritable_text"]
    for zone in ("localtime", "Factory", "right/Europe/Madrid"):
        mapped = await api(
            ELENA, "PUT", f"{path}/forms/{FORM}",
            json={"time_zone": zone, "questions": {"Uni": "institution"}},
        )  # fmt: skip
        assert code_of(mapped) == (422, "mapping_invalid")
        assert [one["code"] for one in mapped.json()["errors"]] == ["time_zone_unknown"]
