"""The API's habits, seen from outside."""

from datetime import timedelta
from uuid import uuid4

from tests.api.conftest import Api
from tests.memory_ports import StoryClock


async def test_every_refusal_is_a_problem_with_a_code_and_a_trace(api: Api) -> None:
    refusals = [
        (await api(None, "GET", "/v1/nowhere"), 404, "not_found"),
        (await api(None, "PUT", "/health"), 405, "method_not_allowed"),
        (await api(None, "GET", "/v1/me"), 401, "not_authenticated"),
        (await api("learner-1", "GET", "/v1/audit-records"), 403, "not_allowed"),
        (await api(None, "GET", "/v1/institutions/NOBODY"), 404, "institution_not_found"),
        (await api("olga-office", "POST", "/v1/grants", json={}), 422, "invalid_request"),
        (await api("olga-office", "GET", "/v1/grants?cursor=%00"), 422, "cursor"),
        (
            await api(None, "GET", "/v1/me", headers={"Authorization": "Basic eA=="}),
            401,
            "not_authenticated",
        ),
    ]
    for response, status, code in refusals:
        assert response.headers["content-type"] == "application/problem+json"
        problem = response.json()
        assert (response.status_code, problem["status"], problem["code"]) == (status, status, code)
        assert problem["trace_id"] == response.headers["trace-id"]
        assert len(problem["trace_id"]) == 32


async def test_a_body_in_another_media_type_is_refused_as_that(api: Api) -> None:
    grant = {"role": "teacher"}
    as_form = await api("olga-office", "POST", "/v1/grants", data=grant)
    assert (as_form.status_code, as_form.json()["code"]) == (415, "unsupported_media_type")
    assert as_form.json()["detail"] == "Send the body as application/json."
    for media_type in ("Application/JSON; charset=utf-8", "application/merge-patch+json"):
        headers = {"Content-Type": media_type}
        as_json = await api("olga-office", "POST", "/v1/grants", content=b"{}", headers=headers)
        assert (as_json.status_code, as_json.json()["code"]) == (422, "invalid_request")


async def test_a_key_is_of_visible_characters_as_the_contract_says(api: Api) -> None:
    for key in ("", "two words", "x" * 256, "\x7f"):
        answer = await api("olga-office", "POST", "/v1/grants", json={}, idempotency_key=key)
        assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_key")


async def test_a_trace_that_the_caller_began_goes_on(api: Api) -> None:
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    response = await api(
        None, "GET", "/health", headers={"traceparent": f"00-{trace}-00f067aa0ba902b7-01"}
    )
    assert response.headers["trace-id"] == trace


async def test_wrong_fields_are_pointed_at_and_not_repeated(api: Api) -> None:
    body = {"subject": {"issuer": "https://id.example", "subject": 7}, "role": "emperor"}
    response = await api("olga-office", "POST", "/v1/grants", json=body)
    assert [error["pointer"] for error in response.json()["errors"]] == [
        "/subject/subject",
        "/role",
    ]
    assert "emperor" not in response.text


async def test_a_repeated_post_gives_its_first_answer_and_acts_once(api: Api) -> None:
    body = {
        "subject": {"issuer": "https://id.example", "subject": "s-1"},
        "role": "teacher",
        "institution": "UOC",
    }
    key = str(uuid4())
    first = await api("olga-office", "POST", "/v1/grants", json=body, idempotency_key=key)
    again = await api("olga-office", "POST", "/v1/grants", json=body, idempotency_key=key)
    assert first.status_code == again.status_code == 201
    assert first.content == again.content
    assert again.headers["idempotency-replayed"] == "true"
    held = await api("olga-office", "GET", "/v1/grants?institution=UOC&role=teacher")
    assert len(held.json()["items"]) == 1


async def test_a_key_with_another_body_is_refused_and_another_callers_key_is_another_key(
    api: Api,
) -> None:
    body = {
        "subject": {"issuer": "https://id.example", "subject": "s-1"},
        "role": "teacher",
        "institution": "UOC",
    }
    await api("olga-office", "POST", "/v1/grants", json=body, idempotency_key="k")
    changed = {**body, "institution": "HIS"}
    other = await api("olga-office", "POST", "/v1/grants", json=changed, idempotency_key="k")
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    somebody_else = await api("learner-1", "POST", "/v1/grants", json=body, idempotency_key="k")
    assert somebody_else.status_code == 403


