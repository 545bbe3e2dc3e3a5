"""Requests by hand that careless programs stumble over: refused with words, and never a defect."""

import base64
import json
from collections.abc import Iterator, Mapping
from typing import Any

import httpx
import pytest

from app.domain.access.table import PERMISSIONS
from tests.api.walk_people import Person
from tests.api.walk_requests import ASKS
from tests.contract_http.contract import METHODS, Operation, contract_of_the_code
from tests.contract_http.world import ASKERS, World
from tests.deliveries import signed

CONTRACT = contract_of_the_code()
JSON_BODIES = {
    name: media_type
    for name, operation in CONTRACT.operations.items()
    for media_type in operation.said.get("requestBody", {}).get("content", {})
    if media_type in ("application/json", "application/merge-patch+json")
    and name != "verify_credential"
}
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")


def those_who_may(name: str) -> list[str]:
    """Askers to whom the table gives the operation; refusals of others would hide what follows."""
    permission = PERMISSIONS[name]
    roles = [rule.role.value for rule in permission.rules if rule.role.value in ASKERS]
    return list(dict.fromkeys([*roles, "the learner"]))


def address(world: World, operation: Operation) -> str:
    values = {name: known[0] for name, known in world.known.items()}
    values |= {"section": "academic", **ASKS[operation.name].path}
    return operation.path.format(**values).format(**values) + ASKS[operation.name].query


async def ask(
    world: World, name: str, who: str, *, content: bytes, media_type: str, **headers: str
) -> httpx.Response:
    operation = CONTRACT.operations[name]
    ask = ASKS[name]
    if ask.version is not None and "If-Match" not in headers:
        reader, path = ask.version
        values = {**world.story.things, **ask.path}
        seen = await world.api(reader, "GET", path.format(**values).format(**values))
        headers["If-Match"] = seen.headers.get("etag", '"1"')
    if name == "import_responses":
        # Else its signature would be refused, and nothing of it read.
        headers |= signed(world.story.secret, content, world.api.ports.clock.now())
    headers |= {"Content-Type": media_type, **world.tokens[who]}
    return await world.api.http.request(
        operation.method.upper(), address(world, operation), headers=headers, content=content
    )


def blamed(answer: httpx.Response) -> str | None:
    """What is wrong with an answer to something that cannot be right."""
    if answer.status_code < 400 or answer.status_code >= 500:
        return f"{answer.status_code} {answer.text[:300]}"
    if answer.headers["content-type"] != "application/problem+json":
        return f"{answer.status_code} as {answer.headers['content-type']}"
    return None


UNREADABLE = {
    "nothing": b"",
    "half of it": b'{"reason": "Too fe',
    "not UTF-8": b'{"reason": "\xff\xfe", "\xc3\x28": 1}',
    "no number": b'{"places": NaN, "ects": Infinity}',
    "a thousand levels": b'{"a":' * 1000 + b"1" + b"}" * 1000,
    "a hundred thousand levels": b"[" * 100_000,
    "a list": b"[]",
    "a word": b'"reason"',
    "a number with a thousand digits": b'{"places": ' + b"9" * 1000 + b"}",
    "a number with ten thousand digits": b'{"places": ' + b"9" * 10_000 + b"}",
}


@pytest.mark.parametrize("name", sorted(JSON_BODIES))
async def test_a_body_that_cannot_be_read_is_refused(world: World, name: str) -> None:
    wrong: dict[str, str] = {}
    for what, content in UNREADABLE.items():
        is_optional = not CONTRACT.operations[name].said["requestBody"].get("required", False)
        if is_optional and what == "nothing":
            continue
        for who in those_who_may(name)[:2]:
            answer = await ask(world, name, who, content=content, media_type=JSON_BODIES[name])
            if (found := blamed(answer)) is not None:
                wrong.setdefault(what, f"{who}: {found}")
    assert wrong == {}


@pytest.mark.parametrize("name", sorted(JSON_BODIES))
async def test_another_media_type_is_refused(world: World, name: str) -> None:
    who = those_who_may(name)[0]
    body = CONTRACT.operations[name].said["requestBody"]
    if not body.get("required", False):
        return
    example = json.dumps(body["content"][JSON_BODIES[name]]["example"]).encode()
    answer = await ask(world, name, who, content=example, media_type="text/csv")
    assert answer.status_code in {403, 404, 409, 412, 415, 422}, answer.text


