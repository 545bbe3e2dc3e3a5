"""What officers read beside the codes of rows and of what waits for them."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib import resources
from typing import Any
from uuid import UUID

import pytest

from app.domain.enrolment.claims import AFTER_CONTEST
from app.domain.enrolment.forms.codes import RowReason, RowWarning
from app.domain.enrolment.forms.imports import ImportRow, ImportState, RowStanding, Verdict
from app.domain.enrolment.officer_sentences import (
    advice_on,
    codes,
    languages,
    notes_of,
    sentence_of,
)
from app.domain.enrolment.reasons import Reason
from app.domain.enrolment.use_cases.undecided import CONTESTED

OF_ROWS = (
    Reason.EARLY, Reason.LATE, Reason.NOT_ADMITTED, Reason.INSTITUTION_MISSING,
    Reason.INSTITUTION_UNCLEAR, Reason.POSSIBLE_DOUBLE, Reason.IN_REVIEW, Reason.TIME_CHANGED,
)  # fmt: skip
"""Reasons of registrations that rows have as well."""
QUESTIONS = (
    Reason.INSTITUTION_MISSING.value, Reason.INSTITUTION_UNCLEAR.value,
    Reason.POSSIBLE_DOUBLE.value, Reason.TIME_CHANGED.value, AFTER_CONTEST, CONTESTED,
)  # fmt: skip
WAITS = ("quota", "full", "reserved", "cut_off")


def row(verdict: Verdict, reason: str | None = None, **more: Any) -> ImportRow:
    return ImportRow(
        row=7,
        response=41,
        verdict=verdict,
        reason=reason,
        full_name="Zoë Ñandú",
        email="zoe@example.org",
        stated="Univercity of Oviedo",
        received_at=datetime(2027, 3, 1, 12, tzinfo=UTC),
        **more,
    )


def all_rows() -> Iterator[ImportRow]:
    for verdict in (Verdict.CREATE, Verdict.UPDATE, Verdict.UNCHANGED):
        yield row(verdict)
    yield row(Verdict.CREATE, standing=RowStanding("placed", "in_order", 1, 1))
    for why in WAITS:
        yield row(Verdict.CREATE, standing=RowStanding("waiting", why, 9, 3))
    yield row(Verdict.CREATE, standing=RowStanding("cancelled", "cancelled_by_person", None, None))
    yield row(Verdict.NEEDS_DECISION, "possible_double", standing=RowStanding("placed", "in_order"))
    yield row(Verdict.DUPLICATE, "same_person", warnings=("institution_differs",))
    for reason in (*RowReason, *OF_ROWS):
        yield row(Verdict.NEEDS_DECISION, reason.value)


@pytest.mark.parametrize("language", languages())
def test_every_row_has_a_sentence_of_its_own_in_every_language(language: str) -> None:
    said = [sentence_of(one, ImportState.COMMITTED, language) for one in all_rows()]
    said += [advice_on(question, language) for question in QUESTIONS[-1:]]
    said += notes_of(row(Verdict.CREATE, warnings=tuple(RowWarning), planned=Verdict.UPDATE),
                     language)  # fmt: skip
    assert len(set(said)) == len(said)
    assert [
        sentence for sentence in said if not re.fullmatch(r"[^{}_\n]{20,220}\.", sentence)
    ] == []
    if language != "en":
        file = resources.files("app.data") / "officer_sentences.json"
        english = set(json.loads(file.read_text(encoding="utf-8"))["en"].values())
        assert english.intersection(said) == set()


def test_all_languages_have_words_for_the_same_codes() -> None:
    file = resources.files("app.data") / "officer_sentences.json"
    spoken = json.loads(file.read_text(encoding="utf-8"))
    assert {tag for tag, words in spoken.items() if frozenset(words) != codes()} == set()


def test_nothing_that_a_row_says_of_a_person_is_repeated_in_its_sentence() -> None:
    for one in all_rows():
        said = sentence_of(one, ImportState.COMMITTED)
        assert [s for s in ("Zoë", "zoe@", "Univercity", "41") if s in said] == []


def test_a_row_of_a_dry_run_says_what_would_become_of_it() -> None:
    new = row(Verdict.CREATE)
    assert sentence_of(new, ImportState.PLANNED) == (
        "Once imported: New registration; nothing is to be done."
    )
    assert sentence_of(new, ImportState.NEEDS_MAPPING, "de-AT") == (
        "Beim Import: Neue Anmeldung; es ist nichts zu tun."
    )
    assert sentence_of(new, ImportState.COMMITTED) == "New registration; nothing is to be done."


def test_a_row_that_nothing_comes_of_says_so_before_and_after() -> None:
    wrong = row(Verdict.INVALID, RowReason.EMAIL_INVALID)
    assert {sentence_of(wrong, state) for state in ImportState} == {
        (
            "Not taken, because what stands as e-mail address is none; correct it in the row and "
            "import the file again."
        )
    }


def test_what_was_taken_back_says_that_it_no_longer_counts() -> None:
    new = row(Verdict.CREATE, registration=UUID(int=1))
    assert sentence_of(new, ImportState.TAKEN_BACK) == (
        "It came with an import that was taken back and no longer counts; import the file again "
        "if it should."
    )


def test_a_delivery_that_waits_for_its_form_is_kept_already() -> None:
    held = row(Verdict.NEEDS_DECISION, RowReason.FORM_NOT_MAPPED)
    assert sentence_of(held, ImportState.NEEDS_MAPPING).startswith("It is kept and waits")
    failed = row(Verdict.NEEDS_DECISION, RowReason.IMPORT_FAILED)
    assert sentence_of(failed, ImportState.NEEDS_MAPPING).startswith("It is kept, because")


def test_somebody_whose_language_we_have_no_words_in_reads_english() -> None:
    assert sentence_of(row(Verdict.UPDATE), ImportState.COMMITTED, "pl") == sentence_of(
        row(Verdict.UPDATE), ImportState.COMMITTED
    )
