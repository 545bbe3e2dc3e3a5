"""What verification makes of timestamps, revocation and qualification: seals of the test PKI."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

import pytest

from app.adapters.edc.pki.parsed import parsed_certificate
from app.adapters.edc.pki.revocation_data import Responses, RevocationList
from app.adapters.edc.verification.status import as_registered
from app.adapters.edc.verification.times import Material
from app.adapters.edc.verification.verify import verify
from app.domain.credentials.status import CredentialState, PublicStatus
from app.domain.credentials.verification import CheckName, CheckStatus, Verdict, Verification
from app.domain.ids import new_id
from tests.adapters.edc.credentials import as_bytes
from tests.pki.authority import TestPki, in_der
from tests.pki.sealed import (
    SECOND,
    archived,
    at_level,
    entries,
    sealed_by,
    stamped,
    with_entries,
    with_status,
)

OK, WARNING, ERROR, SKIPPED = (
    CheckStatus.OK,
    CheckStatus.WARNING,
    CheckStatus.ERROR,
    CheckStatus.SKIPPED,
)
SEALED = datetime(2026, 7, 1, 9, 0, tzinfo=UTC)
"""A month after whatever is revoked was revoked."""
EARLY = datetime(2026, 5, 1, 9, 0, tzinfo=UTC)
"""A month before that."""
BEFORE_THE_END = datetime(2026, 2, 1, 9, 0, tzinfo=UTC)
"""A month before the expired seal expired."""
NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
LEVELS = ("B-B", "B-T", "B-LT", "B-LTA")


def checked(pki: TestPki, raw: bytes, *, trusting: tuple[str, ...] = ("root",), **more: Any) -> Any:
    known: PublicStatus | None = more.pop("known", None)
    found = verify(
        raw,
        trust=pki.trust(*trusting) if trusting else pki.trust("other"),
        now=more.pop("now", NOW),
        recognised=lambda _: None,
        **more,
    )
    return found if known is None else as_registered(found, known)


def said(found: Verification, name: str) -> tuple[CheckStatus, str]:
    check = found.check(CheckName(name))
    return check.status, check.code


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("label", ["seal-rsa", "seal-ec"])
def test_every_level_is_verified_and_named(pki: TestPki, level: str, label: str) -> None:
    found = checked(pki, at_level(pki, level, SEALED, label))
    assert (found.level, found.verdict) == (level, Verdict.VERIFIED)
    assert found.sealed_at == SEALED
    assert found.proven_at == (None if level == "B-B" else SEALED + SECOND)
    assert said(found, "timestamps") == (
        (SKIPPED, "no_timestamps") if level == "B-B" else (OK, "timestamps_valid")
    )
    assert said(found, "certificate_status") == (
        (OK, "not_revoked") if level in ("B-LT", "B-LTA") else (SKIPPED, "no_status_known")
    )


@pytest.mark.parametrize("alg", ["PS256"])
def test_the_algorithm_of_the_seal_does_not_matter_to_its_timestamps(
    pki: TestPki, alg: str
) -> None:
    assert checked(pki, at_level(pki, "B-LTA", SEALED, alg=alg)).verdict is Verdict.VERIFIED


def test_a_seal_without_anything_beside_it_is_judged_by_what_is_stored_here(pki: TestPki) -> None:
    stored = Material(
        lists=[
            RevocationList.read(pki.crl("issuing", NOW)),
            RevocationList.read(pki.crl("root", NOW)),
        ]
    )
    found = checked(pki, sealed_by(pki, SEALED), material=stored)
    assert said(found, "certificate_status") == (OK, "not_revoked")
    stored = Material(responses=[Responses.read(pki.ocsp_response("seal-rsa", NOW))])
    found = checked(pki, sealed_by(pki, SEALED), material=stored)
    assert said(found, "certificate_status") == (OK, "seal_certificate_not_revoked")


# Twins that are wrong in one way


def _ocsp(pki: TestPki, label: str, at: datetime) -> Material:
    return Material(responses=[Responses.read(pki.ocsp_response(label, at))])


def _crl(pki: TestPki, _label: str, at: datetime) -> Material:
    return Material(lists=[RevocationList.read(pki.crl("issuing", at))])


@pytest.mark.parametrize("stored", [_ocsp, _crl])
def test_a_revoked_seal_over_stored_answers(
    pki: TestPki, stored: Callable[[TestPki, str, datetime], Material]
) -> None:
    known = stored(pki, "seal-revoked", NOW)
    after = checked(pki, sealed_by(pki, SEALED, "seal-revoked"), material=known)
    assert said(after, "certificate_status") == (ERROR, "revoked_before_sealing")
    assert after.verdict is Verdict.FAILED
    # Only the sealer says that it was before: whoever stole the key could say so as well.
    claimed = checked(pki, sealed_by(pki, EARLY, "seal-revoked"), material=known)
    assert said(claimed, "certificate_status") == (WARNING, "revoked_since")
    assert claimed.verdict is Verdict.PARTIALLY_VERIFIED
    # A timestamp proves it.
    proven = checked(pki, at_level(pki, "B-T", EARLY, "seal-revoked"), material=known)
    assert said(proven, "certificate_status") == (OK, "revoked_after_sealing")
    assert proven.verdict is Verdict.VERIFIED
    # One that was made after the revocation does not.
    late = stamped(sealed_by(pki, EARLY, "seal-revoked"), pki, SEALED)
    assert said(checked(pki, late, material=known), "certificate_status") == (
        WARNING,
        "revoked_since",
    )


def test_a_revoked_seal_that_carries_the_answer_itself(pki: TestPki) -> None:
    found = checked(pki, at_level(pki, "B-LTA", SEALED, "seal-revoked"))
    assert said(found, "certificate_status") == (ERROR, "revoked_before_sealing")
    evidence = found.check(CheckName.CERTIFICATE_STATUS).evidence
    assert (evidence["reason"], evidence["source"]) == ("keyCompromise", "OCSP")
    early = checked(pki, at_level(pki, "B-LTA", EARLY, "seal-revoked"))
    assert said(early, "certificate_status") == (OK, "not_revoked")


def test_a_revoked_seal_of_a_stranger_is_known_to_be_revoked_all_the_same(pki: TestPki) -> None:
    found = checked(pki, at_level(pki, "B-LTA", SEALED, "seal-revoked"), trusting=())
    assert said(found, "issuer_trust") == (WARNING, "unknown_issuer")
    assert said(found, "certificate_status") == (ERROR, "revoked_before_sealing")


def test_an_expired_seal(pki: TestPki) -> None:
    after = checked(pki, sealed_by(pki, SEALED, "seal-expired"))
    assert said(after, "seal") == (ERROR, "certificate_not_valid_then")
    claimed = checked(pki, sealed_by(pki, BEFORE_THE_END, "seal-expired"))
    assert said(claimed, "certificate_status") == (WARNING, "certificate_expired_since")
    assert claimed.verdict is Verdict.PARTIALLY_VERIFIED
    for level in ("B-LT", "B-LTA"):
        proven = checked(pki, at_level(pki, level, BEFORE_THE_END, "seal-expired"))
        assert said(proven, "certificate_status") == (OK, "not_revoked")
        assert proven.verdict is Verdict.VERIFIED


@pytest.mark.parametrize(
    ("label", "qualification", "verdict"),
    [
        ("seal-rsa", (SKIPPED, "qualification_not_looked_up"), Verdict.VERIFIED),
        ("seal-unqualified", (SKIPPED, "no_qualification_claimed"), Verdict.VERIFIED),
        ("seal-not-compliant", (SKIPPED, "no_qualification_claimed"), Verdict.VERIFIED),
        ("seal-esign", (WARNING, "certificate_of_other_type"), Verdict.PARTIALLY_VERIFIED),
        ("seal-web", (WARNING, "certificate_of_other_type"), Verdict.PARTIALLY_VERIFIED),
    ],
)
def test_what_a_certificate_says_of_its_qualification(
    pki: TestPki, label: str, qualification: tuple[CheckStatus, str], verdict: Verdict
) -> None:
    found = checked(pki, at_level(pki, "B-LTA", SEALED, label))
    assert said(found, "seal") == (OK, "seal_intact")
    assert (said(found, "qualification"), found.verdict) == (qualification, verdict)


def test_a_certificate_for_encipherment_seals_nothing(pki: TestPki) -> None:
    found = checked(pki, sealed_by(pki, SEALED, "seal-encipherment"))
    assert said(found, "seal") == (ERROR, "certificate_not_for_sealing")


def test_a_certificate_without_an_identifier_names_no_organisation(pki: TestPki) -> None:
    found = checked(pki, sealed_by(pki, SEALED, "seal-without-identifier"))
    assert said(found, "issuer_identity") == (WARNING, "certificate_names_no_organisation")
    assert found.verdict is Verdict.PARTIALLY_VERIFIED


def test_a_seal_of_another_authority_is_unknown_and_nothing_worse(pki: TestPki) -> None:
    found = checked(pki, at_level(pki, "B-LTA", SEALED, "seal-other"))
    assert said(found, "issuer_trust") == (WARNING, "unknown_issuer")
    assert said(found, "seal") == (OK, "seal_intact")
    assert found.verdict is Verdict.PARTIALLY_VERIFIED


# Timestamps


@pytest.mark.parametrize(
    ("tsa", "expected"),
    [
        ("tsa-without-usage", (ERROR, "certificate_not_for_timestamps")),
        ("tsa-other-usage", (ERROR, "certificate_not_for_timestamps")),
        ("tsa-other", (WARNING, "timestamp_authority_unknown")),
        ("tsa", (OK, "timestamps_valid")),
        ("tsa-ec", (OK, "timestamps_valid")),
    ],
)
def test_who_may_make_timestamps(pki: TestPki, tsa: str, expected: tuple[CheckStatus, str]) -> None:
    assert said(checked(pki, at_level(pki, "B-T", SEALED, tsa=tsa)), "timestamps") == expected


def test_a_timestamp_of_an_unknown_authority_proves_no_time(pki: TestPki) -> None:
    found = checked(pki, at_level(pki, "B-LTA", BEFORE_THE_END, "seal-expired", tsa="tsa-other"))
    assert found.proven_at is None
    assert said(found, "certificate_status") == (WARNING, "certificate_expired_since")


def test_a_revoked_authority_of_timestamps(pki: TestPki) -> None:
    late = checked(pki, at_level(pki, "B-LT", SEALED, tsa="tsa-revoked"))
    assert said(late, "timestamps") == (ERROR, "timestamp_authority_revoked")
    # Revoked later, and only because another took its place: what it had stamped stands.
    raw = with_status(stamped(sealed_by(pki, EARLY), pki, EARLY, "tsa-revoked"), pki, NOW)
    found = checked(pki, raw)
    assert said(found, "timestamps") == (OK, "timestamps_valid")
    assert found.proven_at == EARLY


def test_a_timestamp_ages_unless_a_later_one_covers_it(pki: TestPki) -> None:
    in_a_year = datetime(2027, 6, 1, tzinfo=UTC)
    raw = at_level(pki, "B-LTA", SEALED, tsa="tsa-short")
    assert said(checked(pki, raw), "timestamps") == (OK, "timestamps_valid")
    aged = checked(pki, raw, now=in_a_year)
    assert said(aged, "timestamps") == (WARNING, "timestamp_aged")
    assert aged.proven_at is None
    renewed = checked(pki, archived(raw, pki, NOW), now=in_a_year)
    assert said(renewed, "timestamps") == (OK, "timestamps_valid")
    assert renewed.proven_at == SEALED + SECOND


def test_a_timestamp_of_another_seal_is_noticed(pki: TestPki) -> None:
    other = entries(at_level(pki, "B-T", SEALED + timedelta(minutes=1)))
    raw = with_entries(sealed_by(pki, SEALED), other)
    assert said(checked(pki, raw), "timestamps") == (ERROR, "timestamp_of_other_bytes")


@pytest.mark.parametrize("name", ["sigTst", "xVals", "rVals"])
def test_what_an_archive_timestamp_covers_cannot_be_taken_away(pki: TestPki, name: str) -> None:
    raw = at_level(pki, "B-LTA", SEALED)
    left = [entry for entry in entries(raw) if name not in entry]
    found = checked(pki, with_entries(raw, left))
    assert said(found, "timestamps") == (ERROR, "timestamp_of_other_bytes")
    assert found.verdict is Verdict.FAILED


def test_taking_the_last_timestamps_away_lowers_the_level_and_the_proof(pki: TestPki) -> None:
    raw = at_level(pki, "B-LTA", BEFORE_THE_END, "seal-expired")
    whole, levels = entries(raw), []
    for left in range(len(whole), -1, -1):
        found = checked(pki, with_entries(raw, whole[:left]))
        levels.append((found.level, found.verdict))
    assert levels == [
        ("B-LTA", Verdict.VERIFIED),
        ("B-LT", Verdict.VERIFIED),
        ("B-T", Verdict.VERIFIED),
        ("B-T", Verdict.VERIFIED),
        ("B-B", Verdict.PARTIALLY_VERIFIED),
    ]


def with_only(raw: bytes, number: int) -> bytes:
    """The same with the first of the unsigned properties, in the form in which we write it."""
    if number:
        return with_entries(raw, entries(raw)[:number])
    outer = json.loads(raw)
    del outer["signatures"][0]["header"]
    return as_bytes(outer)


def test_of_a_credential_of_ours_only_files_that_were_issued_go_without_a_warning(
    pki: TestPki,
) -> None:
    raw = at_level(pki, "B-LTA", SEALED, "seal-ec")
    first = with_only(raw, 0)
    ours = PublicStatus(
        new_id(),
        CredentialState.SEALED,
        SEALED,
        sha256=sha256(first).hexdigest(),
        certificate_sha256=checked(pki, raw).certificate["sha256"],
        kept_hashes=(sha256(first).hexdigest(), sha256(raw).hexdigest()),
        level="B-LTA",
    )
    erased = replace(ours, kept_hashes=(), level=None, revision_hashes=ours.kept_hashes[1:])
    told = []
    for known in (ours, erased):
        for left in range(len(entries(raw)), -1, -1):
            found = checked(pki, with_only(raw, left), known=known)
            form = found.check(CheckName.FORMAT)
            told.append((found.level, form.code, found.verdict, form.evidence["level_held"]))
    good, bad = "profile_followed", "not_a_revision_that_was_issued"
    sure, partly = Verdict.VERIFIED, Verdict.PARTIALLY_VERIFIED
    assert told == [
        (level, code, verdict, held)
        for held in ("B-LTA", None)
        for level, code, verdict in [
            ("B-LTA", good, sure),
            ("B-LT", bad, partly),
            ("B-T", bad, partly),
            ("B-T", bad, partly),
            ("B-B", good, sure),
        ]
    ]


def test_a_seal_that_claims_a_later_time_than_its_timestamp_contradicts_itself(
    pki: TestPki,
) -> None:
    raw = stamped(sealed_by(pki, SEALED), pki, SEALED - timedelta(hours=1))
    assert said(checked(pki, raw), "timestamps") == (ERROR, "sealed_after_its_timestamp")


def test_timestamps_out_of_their_order_contradict_one_another(pki: TestPki) -> None:
    raw = archived(at_level(pki, "B-LT", SEALED), pki, SEALED - timedelta(hours=1))
    assert said(checked(pki, raw), "timestamps") == (ERROR, "timestamps_contradict")


def test_a_timestamp_from_the_future_is_broken(pki: TestPki) -> None:
    raw = stamped(sealed_by(pki, SEALED), pki, NOW + timedelta(days=1))
    assert said(checked(pki, raw), "timestamps") == (ERROR, "timestamp_in_future")


@pytest.mark.parametrize(
    ("entry", "code"),
    [
        ({"sigTst": {"tstTokens": [{"val": "AAAA"}]}}, "timestamp_unreadable"),
        ({"sigTst": {"tstTokens": []}}, "timestamp_unreadable"),
        ({"sigTst": {"tstTokens": [{"val": "!"}]}}, "timestamp_unreadable"),
        ({"sigTst": {"tstTokens": [{"val": "AAA"}]}}, "timestamp_unreadable"),
        ({"sigTst": {"tstTokens": [{"val": "AAAA", "x": 1}]}}, "timestamp_unreadable"),
        ({"sigTst": {"tstTokens": [{"val": "AAAA"}] * 40}}, "seal_data_excessive"),
        ({"sigTst": "AAAA"}, "timestamp_unreadable"),
        ({"xVals": [{"x509Cert": {"val": "AAAA"}}]}, "seal_data_unreadable"),
        ({"xVals": {"x509Cert": {"val": "AAAA"}}}, "seal_data_unreadable"),
        ({"rVals": {"crlVals": [{"val": "AAAA"}]}}, "seal_data_unreadable"),
        ({"rVals": {"ocspVals": [{"val": "AAAA"}]}}, "seal_data_unreadable"),
        ({"rVals": {"ocspVals": 7}}, "seal_data_unreadable"),
    ],
)
def test_nonsense_beside_a_seal_is_an_error_with_a_reason(
    pki: TestPki, entry: dict[str, Any], code: str
) -> None:
    found = checked(pki, with_entries(sealed_by(pki, SEALED), [entry]))
    assert said(found, "timestamps") == (ERROR, code)
    assert said(found, "seal") == (OK, "seal_intact")


def test_what_is_beside_a_seal_and_not_understood_is_left_alone(pki: TestPki) -> None:
    raw = with_entries(sealed_by(pki, SEALED), [{"sigPSt": {"anything": 1}}])
    assert checked(pki, raw).verdict is Verdict.VERIFIED


def test_answers_about_somebody_else_say_nothing(pki: TestPki) -> None:
    raw = with_status(
        stamped(sealed_by(pki, SEALED), pki, SEALED + SECOND),
        pki,
        SEALED + 2 * SECOND,
        ocsp=("seal-karlsruhe",),
        crls=(),
    )
    assert said(checked(pki, raw), "certificate_status") == (SKIPPED, "no_status_known")


def test_an_old_answer_says_nothing_about_a_later_time(pki: TestPki) -> None:
    raw = with_status(stamped(sealed_by(pki, SEALED), pki, SEALED + SECOND), pki, EARLY, crls=())
    assert said(checked(pki, raw), "certificate_status") == (SKIPPED, "status_outdated")


def test_an_authority_cannot_be_spoken_for_by_a_stranger(pki: TestPki) -> None:
    """The other authority's list has the same serial numbers, and is not asked."""
    certificates = [parsed_certificate(der) for der in in_der(pki.chain("seal-other"))]
    strange = Material(certificates, [RevocationList.read(pki.crl("other", NOW))])
    found = checked(pki, sealed_by(pki, SEALED), material=strange)
    assert said(found, "certificate_status") == (SKIPPED, "no_status_known")
