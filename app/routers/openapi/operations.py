"""What our habits add to every operation: refusals, headers, and who may ask for it."""

import re
from collections.abc import Iterator
from typing import Any

from app.domain.access.table import PERMISSIONS
from app.permission_page import who_may
from app.routers.habits.problems import MEDIA_TYPE
from app.routers.openapi.examples import Examples
from app.routers.openapi.schemas import Json, without_null
from app.routers.openapi.texts import ID, IDEMPOTENCY_KEY, OTHER_ID, PARAMETERS, REFUSALS

METHODS = frozenset({"get", "put", "post", "patch", "delete"})

UNKEPT = frozenset(
    {
        "verify_credential",
        "issue_development_token",
        "create_share",
        "publish_page",
        "open_share",
        "open_link",
        "request_link",
        "create_form_secret",
        # Known by form and number, whatever it is called.
        "import_responses",
    }
)
"""POSTs that keep no answer for a repetition: personal, or a key to something."""

VERSIONED = frozenset(
    {
        "create_proposal",
        "get_proposal",
        "get_proposal_section",
        "record_past_edition",
        "give_consent",
        "validate_proposal",
        "review_proposal",
        "create_edition",
        "get_edition",
        "register",
        "get_registration",
        "get_result",
        "get_credential_data",
        "prepare_batch",
        "get_batch",
        "get_local_sealing",
        "download_signing_input",
        "download_credential",
        "get_credential",
        "create_share",
        "publish_page",
        "get_share",
        "get_status_list",
    }
)
"""Answer with an ETag, besides those that take If-Match."""

LOCATED = {
    "create_proposal": f"/v1/proposals/{ID}",
    "prepare_batch": f"/v1/issuing-batches/{ID}",
    "prepare_reissue": f"/v1/issuing-batches/{ID}",
    "rerun_batch": f"/v1/jobs/{OTHER_ID}",
    "renew_local_sealing": f"/v1/jobs/{OTHER_ID}",
    "create_share": f"/v1/credentials/{ID}/shares/{OTHER_ID}",
    "publish_page": f"/v1/credentials/{ID}/shares/{OTHER_ID}",
    "create_edition": f"/v1/editions/{ID}",
    "register": f"/v1/registrations/{ID}",
    "import_registrations": f"/v1/jobs/{OTHER_ID}",
    "approve_batch": f"/v1/jobs/{OTHER_ID}",
    "resume_job": f"/v1/jobs/{OTHER_ID}",
}
"""Say where the thing is that they made, or the job that they started."""

_ALSO: dict[str, frozenset[str]] = {
    # Nothing in their address says that there may be nothing.
    "get_skill": frozenset({"404"}),
    "list_skills_below": frozenset({"404"}),
    "list_occupation_skills": frozenset({"404"}),
    "list_demo_people": frozenset({"404"}),
    # The signature is wrong.
    "import_responses": frozenset({"401"}),
    # Refused while data are not confirmed, or once a credential is not in force any more.
    "export_unsigned_credential": frozenset({"409"}),
    "get_credential_elmo": frozenset({"409"}),
    # Refused while certified fields are missing.
    "preview_credential": frozenset({"409"}),
}


def operations(document: Json) -> Iterator[tuple[str, str, Json]]:
    """Every operation with its path and method."""
    for path, item in document["paths"].items():
        for method, operation in item.items():
            if method in METHODS:
                yield path, method, operation


def _keeps(method: str, operation: Json) -> bool:
    return method == "post" and operation["operationId"] not in UNKEPT


def _refusals(path: str, method: str, operation: Json) -> set[str]:
    name = operation["operationId"]
    permission = PERMISSIONS[name]
    headers = {p["name"] for p in operation.get("parameters", ()) if p["in"] == "header"}
    wanted = {"422", "429", "503"} | _ALSO.get(name, frozenset())
    if not permission.public:
        wanted |= {"401", "403"}
    elif "security" in operation or _keeps(method, operation):
        # A token is not needed, but one that is sent must be good.
        wanted |= {"401"}
    if "{" in path or method != "get":
        wanted |= {"404"}
    if method != "get":
        wanted |= {"409"}
    if "requestBody" in operation:
        wanted |= {"400", "413", "415"}
    if "If-Match" in headers:
        wanted |= {"412", "428"}
    if any(r.get("content") for status, r in operation["responses"].items() if status < "3"):
        wanted |= {"406"}
    return wanted


_LONG = 70


