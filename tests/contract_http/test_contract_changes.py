"""What breaks clients is said, and what does not is let pass."""

import json
import subprocess
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from app.contract_changes import breaking_changes

ROOT = Path(__file__).parents[2]
BEFORE: dict[str, Any] = {
    "paths": {
        "/things": {
            "post": {
                "operationId": "create_thing",
                "parameters": [
                    {"in": "query", "name": "dry_run", "schema": {"type": "boolean"}},
                ],
                "requestBody": {
                    "required": True,
                    "content": {
                        "application/json": {"schema": {"$ref": "#/components/schemas/ThingIn"}}
                    },
                },
                "responses": {
                    "201": {
                        "content": {
                            "application/json": {"schema": {"$ref": "#/components/schemas/Thing"}}
                        }
                    }
                },
            }
        }
    },
    "components": {
        "schemas": {
            "ThingIn": {
                "type": "object",
                "additionalProperties": False,
                "required": ["name"],
                "properties": {
                    "name": {"type": "string"},
                    "kind": {"type": "string", "enum": ["a", "b"]},
                    "note": {"anyOf": [{"type": "string"}, {"type": "null"}]},
                },
            },
            "Thing": {
                "type": "object",
                "required": ["name", "parts"],
                "properties": {
                    "name": {"type": "string"},
                    "parts": {"type": "array", "items": {"$ref": "#/components/schemas/Part"}},
                },
            },
            "Part": {
                "type": "object",
                "required": ["size"],
                "properties": {"size": {"type": "integer"}},
            },
        }
    },
}


@pytest.fixture
def after() -> dict[str, Any]:
    return deepcopy(BEFORE)


def schema(document: dict[str, Any], name: str) -> Any:
    return document["components"]["schemas"][name]


def operation(document: dict[str, Any]) -> Any:
    return document["paths"]["/things"]["post"]


def test_nothing_breaks_where_nothing_changes(after: dict[str, Any]) -> None:
    assert breaking_changes(BEFORE, after) == []


def test_more_may_be_given_and_less_asked_for(after: dict[str, Any]) -> None:
    schema(after, "Thing")["properties"]["colour"] = {"type": "string"}
    schema(after, "Thing")["required"].append("colour")
    schema(after, "ThingIn")["required"] = []
    schema(after, "ThingIn")["properties"]["colour"] = {"type": "string"}
    schema(after, "ThingIn")["properties"]["kind"]["enum"].append("c")
    after["paths"]["/others"] = after["paths"]["/things"]
    assert breaking_changes(BEFORE, after) == []


def test_what_may_be_anything_takes_everything(after: dict[str, Any]) -> None:
    schema(after, "ThingIn")["properties"]["name"] = {}
    assert breaking_changes(BEFORE, after) == []


def test_an_operation_that_is_gone_breaks_clients(after: dict[str, Any]) -> None:
    del after["paths"]["/things"]["post"]
    assert breaking_changes(BEFORE, after) == ["create_thing: POST /things is gone"]


def test_an_operation_that_is_renamed_breaks_generated_ones(after: dict[str, Any]) -> None:
    operation(after)["operationId"] = "make_thing"
    assert breaking_changes(BEFORE, after) == ["create_thing: is called make_thing now"]


def test_what_is_asked_for_anew_breaks_clients(after: dict[str, Any]) -> None:
    schema(after, "ThingIn")["required"] = ["name", "kind"]
    operation(after)["parameters"][0]["required"] = True
    assert breaking_changes(BEFORE, after) == [
        "create_thing: body: kind is required now",
        "create_thing: parameter dry_run is required now",
    ]


def test_what_is_not_taken_any_more_breaks_clients(after: dict[str, Any]) -> None:
    members = schema(after, "ThingIn")["properties"]
    members["kind"]["enum"] = ["a"]
    members["note"] = {"type": "string"}
    del members["name"]
    operation(after)["parameters"] = []
    assert breaking_changes(BEFORE, after) == [
        "create_thing: body/kind: does not take b any more",
        "create_thing: body/note: may not be null any more",
        "create_thing: body: name is gone",
        "create_thing: parameter dry_run is gone",
    ]


def test_what_is_not_given_any_more_breaks_clients_however_deep(after: dict[str, Any]) -> None:
    schema(after, "Part")["properties"] = {}
    schema(after, "Part")["required"] = []
    schema(after, "Thing")["properties"]["name"] = {"anyOf": [{"type": "string"}, {"type": "null"}]}
    assert breaking_changes(BEFORE, after) == [
        "create_thing: answer 201/name: may be null now",
        "create_thing: answer 201/parts/*: size is gone",
        "create_thing: answer 201/parts/*: size may be missing now",
    ]


def _released() -> str | None:
    """The file of the last release, by its tag."""
    described = ["git", "describe", "--tags", "--abbrev=0", "--match", "v*"]
    tag = subprocess.run(described, cwd=ROOT, capture_output=True, text=True)
    if tag.returncode:
        return None
    shown = ["git", "show", f"{tag.stdout.strip()}:openapi/openapi.json"]
    found = subprocess.run(shown, cwd=ROOT, capture_output=True, text=True)
    return found.stdout if found.returncode == 0 else None


def test_clients_of_the_last_release_keep_working() -> None:
    released = _released()
    if released is None:
        pytest.skip("nothing has been released yet: there is no tag v*")
    now = json.loads((ROOT / "openapi" / "openapi.json").read_text())
    assert breaking_changes(json.loads(released), now) == []
