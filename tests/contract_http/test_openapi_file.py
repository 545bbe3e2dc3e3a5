"""The OpenAPI file as somebody meets it who writes a program for it, or has one written."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from openapi_spec_validator import validate

from app.domain.access.table import PERMISSIONS
from app.routers.openapi.examples import MISSING
from app.routers.openapi.schemas import reachable, subschemas
from tests.contract_http.contract import Operation, contract_of_the_code

CONTRACT = contract_of_the_code()
OPERATIONS = sorted(CONTRACT.operations.values(), key=lambda operation: operation.name)
COMMITTED = Path(__file__).parents[2] / "openapi" / "openapi.json"
VERBS = frozenset(
    word
    for line in (
        "accept approve archive attach begin cancel check close conclude confirm contest create",
        "decide download drop edit end erase export finish get give import issue lift list look",
        "map",
        "object open prepare preview propose publish record register release renew reopen replay",
        "request rerun resolve resume retire retry review revoke search start stop stream submit",
        "suggest suspend take validate verify withdraw",
    )
    for word in line.split()
)


def each(*, of: list[Operation] = OPERATIONS) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("operation", of, ids=lambda operation: operation.name)


def test_the_file_is_what_the_code_says() -> None:
    written = json.dumps(CONTRACT.document, indent=1, ensure_ascii=False) + "\n"
    assert written == COMMITTED.read_text(), "run `make openapi`"


def test_the_file_is_openapi_3_1() -> None:
    validate(CONTRACT.document)
    assert CONTRACT.document["openapi"].startswith("3.1")


def test_it_names_the_posts_that_take_no_idempotency_key() -> None:
    description = CONTRACT.document["info"]["description"]
    said = description.partition("Every POST takes `Idempotency-Key`")[2].partition("Lists have")[0]
    assert set(re.findall(r"`([a-z]+(?:_[a-z]+)+)`", said)) == {
        operation.name
        for operation in OPERATIONS
        if operation.method == "post"
        and "Idempotency-Key" not in {parameter["name"] for parameter in operation.parameters}
    }


@each()
def test_an_operation_says_what_it_is(operation: Operation) -> None:
    said = operation.said
    assert operation.name.split("_")[0] in VERBS
    assert re.fullmatch(r"[A-Z].{5,109}[^.]", said["summary"]), said["summary"]
    assert said["description"].partition("**Who may:**")[2]
    assert set(said["tags"]) <= {tag["name"] for tag in CONTRACT.document["tags"]}
    assert len(said["tags"]) == 1


@each()
def test_its_parameters_are_described_with_an_example(operation: Operation) -> None:
    for parameter in operation.parameters:
        assert parameter["description"], parameter
        schema = CONTRACT.resolved(parameter["schema"])
        values = CONTRACT.resolved(schema.get("items", {}))
        assert {"examples", "enum", "const", "default"} & (set(schema) | set(values)), parameter
        for example in schema.get("examples", ()):
            CONTRACT.validator(parameter["schema"]).validate(example)


@each()
def test_its_refusals_are_declared(operation: Operation) -> None:
    permission = PERMISSIONS[operation.name]
    answers = set(operation.said["responses"])
    assert {"422", "429", "503"} < answers
    assert ("403" in answers) is not permission.public
    assert permission.public or "401" in answers
    if "{" in operation.path:
        assert "404" in answers
    if any(parameter["name"] == "If-Match" for parameter in operation.parameters):
        assert {"412", "428"} < answers
    for status in answers:
        if status >= "4":
            content = CONTRACT.resolved(operation.said["responses"][status])["content"]
            assert list(content) == ["application/problem+json"]


@each()
def test_a_token_is_asked_for_where_it_is_needed(operation: Operation) -> None:
    security = operation.said.get("security", [{}])
    assert ({} in security) is PERMISSIONS[operation.name].public


def _examples(operation: Operation) -> Iterator[tuple[str, Any, Any]]:
    holders = {"body": operation.said.get("requestBody", {})}
    holders |= {s: r for s, r in operation.said["responses"].items() if s < "3"}
    for where, holder in holders.items():
        for media_type, media in holder.get("content", {}).items():
            if "json" in media_type and media["schema"].get("format") != "binary":
                yield f"{where} {media_type}", media["schema"], media.get("example", ...)


@each(of=[operation for operation in OPERATIONS if any(_examples(operation))])
def test_its_body_and_answers_have_examples_that_are_valid(operation: Operation) -> None:
    for where, schema, example in _examples(operation):
        assert example is not ..., f"{where} has none"
        errors = [error.message for error in CONTRACT.validator(schema).iter_errors(example)]
        assert errors == [], where
        assert f'"{MISSING}"' not in json.dumps(example), f"{where}: a text nobody has thought of"


def _schemas() -> Iterator[tuple[str, dict[str, Any]]]:
    for name, schema in CONTRACT.document["components"]["schemas"].items():
        for part in subschemas(schema):
            yield name, part


def test_names_of_schemas_are_names_of_types() -> None:
    for name in CONTRACT.document["components"]["schemas"]:
        assert re.fullmatch(r"[A-Z][A-Za-z]+", name), name
        assert not name.endswith("Out"), name


def test_no_enumeration_has_null_among_its_values() -> None:
    assert [name for name, part in _schemas() if None in part.get("enum", ())] == []


def test_whatever_can_be_one_of_several_things_says_which_it_is() -> None:
    unclear = []
    for name, part in _schemas():
        kinds = [one for key in ("anyOf", "oneOf") for one in part.get(key, ())]
        objects = [one for one in kinds if "$ref" in one]
        if len(objects) > 1 and "discriminator" not in part:
            unclear.append(name)
    assert unclear == []


def test_what_is_always_in_an_answer_is_required() -> None:
    schemas = CONTRACT.document["components"]["schemas"]
    bodies = [operation.said.get("requestBody", {}) for operation in OPERATIONS]
    taken = reachable(bodies, schemas)
    for name, part in _schemas():
        if name not in taken and "properties" in part:
            assert sorted(part["required"]) == sorted(part["properties"]), name


def test_nothing_is_described_that_nothing_uses() -> None:
    schemas = CONTRACT.document["components"]["schemas"]
    used = reachable([CONTRACT.document["paths"], CONTRACT.document["components"]], schemas)
    assert sorted(schemas) == sorted(used)