def _first_sentence(text: str) -> str:
    paragraph = " ".join(text.split("\n\n")[0].split())
    sentence = paragraph.split(". ")[0].removesuffix(".")
    return sentence if len(sentence) <= _LONG else re.split("[:;] ", sentence)[0]


def _parameters(method: str, operation: Json) -> None:
    shown = []
    for parameter in operation.get("parameters", ()):
        name = parameter["name"]
        if name.lower() == "accept":
            continue  # OpenAPI tells it by the media types of the answers
        parameter["schema"] = without_null(parameter["schema"])
        if name.lower() == "if-match":
            parameter |= {"name": "If-Match", "required": True}
            parameter["schema"] = {
                "type": "string",
                "pattern": '^"[0-9]{1,18}"$',
                "examples": ['"3"'],
            }
        known = PARAMETERS.get(name)
        if known is not None:
            parameter.setdefault("description", known[0])
            if not _has_example(parameter["schema"]):
                parameter["schema"]["examples"] = [known[1]]
        parameter["description"] = parameter.get(
            "description", parameter["schema"].get("description", "")
        )
        shown.append(parameter)
    if _keeps(method, operation):
        shown.append(IDEMPOTENCY_KEY)
    operation.pop("parameters", None)
    if shown:
        operation["parameters"] = shown


def _has_example(schema: Json) -> bool:
    said = any(key in schema for key in ("examples", "enum", "const", "$ref", "default"))
    return said or ("items" in schema and _has_example(schema["items"]))


def _header(description: str, example: str, *, required: bool = True) -> Json:
    return {
        "description": description,
        "required": required,
        "schema": {"type": "string", "examples": [example]},
    }


_ETAGS = {
    "download_credential": "the document's SHA-256",
    "get_status_list": "for If-None-Match",
    "download_signing_input": "the SHA-256 of the bytes",
}

TRACE = {"Trace-Id": _header("name it when you ask for help", "4bf92f3577b34da6a3ce929d0e0e4736")}


def _headers(method: str, operation: Json) -> Json:
    name = operation["operationId"]
    taken = {p["name"] for p in operation.get("parameters", ())}
    headers = dict(TRACE)
    if name in VERSIONED or "If-Match" in taken:
        what = _ETAGS.get(name, "for If-Match")
        headers["ETag"] = _header(what, '"3"')
    if name in LOCATED:
        headers["Location"] = _header("where it is", LOCATED[name])
    if "cursor" in taken:
        headers["Link"] = _header("the next page", '</v1/…>; rel="next"', required=False)
    if _keeps(method, operation):
        headers["Idempotency-Replayed"] = _header(
            "`true` on the first answer given again", "true", required=False
        )
    return headers


def complete(path: str, method: str, operation: Json) -> None:
    """Add to what FastAPI derives from the code what the habits do around it."""
    name = operation["operationId"]
    description = operation.get("description", "")
    if operation.get("summary") == name.replace("_", " ").title():
        operation["summary"] = _first_sentence(description)
    operation["description"] = f"{description}\n\n**Who may:** {who_may(PERMISSIONS[name])}."
    _parameters(method, operation)
    body = operation.get("requestBody")
    if body is not None:
        for media in body["content"].values():
            if not body.get("required"):
                media["schema"] = without_null(media["schema"])
    answers = operation["responses"]
    for status, answer in answers.items():
        if status < "3":
            answer["headers"] = _headers(method, operation)
    for status in _refusals(path, method, operation):
        answers[status] = {"$ref": f"#/components/responses/Refused{status}"}
    operation["responses"] = dict(sorted(answers.items()))
    if PERMISSIONS[name].public and "security" in operation:
        operation["security"] = [{}, *operation["security"]]


def refusal(status: str) -> Json:
    """The refusal with this status, as a component that operations refer to."""
    headers = dict(TRACE)
    if status == "401":
        headers["WWW-Authenticate"] = _header("RFC 6750", "Bearer")
    if status == "412":
        headers["ETag"] = _header("the current version", '"4"')
    if status in {"429", "503"}:
        headers["Retry-After"] = _header("seconds", "5")
    return {
        "description": REFUSALS[status],
        "headers": headers,
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }


def add_examples(operation: Json, make: Examples) -> None:
    """Give the body and each answer in JSON an example."""
    holders: list[Any] = [operation.get("requestBody", {})]
    holders += [answer for status, answer in operation["responses"].items() if status < "3"]
    for holder in holders:
        for media_type, media in holder.get("content", {}).items():
            schema = media.get("schema", {})
            if "json" in media_type and schema.get("format") != "binary":
                media.setdefault("example", make.of(schema))