async def test_a_kept_answer_is_forgotten_after_a_day(api: Api) -> None:
    body = {
        "subject": {"issuer": "https://id.example", "subject": "s-1"},
        "role": "teacher",
        "institution": "UOC",
    }
    clock = api.ports.clock
    assert isinstance(clock, StoryClock)
    await api("olga-office", "POST", "/v1/grants", json=body, idempotency_key="k")
    clock.move(timedelta(hours=25))
    assert await api.ports.idempotency.purge() == 1
    again = await api("olga-office", "POST", "/v1/grants", json=body, idempotency_key="k")
    assert "idempotency-replayed" not in again.headers


async def test_a_list_goes_on_where_the_page_before_ended(api: Api) -> None:
    seen: list[str] = []
    path: str | None = "/v1/grants?limit=7"
    while path is not None:
        page = await api("olga-office", "GET", path)
        seen.extend(item["id"] for item in page.json()["items"])
        following = page.json()["next"]
        link = page.headers.get("link")
        assert (link is None) == (following is None)
        path = link[1 : link.index(">")] if link else None
    assert len(seen) == len(set(seen)) == 24
    assert seen == sorted(seen)


async def test_a_grant_that_has_ended_allows_nothing_any_more(api: Api) -> None:
    grants = (await api("olga-office", "GET", "/v1/grants?role=auditor")).json()["items"]
    assert (await api("aud-auditor", "GET", "/v1/audit-records")).status_code == 200
    ended = await api(
        "olga-office", "POST", f"/v1/grants/{grants[0]['id']}/end", json={"reason": "left"}
    )
    assert ended.status_code == 200
    clock = api.ports.clock
    assert isinstance(clock, StoryClock)
    clock.move(timedelta(seconds=1))
    assert (await api("aud-auditor", "GET", "/v1/audit-records")).status_code == 403


async def test_the_audit_record_names_accounts_and_never_people(api: Api) -> None:
    body = {
        "subject": {"issuer": "https://id.example", "subject": "maria.perez@example.org"},
        "role": "teacher",
        "institution": "UOC",
    }
    made = await api("olga-office", "POST", "/v1/grants", json=body)
    records = await api(
        "aud-auditor", "GET", f"/v1/audit-records?kind=grant&subject={made.json()['id']}"
    )
    (record,) = records.json()["items"]
    me = (await api("olga-office", "GET", "/v1/me")).json()
    assert record["actor"] == f"account:{me['account']}"
    assert record["action"] == "create_grant"
    assert record["after"] == "teacher@UOC"
    assert "maria" not in records.text


async def test_a_forged_or_expired_token_names_nobody(api: Api) -> None:
    assert api.ports.local_identity is not None
    token = api.ports.local_identity.token("olga-office")
    head, body, signature = token.split(".")
    for bad in (f"{head}.{body}.{signature[::-1]}", "a.b.c", "rubbish", f"{head}.{body}."):
        response = await api(None, "GET", "/v1/me", headers={"Authorization": f"Bearer {bad}"})
        assert response.status_code == 401


async def test_a_body_beyond_the_limit_is_refused_before_it_is_read(api: Api) -> None:
    response = await api("olga-office", "POST", "/v1/grants", content=b" " * 2_000_000)
    assert (response.status_code, response.json()["code"]) == (413, "body_too_large")


async def test_the_documentation_loads_nothing_from_third_parties(api: Api) -> None:
    for page in ("/docs", "/redoc"):
        text = (await api(None, "GET", page)).text
        assert "http://" not in text.replace("http://test", "")
        assert "https://" not in text


async def test_every_problem_code_has_a_page(api: Api) -> None:
    assert (await api(None, "GET", "/problems/stale")).status_code == 200
    assert (await api(None, "GET", "/problems/made_up")).status_code == 404


async def test_every_operation_has_a_row_in_the_permission_table_and_every_row_an_operation(
    api: Api,
) -> None:
    contract = (await api(None, "GET", "/openapi.json")).json()
    operations = {
        operation["operationId"]
        for item in contract["paths"].values()
        for operation in item.values()
    }
    rows = {row["operation"] for row in (await api(None, "GET", "/v1/permissions")).json()["items"]}
    assert operations == rows


async def test_a_filter_that_is_misspelt_is_refused_and_not_ignored(api: Api) -> None:
    refused = await api("ana-oviedo", "GET", "/v1/editions?stat=open&limit=5")
    assert (refused.status_code, refused.json()["code"]) == (422, "unknown_query_parameter")
    assert [one["pointer"] for one in refused.json()["errors"]] == ["#/query/stat"]
    assert "limit" in refused.json()["detail"]
    bare = await api("ana-oviedo", "GET", "/v1/institutions?q=x")
    assert bare.json()["errors"][0]["detail"] == "Leave it out. None is known here."
    assert (await api(None, "GET", "/verify?utm_source=mail")).status_code == 200
