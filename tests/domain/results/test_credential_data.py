from dataclasses import replace
from datetime import UTC, date, datetime
from uuid import uuid4

import pytest

from app.domain.results.credential_data import CredentialData, LegalIdentity
from app.domain.results.errors import InvalidCredentialData, StaleCredentialData

NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)
ANA = LegalIdentity("Ana Núñez O'Brien", birth_date=date(1990, 5, 17))


def confirmed(identity: LegalIdentity) -> CredentialData:
    data = CredentialData(uuid4(), uuid4())
    data.confirm(identity, 0, at=NOON)
    return data


def test_a_name_and_a_birth_date_are_enough():
    data = confirmed(ANA)
    assert (data.identity, data.confirmed_at) == (ANA, NOON)
    assert [type(e).__name__ for e in data.take_events()] == ["CredentialDataConfirmed"]


@pytest.mark.parametrize(
    ("number", "compared"),
    [
        ("urn:schac:personalUniqueCode:int:esi:uniovi.es:UO1", "esi:uniovi.es:uo1"),
        ("urn:schac:personalUniqueCode:int:esi:UNIOVI.es:uo1", "esi:uniovi.es:uo1"),
        ("UO1", None),
        (None, None),
    ],
)
def test_a_european_student_identifier_is_compared_without_case_and_other_numbers_not_at_all(
    number, compared
):
    found = LegalIdentity("Ana Núñez", student_identifier=number).european_identifier
    assert found == (compared and f"urn:schac:personaluniquecode:int:{compared}")


@pytest.mark.parametrize(
    "number", ["UO123456", "urn:schac:personalUniqueCode:int:esi:uniovi.es:UO123456"]
)
def test_a_name_and_a_student_identifier_are_enough(number):
    identity = LegalIdentity("Ana Núñez", student_identifier=number)
    assert confirmed(identity).identity == identity


def test_blanks_are_tidied_and_letters_composed():
    untidy = replace(ANA, full_name="  Ana   Nu\u0301n\u0303ez ", given_name=" ", family_name="")
    data = confirmed(untidy)
    assert data.identity == replace(ANA, full_name="Ana Núñez")


@pytest.mark.parametrize(
    ("identity", "pointers"),
    [
        (replace(ANA, full_name="   "), ["/full_name"]),
        (replace(ANA, full_name="<b>Ana</b>"), ["/full_name"]),
        (replace(ANA, full_name="Ana\u202eevil"), ["/full_name"]),
        (replace(ANA, full_name="An\u200ba"), ["/full_name"]),
        (replace(ANA, full_name="An\u2060a"), ["/full_name"]),
        (replace(ANA, full_name="Ana\u3164"), ["/full_name"]),
        (replace(ANA, full_name="1234"), ["/full_name"]),
        (replace(ANA, full_name="A" * 201), ["/full_name"]),
        (replace(ANA, family_name="{x}"), ["/family_name"]),
        (replace(ANA, birth_date=None), ["/birth_date"]),
        (replace(ANA, birth_date=date(2026, 7, 1)), ["/birth_date"]),
        (replace(ANA, birth_date=date(1899, 12, 31)), ["/birth_date"]),
        (replace(ANA, student_identifier="urn:x:y"), ["/student_identifier"]),
        (replace(ANA, student_identifier="=1+1"), ["/student_identifier"]),
        (LegalIdentity(""), ["/full_name", "/birth_date"]),
    ],
)
def test_what_no_credential_could_hold_is_refused_field_by_field(identity, pointers):
    data = CredentialData(uuid4(), uuid4())
    with pytest.raises(InvalidCredentialData) as refused:
        data.confirm(identity, 0, at=NOON)
    assert [f.pointer for f in refused.value.findings] == pointers
    assert data.identity is None


def test_no_refusal_repeats_what_was_sent():
    with pytest.raises(InvalidCredentialData) as refused:
        confirmed(replace(ANA, full_name="<Secret>"))
    assert "Secret" not in str(refused.value.findings) + refused.value.detail
    assert "Secret" not in repr(LegalIdentity("Secret"))


def test_confirming_the_same_again_changes_nothing():
    data = confirmed(ANA)
    data.take_events()
    assert not data.confirm(ANA, 0, at=NOON)
    assert data.take_events() == []


def test_confirming_what_has_changed_meanwhile_is_refused():
    data = confirmed(ANA)
    data.version = 2
    with pytest.raises(StaleCredentialData) as refused:
        data.confirm(replace(ANA, full_name="Ana"), 1, at=NOON)
    assert refused.value.current == 2
