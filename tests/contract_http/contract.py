"""The OpenAPI file, as something that answers are held against."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import httpx
from jsonschema import Draft202012Validator
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from app.main import create_app
from app.settings import Settings

METHODS = ("get", "put", "post", "patch", "delete")
_BASE = "urn:contract"


@dataclass(frozen=True)
class Operation:
    """One operation of the file."""

    name: str
    method: str
    path: str
    said: Mapping[str, Any]

    @property
    def parameters(self) -> list[Mapping[str, Any]]:
        """Its parameters."""
        found: list[Mapping[str, Any]] = self.said.get("parameters", [])
        return found


class Contract:
    """The file with all its schemas, ready to judge."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self.document = document
        self._validators: dict[str, Draft202012Validator] = {}
        self._heard: dict[tuple[str, int, str], list[str]] = {}

    @cached_property
    def operations(self) -> dict[str, Operation]:
        """All operations by `operationId`."""
        return {
            said["operationId"]: Operation(said["operationId"], method, path, said)
            for path, item in self.document["paths"].items()
            for method, said in item.items()
            if method in METHODS
        }

    @cached_property
    def _registry(self) -> Any:
        content = _absolute({"components": self.document["components"]})
        resource = DRAFT202012.create_resource(content)
        return Registry().with_resource(_BASE, resource)

    def validator(self, schema: Mapping[str, Any]) -> Draft202012Validator:
        """Judges values by a schema of the file, formats included."""
        key = json.dumps(schema, sort_keys=True)
        if key not in self._validators:
            self._validators[key] = Draft202012Validator(
                _absolute(schema),
                registry=self._registry,
                format_checker=Draft202012Validator.FORMAT_CHECKER,
            )
        return self._validators[key]

    def resolved(self, part: Mapping[str, Any]) -> Mapping[str, Any]:
        """The part, or what it refers to."""
        if "$ref" not in part:
            return part
        found: Any = self.document
        for key in part["$ref"].removeprefix("#/").split("/"):
            found = found[key]
        named: Mapping[str, Any] = found
        return named

    def complaints(self, operation: str, answer: httpx.Response) -> list[str]:
        """Everything in an answer that contradicts the file."""
        trace = answer.headers.get("trace-id", "-")
        said = f"{sorted(answer.headers)} {answer.text.replace(trace, '-')}"
        # Most refusals are the same for everybody.
        key = (operation, answer.status_code, said)
        if key not in self._heard:
            self._heard[key] = list(self._complaints(operation, answer))
        return self._heard[key]

    def _complaints(self, operation: str, answer: httpx.Response) -> Iterator[str]:
        said = self.operations[operation].said["responses"]
        status = str(answer.status_code)
        if status not in said:
            yield f"status {status} is not declared: {answer.text[:200]}"
            return
        declared = self.resolved(said[status])
        for name, header in declared.get("headers", {}).items():
            if header["required"] and name not in answer.headers:
                yield f"{status} has no header {name}"
        known = {"etag", "location", "link"} & {name.lower() for name in answer.headers}
        for name in known - {name.lower() for name in declared.get("headers", {})}:
            yield f"{status} has a header {name} that is not declared"
        content = declared.get("content", {})
        media_type = answer.headers.get("content-type", "").partition(";")[0]
        if media_type not in content:
            yield f"{status} is {media_type}, declared are {list(content)}"
        elif "json" in media_type and content[media_type]["schema"].get("format") != "binary":
            for error in self.validator(content[media_type]["schema"]).iter_errors(answer.json()):
                yield f"{status} at {'/'.join(map(str, error.path))}: {error.message[:200]}"


def _absolute(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            key: f"{_BASE}{item}" if key == "$ref" and item.startswith("#") else _absolute(item)
            for key, item in value.items()
        }
    if isinstance(value, list):
        return [_absolute(item) for item in value]
    return value


def contract_of_the_code() -> Contract:
    """What the code would publish now."""
    return Contract(create_app(Settings()).openapi())
