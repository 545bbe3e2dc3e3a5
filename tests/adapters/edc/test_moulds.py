"""What is cast in a mould is what building would have made, and is judged as validation would."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any
from uuid import uuid4

import orjson
import pytest

from app.adapters.edc.elm.moulds import Mould, Own, mould_of
from app.domain.credentials.profile.tables import edc_profile
from app.domain.credentials.profile.validation import validate
from app.domain.vocabulary.award import Holder
from tests.adapters.edc.credentials import a_credential
from tests.adapters.edc.material import ISSUED, PICTURES, a_full_course, an_award

ANN = Holder("Ann Example", "Ann", "Example", date(1990, 2, 28), "urn:x:esi:uniovi.es:UO1")
VALIDITY = a_full_course().academic.validity_period


def somebody(holder: Holder = ANN, **changes: Any) -> Own:
    return replace(Own(uuid4(), holder, ISSUED, PICTURES, VALIDITY), **changes)


def built(own: Own) -> dict[str, Any]:
    return a_credential(
        a_full_course(),
        an_award(own.holder),
        issued=own.issued,
        images=own.images,
        credential_id=own.credential_id,
    )


def a_mould(own: Own) -> Mould:
    mould = mould_of(built(own), own, built, edc_profile())
    assert mould is not None
    return mould


def test_the_course_has_an_end_of_validity_so_that_it_is_cast_too() -> None:
    assert somebody().valid_until is not None


@pytest.mark.parametrize(
    "holder",
    [
        Holder("Zoë Ñandú", "Zoë", "Ñandú", date(2001, 1, 1), "urn:x:esi:uniovi.es:UO2"),
        Holder('"; \\ \u2028 \x07', "Example", "Example", date(1, 1, 1), "urn:x:esi:uniovi.es:\n"),
        Holder("urn:credential:1", "type", "id", date(9999, 12, 31), "urn:x:esi:uniovi.es:"),
    ],
)
def test_what_is_cast_is_byte_for_byte_what_is_built(holder: Holder) -> None:
    other = somebody(
        holder,
        issued=datetime(2027, 2, 28, 23, 59, 59, tzinfo=UTC),
        images={tag: png + tag.encode() for tag, png in PICTURES.items()},
    )

    assert other.shape == somebody().shape
    assert a_mould(somebody()).cast(other) == orjson.dumps(built(other))


@pytest.mark.parametrize(
    "holder",
    [Holder("Ann"), Holder("Ann", "Ann"), Holder("Ann", birth_date=date(1990, 2, 28))],
)
def test_people_of_whom_other_things_are_known_have_a_mould_of_their_own(holder: Holder) -> None:
    own = somebody(holder)

    assert own.shape != somebody().shape
    assert a_mould(own).cast(own) == orjson.dumps(built(own))


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"holder": replace(ANN, full_name=" ")},
        {"holder": replace(ANN, family_name="\t")},
        {"holder": replace(ANN, student_identifier="urn:x:esi:uniovi.es:")},
        {"holder": replace(ANN, full_name="x" * 12_000_000)},
        {"images": dict.fromkeys(PICTURES, b"no picture")},
    ],
)
def test_it_is_sound_when_validation_has_nothing_against_it(changes: Mapping[str, Any]) -> None:
    mould, other = a_mould(somebody()), somebody(**changes)
    payload = mould.cast(other)

    assert mould.is_sound(other, len(payload)) == (validate(orjson.loads(payload)) == [])


def test_a_credential_that_says_something_else_of_a_person_has_no_mould() -> None:
    def shouting(own: Own) -> dict[str, Any]:
        document = built(own)
        document["credentialSubject"]["fullName"] = {"en": own.holder.full_name.upper()}
        return document

    own = somebody()
    assert mould_of(shouting(own), own, shouting, edc_profile()) is None


def test_a_credential_whose_form_depends_on_the_person_has_no_mould() -> None:
    def with_more(own: Own) -> dict[str, Any]:
        return built(own) | ({} if own.holder is ANN else {"name": {"en": "More"}})

    own = somebody()
    assert mould_of(with_more(own), own, with_more, edc_profile()) is None
