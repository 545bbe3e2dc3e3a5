"""What people read whose request does not have the form that an operation expects."""

from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, Literal, get_args
from uuid import UUID, uuid4

import pytest
from pydantic import AnyUrl, AwareDatetime, BaseModel, ConfigDict, Field, ValidationError
from pydantic_core.core_schema import ErrorType

from app.routers.habits.problems import findings_of
from app.routers.habits.values import Instant
from app.routers.habits.wording import said_of
from tests.api.conftest import Api

SECRET = "Ana Núñez ana@example.org"


class _Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")

    needed: int = 1
    text: Annotated[str, Field(min_length=2, max_length=4)] = "abc"
    few: Annotated[list[str], Field(min_length=1, max_length=2)] = ["a"]
    colour: _Colour = _Colour.RED
    kind: Literal["one", "two"] = "one"
    day: date = date(2027, 3, 1)
    instant: AwareDatetime | None = None
    stored: Instant | None = None
    identifier: UUID | None = None
    share: Annotated[float, Field(ge=0, lt=1)] = 0.5
    amount: Annotated[Decimal, Field(max_digits=5, decimal_places=2)] = Decimal(1)
    yes: bool = True
    page: AnyUrl | None = None
    more: dict[str, str] = {}
    pattern: Annotated[str, Field(pattern="^[a-z]+$")] = "a"


@pytest.mark.parametrize(
    ("sent", "pointer", "code", "detail", "params"),
    [
        ({"nedeed": SECRET}, "/nedeed", "extra_forbidden",
         "There is no such field here. Leave it out, or look for its name in /docs.", {}),
        ({"needed": SECRET}, "/needed", "int_parsing", "Send a whole number, such as 10.", {}),
        ({"text": 7}, "/text", "string_type", "Send a text.", {}),
        ({"text": SECRET}, "/text", "string_too_long", "Send at most 4 characters.",
         {"max_length": 4}),
        ({"text": "a"}, "/text", "string_too_short", "Send at least 2 characters.",
         {"min_length": 2}),
        ({"few": []}, "/few", "too_short", "Send at least 1 entry.", {"min_length": 1}),
        ({"few": [SECRET] * 3}, "/few", "too_long", "Send at most 2 entries.", {"max_length": 2}),
        ({"few": ["a", None]}, "/few/1", "string_type", "Send a text.", {}),
        ({"colour": SECRET}, "/colour", "enum", "Send one of these: 'red' or 'blue'.",
         {"expected": "'red' or 'blue'"}),
        ({"kind": SECRET}, "/kind", "literal_error", "Send one of these: 'one' or 'two'.",
         {"expected": "'one' or 'two'"}),
        ({"day": SECRET}, "/day", "date_from_datetime_parsing",
         "Send a day as ISO 8601 has it, such as 2027-03-01.", {}),
        ({"instant": SECRET}, "/instant", "datetime_from_date_parsing",
         "Send an instant with its time zone (RFC 3339), such as 2027-03-01T09:00:00Z.", {}),
        ({"instant": "2027-03-01T09:00:00"}, "/instant", "timezone_aware",
         "Say the time zone as well, such as in 2027-03-01T09:00:00Z.", {}),
        ({"stored": "1000-03-01T09:00:00Z"}, "/stored", "value_error",
         "Give an instant between the years 1900 and 2200.", {}),
        ({"identifier": SECRET}, "/identifier", "uuid_parsing",
         "This is no identifier. Send the UUID with which the service named the thing.", {}),
        ({"share": 1}, "/share", "less_than", "Send less than 1.0.", {"lt": 1.0}),
        ({"share": -1}, "/share", "greater_than_equal", "Send 0.0 or more.", {"ge": 0.0}),
        ({"amount": "1.234"}, "/amount", "decimal_max_places",
         "Send at most 2 digits behind the point.", {"decimal_places": 2}),
        ({"yes": SECRET}, "/yes", "bool_parsing", "Send true or false.", {}),
        ({"page": SECRET}, "/page", "url_parsing",
         "Send a whole web address, such as https://example.org/page.", {}),
        ({"more": SECRET}, "/more", "dict_type",
         "Send an object with named fields. /docs describes it.", {}),
        ({"pattern": SECRET}, "/pattern", "string_pattern_mismatch",
         "Send a text of the form ^[a-z]+$ (a regular expression).", {"pattern": "^[a-z]+$"}),
    ],
)  # fmt: skip
def test_each_common_slip_is_answered_with_what_to_send_instead(
    sent: dict[str, Any], pointer: str, code: str, detail: str, params: dict[str, Any]
) -> None:
    with pytest.raises(ValidationError) as caught:
        _Body.model_validate(sent)
    errors = [{**e, "loc": ("body", *e["loc"])} for e in caught.value.errors()]
    (found,) = findings_of(errors)
    assert (found.pointer, found.code, found.detail, dict(found.params)) == (
        pointer, code, detail, params,
    )  # fmt: skip


@pytest.mark.parametrize("code", get_args(ErrorType))
def test_whatever_fails_is_told_in_our_words_and_without_what_was_sent(code: str) -> None:
    context = {
        "input": SECRET, "tag": SECRET, "error": "", "date": datetime.now(UTC), "max_length": 3,
    }  # fmt: skip
    detail, params = said_of(code, context, ("field",))
    assert detail.endswith(".")
    assert "{" not in detail
    assert SECRET not in detail + str(params)


async def test_a_body_that_is_no_json_or_has_the_wrong_shape_is_told_so(api: Api) -> None:
    path = f"/v1/editions/{uuid4()}/registrations"
    headers = {"Content-Type": "application/json"}
    broken = await api("teo-oviedo", "POST", path, content=b'{"full_name": Ana}', headers=headers)
    assert broken.json()["errors"] == [
        {
            "pointer": "/", "code": "json_invalid",
            "detail": "The body cannot be read as JSON from character 14 on. Mend it there.",
            "params": {"position": 14},
        }
    ]  # fmt: skip
    wrong = await api(
        "teo-oviedo", "POST", path, json={"full_name": ["Ana"], "privacy_notice": True}
    )
    assert (wrong.status_code, wrong.json()["code"]) == (422, "invalid_request")
    assert [(e["pointer"], e["code"], e["detail"]) for e in wrong.json()["errors"]] == [
        ("/full_name", "string_type", "Send a text."),
        ("/email", "missing", "This is required and missing. Send it."),
    ]
    nothing = await api("teo-oviedo", "GET", "/v1/editions?limit=many")
    assert [(e["pointer"], e["detail"]) for e in nothing.json()["errors"]] == [
        ("#/query/limit", "Send a whole number, such as 10.")
    ]


async def test_who_may_not_is_told_which_operation_their_roles_do_not_cover(api: Api) -> None:
    refused = await api("teo-oviedo", "GET", "/v1/retention")
    assert refused.status_code == 403
    assert refused.json()["detail"] == (
        "Your roles do not cover `get_retention` here. GET /v1/me lists your roles; the alliance "
        "office can grant others."
    )


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/v1/editions?limit=many"), ("GET", "/v1/nowhere"), ("DELETE", "/v1/editions")],
)
async def test_the_type_of_a_refusal_is_a_page_that_says_what_its_code_means(
    api: Api, method: str, path: str
) -> None:
    refused = (await api("teo-oviedo", method, path)).json()
    page = await api(None, "GET", refused["type"])
    assert (page.status_code, refused["code"] in page.text) == (200, True)