UNWRITABLE = {
    "U+0000": '"a\\u0000b"',
    "half a surrogate": '"a\\ud800b"',
    "a very long text": json.dumps("x" * 300_000),
    "a huge number": "9" * 40,
    "a huge negative number": "-" + "9" * 40,
    "a number between two": "1.5",
    "an instant before time": '"0001-01-01T00:00:00+23:59"',
    "an instant after time": '"9999-12-31T23:59:59-23:59"',
    "an instant without a zone": '"2027-01-01T00:00:00"',
    "no day": '"2026-02-30"',
    "nothing": "null",
}
_MARK = "put it here"
SOMEBODY = Person("somebody", "learner-77")


def with_one_replaced(value: Any, at: str = "") -> Iterator[tuple[str, Any]]:
    """The value with each of its leaves, in turn, marked for replacement."""
    match value:
        case dict():
            for key, item in value.items():
                for where, changed in with_one_replaced(item, f"{at}/{key}"):
                    yield where, {**value, key: changed}
        case list():
            for n, item in enumerate(value[:2]):
                for where, changed in with_one_replaced(item, f"{at}/{n}"):
                    yield where, [*value[:n], changed, *value[n + 1 :]]
        case _:
            yield at, _MARK


@pytest.mark.parametrize("name", sorted(JSON_BODIES))
async def test_values_that_no_database_holds_are_no_defect(world: World, name: str) -> None:
    media = CONTRACT.operations[name].said["requestBody"]["content"][JSON_BODIES[name]]
    body = media["example"]
    make = ASKS[name].json
    if make is not None:
        body = make(world.story, SOMEBODY) | (body if name == "register" else {})
    who = those_who_may(name)[0]
    defects: dict[str, str] = {}
    for where, changed in with_one_replaced(body):
        for what, written in UNWRITABLE.items():
            content = json.dumps(changed).replace(json.dumps(_MARK), written).encode()
            answer = await ask(world, name, who, content=content, media_type=JSON_BODIES[name])
            if answer.status_code >= 500:
                defects.setdefault(f"{what} at {where}", answer.text[:200])
    assert defects == {}


