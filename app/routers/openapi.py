"""The published contract: what FastAPI derives, completed with what our habits add."""

from collections.abc import Iterator
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from app import __version__
from app.domain.access.table import PERMISSIONS
from app.routers.habits.problems import MEDIA_TYPE, Problem

DESCRIPTION = """
Joint micro-credentials of a European University alliance, the whole way: a proposal written by
several universities, its approval, editions with a limited number of places, results, and sealed
European Digital Credentials (ELM v3) that anyone can verify.

**Habits.** Refusals are problem details (RFC 9457) with a stable `code` and a `trace_id`. Edits
and transitions need `If-Match` with the ETag that you saw. Every POST takes `Idempotency-Key`.
Lists have `limit` and `cursor`. Things answer with `allowed_actions`: what you may do to them now.
Work that takes long is a job: 202, `Location`, progress at `/v1/jobs/{id}`.
"""

TAGS = [
    {"name": "platform", "description": "Is it alive, is it ready."},
    {"name": "identity", "description": "Who is asking, and what has been granted to them."},
    {"name": "institutions", "description": "The partners of the alliance."},
    {"name": "vocabularies", "description": "Controlled lists of the EU."},
    {"name": "skills", "description": "ESCO skills and how wordings resolve to them."},
    {"name": "proposals", "description": "From the first draft to publication."},
    {"name": "editions", "description": "When a micro-credential is offered, and its places."},
    {"name": "registrations", "description": "Who has a place and who waits."},
    {"name": "imports", "description": "Registrations that come as Microsoft Forms exports."},
    {"name": "results", "description": "What learners achieved, and what they confirm."},
    {"name": "links", "description": "For people without an account."},
    {"name": "credentials", "description": "Issuing, downloading and verifying."},
    {"name": "jobs", "description": "Long work and its progress."},
    {"name": "audit", "description": "Who changed what."},
]

_REFUSALS = {
    "400": "The request cannot be read.",
    "401": "No token, or not one that is accepted.",
    "403": "Your roles do not allow this here.",
    "404": "It does not exist, or you may not know of it.",
    "405": "The address does not know that method.",
    "406": "None of the media types that you accept can be given.",
    "409": "The state it is in does not allow this.",
    "412": "You saw an older version; `ETag` names the current one.",
    "413": "The body is too large.",
    "415": "The body has another media type than the operation takes.",
    "422": "What was sent is missing something or wrong; `errors` says where.",
    "428": "If-Match is missing.",
    "429": "Too many requests; `Retry-After` says when to come back.",
    "503": "Something outside does not answer; `Retry-After` says when to come back.",
}
_METHODS = frozenset({"get", "put", "post", "patch", "delete"})


def _operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, item in document["paths"].items():
        for method, operation in item.items():
            if method in _METHODS:
                yield path, method, operation


def _refusals(path: str, method: str, operation: dict[str, Any]) -> set[str]:
    permission = PERMISSIONS[operation["operationId"]]
    wanted = {"422", "429", "503"}
    parameters = operation.get("parameters", [])
    if not permission.public:
        wanted |= {"401", "403"}
    elif any(p["name"].lower() == "authorization" for p in parameters) or "security" in operation:
        wanted |= {"401"}
    if "{" in path or method != "get":
        wanted |= {"404"}
    if method != "get":
        wanted |= {"409"}
    if "requestBody" in operation:
        wanted |= {"400", "413", "415"}
    if any(p["name"].lower() == "if-match" for p in parameters):
        wanted |= {"412", "428"}
    if any(p["name"].lower() == "accept" for p in parameters):
        wanted |= {"406"}
    return wanted


def _complete(path: str, method: str, operation: dict[str, Any]) -> None:
    operation.setdefault("parameters", [])
    for parameter in operation["parameters"]:
        if parameter["name"].lower() == "if-match":
            parameter["required"] = True
            parameter["schema"] = {"type": "string", "pattern": '^"[0-9]{1,18}"$'}
    if method == "post":
        operation["parameters"].append(
            {
                "name": "Idempotency-Key",
                "in": "header",
                "required": False,
                "description": "Repeat the request with the same key, and the first answer comes "
                "again, for 24 hours.",
                "schema": {
                    "type": "string",
                    "pattern": "^[!-~]{1,255}$",
                    "examples": ["0192f3a1-5b7c-7d2e-9f4a-2c1d3e4f5a6b"],
                },
            }
        )
    if not operation["parameters"]:
        del operation["parameters"]
    responses = operation["responses"]
    for status in sorted(_refusals(path, method, operation)):
        responses[status] = {
            "description": _REFUSALS[status],
            "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
    for status, response in responses.items():
        response.setdefault("headers", {})["Trace-Id"] = {
            "description": "name it when you ask for help",
            "schema": {"type": "string"},
        }
        if status == "202":
            response["headers"]["Location"] = {
                "description": "the job",
                "schema": {"type": "string"},
            }
    operation["responses"] = dict(sorted(responses.items()))
    if PERMISSIONS[operation["operationId"]].public and "security" in operation:
        operation["security"] = [{}, *operation["security"]]


def build(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI document of the app, built once."""
    if app.openapi_schema:
        return app.openapi_schema
    document = get_openapi(
        title="INGENIUM micro-credentials",
        version=__version__,
        summary="From a joint proposal to a European Digital Credential that anyone can verify",
        description=DESCRIPTION,
        routes=app.routes,
        tags=TAGS,
        license_info={"name": "EUPL-1.2", "identifier": "EUPL-1.2"},
    )
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    problem = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas.update(problem.pop("$defs", {}))
    schemas["Problem"] = problem
    for path, method, operation in _operations(document):
        _complete(path, method, operation)
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    app.openapi_schema = document
    return document