def instants(schema: Mapping[str, Any], at: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Where a body of that schema can hold an instant; `0` is the first item of a list."""
    schema = CONTRACT.resolved(schema)
    if schema.get("format") == "date-time":
        yield at
    for kind in ("anyOf", "oneOf", "allOf"):
        for branch in schema.get(kind, []):
            yield from instants(branch, at)
    for name, part in schema.get("properties", {}).items():
        yield from instants(part, (*at, name))
    if isinstance(schema.get("items"), dict):
        yield from instants(schema["items"], (*at, "0"))


INSTANTS = [
    (name, where)
    for name, media_type in sorted(JSON_BODIES.items())
    for where in sorted(
        set(
            instants(CONTRACT.operations[name].said["requestBody"]["content"][media_type]["schema"])
        )
    )
]


def with_this(body: Any, where: tuple[str, ...], value: str) -> Any:
    """The body with a value put there, whatever else it holds."""
    if not where:
        return value
    if where[0] == "0":
        items = body if isinstance(body, list) else []
        return [with_this(items[0] if items else None, where[1:], value), *items[1:]]
    fields = body if isinstance(body, dict) else {}
    return {**fields, where[0]: with_this(fields.get(where[0]), where[1:], value)}


SECTIONS = [(name, where) for name, where in INSTANTS if name == "edit_proposal_section"]
"""Each section of a proposal has its own address, which the one example does not reach."""


def test_bodies_hold_instants_in_several_places() -> None:
    assert {("create_share", ("expires_at",)), ("edit_share", ("expires_at",))} < set(INSTANTS)
    assert [where for _, where in SECTIONS] == [
        # Ours, whatever is sent: see with_provenance.
        ("outcomes", "0", "skills", "0", "link", "linked_at"),
        ("registration_window", "closes"),
        ("registration_window", "opens"),
    ]


@pytest.mark.parametrize("naive", ["opens", "closes"])
async def test_a_window_without_its_zone_is_refused(world: World, naive: str) -> None:
    window = {"opens": "2027-01-01T00:00:00Z", "closes": "2027-02-01T00:00:00Z"}
    window |= {naive: "2027-01-15T00:00:00", "time_zone": "Europe/Madrid"}
    content = json.dumps({"registration_window": window}).encode()
    name = "edit_proposal_section"
    answer = await ask(world, name, "coordinator", content=content, media_type=JSON_BODIES[name])
    assert answer.status_code == 422, answer.text
    (found,) = answer.json()["errors"]
    assert found["pointer"] == "/registration_window"
    assert "offset from UTC" in found["detail"]


@pytest.mark.parametrize(("name", "where"), [one for one in INSTANTS if one not in SECTIONS])
@pytest.mark.parametrize("naive", ["2027-01-01", "2027-01-01T00:00:00"])
async def test_an_instant_without_its_zone_is_refused_by_name(
    world: World, name: str, where: tuple[str, ...], naive: str
) -> None:
    media = CONTRACT.operations[name].said["requestBody"]["content"][JSON_BODIES[name]]
    make = ASKS[name].json
    body = media["example"] if make is None else make(world.story, SOMEBODY)
    content = json.dumps(with_this(body, where, naive)).encode()
    for who in those_who_may(name):
        answer = await ask(world, name, who, content=content, media_type=JSON_BODIES[name])
        if answer.status_code == 422:
            found = {f["pointer"]: f["code"] for f in answer.json()["errors"]}
            assert found.get("/" + "/".join(where)) == "timezone_aware", answer.text
            return
        assert answer.status_code in {403, 404}, answer.text
    pytest.fail("nobody who may do it was heard")


NOT_OURS: tuple[Any, ...] = (
    ["x"],
    ["a", "b"],
    [],
    ["\0"],
    ["9" * 30],
    ["-1"],
    ["0192f3a1-5b7c-7d2e-9f4a"],
    ["\ud800"],
    ["2026-02-30T00:00:00Z"],
    [1],
    [None],
    {},
    "x",
)


def _cursors() -> Iterator[str]:
    for content in NOT_OURS:
        yield base64.urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")
    yield from ("", "=", "%00", "é", "A" * 500, "A" * 501)


LISTS = sorted(
    name
    for name, operation in CONTRACT.operations.items()
    if any(parameter["name"] == "cursor" for parameter in operation.parameters)
)


@pytest.mark.parametrize("name", LISTS)
async def test_a_cursor_that_is_not_ours_is_refused_as_such(world: World, name: str) -> None:
    path = address(world, CONTRACT.operations[name])
    who = those_who_may(name)[0]
    for cursor in _cursors():
        answer = await world.api.http.get(
            path, params={"cursor": cursor}, headers=world.tokens[who]
        )
        assert answer.status_code in {200, 422}, f"{cursor}: {answer.text}"
    for limit in ("0", "-1", "201", "9" * 30, "x", "1.5"):
        answer = await world.api.http.get(path, params={"limit": limit}, headers=world.tokens[who])
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request"), limit


@pytest.mark.parametrize("name", sorted(CONTRACT.operations))
async def test_an_address_or_a_filter_with_strange_characters_is_no_defect(
    world: World, name: str
) -> None:
    operation = CONTRACT.operations[name]
    queries = [p["name"] for p in operation.parameters if p["in"] == "query"]
    places = [p["name"] for p in operation.parameters if p["in"] == "path"]
    for strange in (
        "%00",
        "%FF",
        "%ED%A0%80",
        "a%00b",
        "%F0%9F%8E%93",
        "..%2F..",
        "%20",
        "9" * 400,
    ):
        for who in those_who_may(name)[:2]:
            for parameter in queries:
                path = address(world, operation).partition("?")[0]
                answer = await world.api.http.request(
                    operation.method.upper(),
                    f"{path}?{parameter}={strange}",
                    headers=world.tokens[who],
                )
                assert answer.status_code < 500, f"{parameter}={strange}: {answer.text}"
            for parameter in places:
                values = {n: k[0] for n, k in world.known.items()} | {"section": "academic"}
                path = operation.path.format(**{**values, parameter: strange})
                answer = await world.api.http.request(
                    operation.method.upper(), path, headers=world.tokens[who]
                )
                assert answer.status_code < 500, f"{path}: {answer.text}"


LIKE_IDENTIFIERS = {
    "/v1/credentials/verify",
    "/v1/issuing-batches/{batch}/local-sealing/renew",
}
"""Their last word could be the identifier of a credential, which it is refused as."""


@pytest.mark.parametrize("path", sorted({*CONTRACT.document["paths"]} - LIKE_IDENTIFIERS))
async def test_other_methods_are_refused_with_those_that_there_are(world: World, path: str) -> None:
    values = {name: known[0] for name, known in world.known.items()} | {"section": "academic"}
    declared = {m.upper() for m in CONTRACT.document["paths"][path] if m in METHODS}
    for method in {"GET", "PUT", "POST", "PATCH", "DELETE", "TRACE", "OPTIONS"} - declared:
        answer = await world.api.http.request(method, path.format(**values))
        assert answer.status_code == 405, f"{method}: {answer.text}"
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["code"] == "method_not_allowed"
        assert {one.strip() for one in answer.headers["allow"].split(",")} - {"HEAD"} == declared
