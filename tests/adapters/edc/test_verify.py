"""What verification says of good credentials, of bad ones, and of what it cannot know."""

import base64
import json
import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

import pytest

from app.adapters.edc.pki.authorities import new_rsa_key
from app.adapters.edc.pki.certificates import issuer_from_certificate
from app.adapters.edc.pki.trust import TrustStore
from app.adapters.edc.seal.jades import seal
from app.adapters.edc.seal.seals import SoftwareSealKey
from app.domain.credentials.status import CredentialState, PublicStatus
from app.domain.credentials.verification import (
    CheckName,
    CheckStatus,
    Verdict,
    Verification,
)
from tests.adapters.edc.credentials import a_credential, as_bytes
from tests.adapters.edc.material import CREDENTIAL, ISSUED, KARLSRUHE, OVIEDO, a_full_course
from tests.adapters.edc.official import SEALED_SAMPLES, UNSEALED
from tests.adapters.edc.seals import (
    NOW,
    TRUST,
    a_seal,
    a_stranger,
    sealed,
    the_authority,
    verified,
    with_subject,
)
from tests.reference_data import reference_file

OK, WARNING, ERROR, SKIPPED = (
    CheckStatus.OK,
    CheckStatus.WARNING,
    CheckStatus.ERROR,
    CheckStatus.SKIPPED,
)


def outcome(verification: Verification) -> dict[str, tuple[CheckStatus, str]]:
    return {check.name.value: (check.status, check.code) for check in verification.checks}


def registered(raw: bytes, state: CredentialState = CredentialState.SEALED) -> PublicStatus:
    """What the register has when this file is what was issued."""
    return PublicStatus(
        CREDENTIAL,
        state,
        ISSUED,
        sha256=sha256(raw).hexdigest(),
        certificate_sha256=verified(raw).certificate["sha256"],
    )


def test_a_good_credential_is_verified_check_by_check() -> None:
    raw = sealed()
    verification = verified(raw, status=registered(raw), recognised=True)
    assert outcome(verification) == {
        "format": (OK, "profile_followed"),
        "seal": (OK, "seal_intact"),
        "issuer_trust": (OK, "trusted_issuer"),
        "certificate_status": (SKIPPED, "no_status_known"),
        "qualification": (SKIPPED, "no_qualification_claimed"),
        "issuer_identity": (OK, "issuer_is_the_sealer"),
        "timestamps": (SKIPPED, "no_timestamps"),
        "owner": (SKIPPED, "presenter_unknown"),
        "expiry": (OK, "valid_now"),
        "revocation": (OK, "in_force"),
        "recognised_institution": (OK, "recognised"),
        "accreditation": (SKIPPED, "no_accreditation_claimed"),
    }
    assert verification.verdict is Verdict.VERIFIED
    assert (verification.sealed, verification.level) == (True, "B-B")
    assert verification.sealed_at == ISSUED
    assert not verification.development


def test_it_tells_what_the_file_holds() -> None:
    contents = verified(sealed()).contents
    assert contents.id == f"urn:credential:{CREDENTIAL}"
    assert contents.holder == "Ana Ejemplo García"
    assert contents.title["es"] == "Hacia un marco INGENIUM de microcredenciales"
    assert contents.issuer == {"es": "Universidad de Oviedo"}
    assert [body["en"] for body in contents.awarding_bodies] == [
        "University of Oviedo",
        "Karlsruhe University of Applied Sciences",
        "“G. d’Annunzio” University of Chieti-Pescara",
    ]


def test_the_holder_shows_in_no_trace_and_no_check() -> None:
    verification = verified(sealed())
    assert "Ejemplo" not in repr(verification)
    assert all("Ejemplo" not in str(check.evidence) for check in verification.checks)


@pytest.mark.parametrize("alg", ["RS256", "PS256", "ES256"])
@pytest.mark.parametrize("time_header", ["iat", "sigT"])
def test_every_algorithm_and_both_forms_of_time_are_understood(alg: str, time_header: Any) -> None:
    raw = sealed(a_seal(alg=alg), time_header=time_header)
    assert verified(raw).verdict is Verdict.VERIFIED


def test_a_chain_over_an_authority_in_between_is_followed() -> None:
    between = the_authority().subordinate(
        "Between", valid_from=ISSUED - timedelta(days=9), valid_until=ISSUED + timedelta(days=9)
    )
    verification = verified(sealed(a_seal(between=between)))
    assert verification.check(CheckName.ISSUER_TRUST).evidence["chain_length"] == 3


def test_a_foreign_authority_is_unknown_which_is_a_warning_and_no_error() -> None:
    verification = verified(sealed(a_seal(a_stranger())))
    assert outcome(verification)["issuer_trust"] == (WARNING, "unknown_issuer")
    assert outcome(verification)["seal"] == (OK, "seal_intact")
    assert verification.verdict is Verdict.PARTIALLY_VERIFIED


def test_who_takes_the_name_of_our_authority_is_still_unknown() -> None:
    from app.adapters.edc.pki.authorities import new_authority

    impostor = new_authority(
        "Test authority",
        valid_from=ISSUED - timedelta(days=9),
        valid_until=ISSUED.replace(year=2030),
    )
    assert outcome(verified(sealed(a_seal(impostor))))["issuer_trust"] == (
        WARNING,
        "unknown_issuer",
    )


def test_an_authority_that_was_not_valid_at_the_time_of_sealing_is_an_error() -> None:
    between = the_authority().subordinate(
        "Between", valid_from=ISSUED - timedelta(days=9), valid_until=ISSUED - timedelta(days=1)
    )
    verification = verified(sealed(a_seal(between=between)))
    assert outcome(verification)["issuer_trust"] == (ERROR, "chain_not_valid")


def test_a_seal_holder_cannot_play_authority() -> None:
    holder = a_seal()
    from app.adapters.edc.pki.authorities import Authority

    fake = Authority(holder.certificate_chain[0], holder._private_key)  # type: ignore[arg-type]
    key = new_rsa_key()
    leaf = fake.issue(
        with_subject(organisation="Victim"),
        key,
        valid_from=ISSUED - timedelta(days=1),
        valid_until=ISSUED + timedelta(days=1),
    )
    forged = SoftwareSealKey("RS256", (leaf, holder.certificate_chain[0]), key)
    check = verified(sealed(forged)).check(CheckName.ISSUER_TRUST)
    assert (check.status, check.code) == (ERROR, "chain_not_valid")
    assert "is not an authority" in check.sentence


def test_a_changed_credential_is_an_error() -> None:
    verification = verified(sealed().replace(b"Ejemplo", b"Exemplo"))
    assert outcome(verification)["seal"] == (ERROR, "seal_broken")
    assert verification.verdict is Verdict.FAILED


def test_a_seal_moved_to_another_credential_is_an_error() -> None:
    one, other = json.loads(sealed()), json.loads(sealed(at=ISSUED + timedelta(minutes=1)))
    moved = {"payload": other["payload"], "signatures": one["signatures"]}
    assert outcome(verified(as_bytes(moved)))["seal"] == (ERROR, "seal_broken")


def test_somebody_elses_certificate_is_an_error() -> None:
    honest, thief = a_seal(), a_seal(a_stranger(), key=new_rsa_key())
    mixed = SoftwareSealKey("RS256", honest.certificate_chain, thief._private_key)
    assert outcome(verified(sealed(mixed)))["seal"] == (ERROR, "seal_broken")


def test_a_credential_that_names_another_issuer_than_its_sealer_is_an_error() -> None:
    key = a_seal()
    other = issuer_from_certificate(
        a_seal(
            subject=with_subject(
                organisation="Hochschule Karlsruhe",
                country="DE",
                organisation_identifier="VATDE-143589180",
            )
        ).certificate_chain[0],
        KARLSRUHE,
    )
    raw = seal(as_bytes(a_credential(issuer=other)), key, ISSUED)
    verification = verified(raw)
    assert outcome(verification)["issuer_identity"] == (ERROR, "issuer_is_not_the_sealer")
    assert verification.verdict is Verdict.FAILED


def test_a_country_other_than_the_certificates_is_an_error() -> None:
    key = a_seal()
    issuer = issuer_from_certificate(key.certificate_chain[0], OVIEDO)
    elsewhere = replace(issuer, country=KARLSRUHE.country)
    raw = seal(as_bytes(a_credential(issuer=elsewhere)), key, ISSUED)
    assert outcome(verified(raw))["issuer_identity"] == (ERROR, "issuer_is_not_the_sealer")


@pytest.mark.parametrize(
    ("state", "status", "code", "verdict"),
    [
        (CredentialState.SEALED, OK, "in_force", Verdict.VERIFIED),
        (CredentialState.REVOKED, ERROR, "revoked", Verdict.FAILED),
        (CredentialState.SUSPENDED, ERROR, "suspended", Verdict.FAILED),
        (CredentialState.SUPERSEDED, WARNING, "superseded", Verdict.PARTIALLY_VERIFIED),
        (CredentialState.APPROVED, ERROR, "never_issued", Verdict.FAILED),
    ],
)
def test_what_the_register_says_counts(
    state: CredentialState, status: CheckStatus, code: str, verdict: Verdict
) -> None:
    raw = sealed()
    verification = verified(raw, status=registered(raw, state))
    assert outcome(verification)["revocation"] == (status, code)
    assert verification.verdict is verdict


def test_an_unsealed_file_that_names_a_credential_of_ours_is_not_what_was_issued() -> None:
    forged = as_bytes(a_credential() | {"id": f"urn:credential:{CREDENTIAL}"})
    found = verified(forged, status=registered(sealed()))
    assert outcome(found)["revocation"] == (ERROR, "not_the_file_that_was_issued")
    assert (found.sealed, found.verdict) == (False, Verdict.FAILED)


@pytest.mark.parametrize("state", [CredentialState.SEALED, CredentialState.REVOKED])
def test_a_stranger_who_seals_under_an_identifier_of_ours_borrows_no_word_of_the_register(
    state: CredentialState,
) -> None:
    ours = registered(sealed(), state)
    found = verified(sealed(a_seal(a_stranger())), status=ours)
    assert outcome(found)["seal"] == (OK, "seal_intact")
    assert outcome(found)["revocation"] == (ERROR, "not_the_file_that_was_issued")
    assert found.check(CheckName.REVOCATION).evidence == {}
    assert found.verdict is Verdict.FAILED


def test_nothing_is_said_to_be_in_force_under_a_broken_seal() -> None:
    raw = sealed()
    found = verified(raw.replace(b"Ejemplo", b"Exemplo"), status=registered(raw))
    assert outcome(found)["seal"] == (ERROR, "seal_broken")
    assert outcome(found)["revocation"] == (SKIPPED, "seal_not_intact")
    assert found.verdict is Verdict.FAILED


@pytest.mark.parametrize(
    ("after", "code"),
    [
        (timedelta(days=-1), "not_yet_valid"),
        (timedelta(days=1), "valid_now"),
        (timedelta(days=5 * 366), "expired"),
    ],
)
def test_a_credential_has_its_time(after: timedelta, code: str) -> None:
    issuer = issuer_from_certificate(a_seal().certificate_chain[0], OVIEDO)
    raw = sealed(a_seal(), a_credential(a_full_course(), issuer=issuer))
    assert outcome(verified(raw, now=ISSUED + after))["expiry"][1] == code


def test_an_institution_that_no_register_has_is_a_warning_beside_a_good_seal() -> None:
    verification = verified(sealed(), recognised=False)
    assert outcome(verification)["recognised_institution"] == (WARNING, "not_in_register")
    assert verification.verdict is Verdict.VERIFIED


def test_a_seal_from_the_future_is_an_error() -> None:
    verification = verified(sealed(at=NOW + timedelta(minutes=6)))
    assert outcome(verification)["seal"] == (ERROR, "sealed_in_future")


def test_a_certificate_that_had_expired_when_it_sealed_is_an_error() -> None:
    key = a_seal(valid_until=ISSUED - timedelta(days=1))
    assert outcome(verified(sealed(key)))["seal"] == (ERROR, "certificate_not_valid_then")


def test_a_certificate_that_expired_since_leaves_open_whether_it_was_in_force() -> None:
    key = a_seal(valid_until=ISSUED + timedelta(minutes=1))
    verification = verified(sealed(key), now=NOW)
    assert outcome(verification)["seal"] == (OK, "seal_intact")
    assert outcome(verification)["issuer_trust"] == (OK, "trusted_issuer")
    assert outcome(verification)["certificate_status"] == (WARNING, "certificate_expired_since")
    assert verification.verdict is Verdict.PARTIALLY_VERIFIED


def test_a_certificate_for_another_use_is_an_error() -> None:
    raw = sealed(a_seal(for_sealing=False))
    assert outcome(verified(raw))["seal"] == (ERROR, "certificate_not_for_sealing")


def test_an_unsealed_credential_is_read_and_reported_as_such() -> None:
    verification = verified(as_bytes(a_credential()))
    assert outcome(verification)["format"] == (OK, "profile_followed")
    assert outcome(verification)["seal"] == (SKIPPED, "not_sealed")
    assert (verification.sealed, verification.verdict) == (False, Verdict.NOT_SEALED)
    assert verification.contents.holder == "Ana Ejemplo García"


def test_what_breaks_the_profile_is_an_error_even_under_a_good_seal() -> None:
    credential = a_credential()
    del credential["validFrom"]
    verification = verified(sealed(a_seal(), credential))
    assert outcome(verification)["format"] == (ERROR, "profile_not_followed")
    assert outcome(verification)["seal"] == (OK, "seal_intact")


def test_what_only_issuers_must_not_do_is_a_remark() -> None:
    issuer = issuer_from_certificate(a_seal().certificate_chain[0], OVIEDO)
    credential = a_credential(issuer=issuer)
    credential["invented"] = "by somebody else's software"
    check = verified(sealed(a_seal(), credential)).check(CheckName.FORMAT)
    assert (check.status, check.evidence["remarks"]) == (OK, 1)


def test_a_payload_in_base64_is_a_proper_seal_that_europass_cannot_read() -> None:
    key = a_seal()
    payload = as_bytes(
        a_credential(issuer=issuer_from_certificate(key.certificate_chain[0], OVIEDO))
    )
    outer = json.loads(seal(payload, key, ISSUED))
    header = json.loads(base64.urlsafe_b64decode(outer["signatures"][0]["protected"] + "=="))
    del header["b64"], header["crit"]
    protected = _base64url(json.dumps(header).encode())
    encoded = _base64url(payload)
    signature = _base64url(key.sign(f"{protected}.{encoded}".encode()))
    raw = as_bytes(
        {"payload": encoded, "signatures": [{"protected": protected, "signature": signature}]}
    )
    verification = verified(raw)
    assert outcome(verification)["seal"] == (OK, "seal_intact")
    assert outcome(verification)["format"] == (WARNING, "not_for_europass")


def _reordered(outer: dict[str, Any]) -> bytes:
    return as_bytes({"signatures": outer["signatures"], "payload": outer["payload"]})


REWRITTEN = {
    "blanks between the parts": lambda outer: json.dumps(outer, ensure_ascii=False).encode(),
    "lines": lambda outer: json.dumps(outer, ensure_ascii=False, indent=2).encode(),
    "a line at the end": lambda outer: as_bytes(outer) + b"\n",
    "escapes for letters": lambda outer: json.dumps(outer, separators=(",", ":")).encode(),
    "the payload last": _reordered,
    "an empty header": lambda outer: as_bytes(
        outer | {"signatures": [outer["signatures"][0] | {"header": {}}]}
    ),
    "an escaped slash": lambda outer: as_bytes(outer).replace(b"https://", b"https:\\/\\/"),
}


@pytest.mark.parametrize("how", REWRITTEN)
def test_a_file_of_ours_that_somebody_wrote_anew_is_noticed_although_its_seal_holds(
    how: str,
) -> None:
    raw = sealed()
    rewritten = REWRITTEN[how](json.loads(raw))
    assert rewritten != raw
    ours = registered(raw)
    assert outcome(verified(raw, status=ours))["format"] == (OK, "profile_followed")
    found = verified(rewritten, status=ours)
    assert outcome(found)["seal"] == (OK, "seal_intact")
    assert outcome(found)["format"][0] is WARNING
    assert found.verdict is Verdict.PARTIALLY_VERIFIED
    # Others may write their files as they like.
    if how != "the payload last":
        assert verified(rewritten).verdict is Verdict.VERIFIED


def test_a_bom_or_a_second_value_is_no_json() -> None:
    for raw in (b"\xef\xbb\xbf" + sealed(), sealed() + b"{}"):
        assert verified(raw).verdict is Verdict.FAILED


@pytest.mark.parametrize("alg", ["RS256", "ES256"])
def test_every_sampled_flip_of_a_byte_is_noticed(alg: str) -> None:
    raw = sealed(a_seal(alg=alg))
    assert verified(raw).verdict is Verdict.VERIFIED
    dice = random.Random(20261124)
    start = raw.index(b'"signatures"')
    positions = {*dice.sample(range(start), 150), *dice.sample(range(start, len(raw)), 250)}
    unnoticed = []
    for position in sorted(positions):
        flipped = bytearray(raw)
        flipped[position] ^= 1 << dice.randrange(7)
        if verified(bytes(flipped)).verdict is not Verdict.FAILED:
            unnoticed.append((position, raw[position - 20 : position + 20]))
    assert unnoticed == []


@pytest.mark.reference
@pytest.mark.conformance
@pytest.mark.parametrize(
    ("name", "level", "timestamps"),
    [
        (SEALED_SAMPLES[0], "B-T", ["adoTst", "sigTst"]),
        (SEALED_SAMPLES[1], "B-LTA", ["adoTst", "sigTst", "arcTst"]),
        (SEALED_SAMPLES[2], "B-LTA", ["adoTst", "sigTst", "arcTst"]),
    ],
)
def test_the_samples_of_the_commission_verify(name: str, level: str, timestamps: list[str]) -> None:
    verification = verified(reference_file(name).read_bytes())
    found = outcome(verification)
    assert found["format"] == (OK, "profile_followed")
    assert found["seal"] == (OK, "seal_intact")
    assert found["issuer_trust"] == (WARNING, "unknown_issuer")
    assert found["issuer_identity"] == (OK, "issuer_is_the_sealer")
    assert found["timestamps"] == (WARNING, "timestamp_authority_unknown")
    assert found["certificate_status"] == (WARNING, "certificate_expired_since")
    stamps = verification.check(CheckName.TIMESTAMPS).evidence["timestamps"]
    # Unknown, not broken: the imprint and the signature of each are right.
    assert [(s["kind"], s["standing"]) for s in stamps] == [(k, "unknown") for k in timestamps]
    assert verification.level == level
    assert verification.verdict is Verdict.PARTIALLY_VERIFIED


@pytest.mark.reference
@pytest.mark.parametrize("name", SEALED_SAMPLES)
def test_a_flip_in_what_is_signed_of_a_sample_is_noticed(name: str) -> None:
    raw = reference_file(name).read_bytes()
    outer = json.loads(raw)
    dice = random.Random(7)
    for _ in range(15):
        changed = json.loads(raw)
        payload = outer["payload"]
        position = dice.randrange(len(payload))
        other = "x" if payload[position] != "x" else "y"
        changed["payload"] = payload[:position] + other + payload[position + 1 :]
        assert verified(as_bytes(changed)).verdict is Verdict.FAILED


@pytest.mark.reference
@pytest.mark.parametrize("name", UNSEALED)
def test_unsealed_samples_are_read(name: str) -> None:
    verification = verified(reference_file(name).read_bytes())
    assert not verification.sealed
    assert outcome(verification)["seal"] == (SKIPPED, "not_sealed")


def test_no_trust_means_that_everybody_is_unknown() -> None:
    assert outcome(verified(sealed(), trust=TrustStore()))["issuer_trust"][1] == "unknown_issuer"
    assert outcome(verified(sealed(), trust=TRUST))["issuer_trust"][1] == "trusted_issuer"


def test_every_check_has_its_concept_of_the_eu_lists() -> None:
    from app.domain.vocabulary.lists import controlled_list

    for check in verified(sealed()).checks:
        assert controlled_list("verification").contains(check.name.concept)
        assert controlled_list("verification-status").contains(check.status.concept)


def test_a_time_without_seconds_before_the_epoch_does_not_confuse() -> None:
    key = a_seal(valid_from=datetime(1960, 1, 1, tzinfo=UTC))
    raw = sealed(key, at=datetime(1969, 12, 31, tzinfo=UTC))
    assert outcome(verified(raw))["seal"][0] is OK


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


ACCREDITED = {
    "credentialSchema": "http://data.europa.eu/snb/model/ap/edc-accredited",
    "credentialProfiles": "http://data.europa.eu/snb/credential/6cf8e68c43",
}
UNKNOWN = {
    "credentialSchema": "http://data.europa.eu/snb/model/application-profile/edc-generic-no-cv"
}


def declaring(**iris: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(json.loads(sealed())["payload"])
    for key, iri in iris.items():
        document[key]["id"] = iri
    return document


@pytest.mark.parametrize(
    "declared",
    [ACCREDITED, UNKNOWN, {"credentialProfiles": ACCREDITED["credentialProfiles"]}],
    ids=["another profile", "one that nobody here knows", "a kind other than its schema"],
)
def test_what_declares_to_be_more_is_judged_as_generic_only_and_not_called_wrong(
    declared: dict[str, str],
) -> None:
    found = verified(sealed(credential=declaring(**declared)))
    check = found.check(CheckName.FORMAT)
    assert (check.status, check.code) == (WARNING, "judged_as_generic_only")
    schema = declared.get("credentialSchema", ACCREDITED["credentialSchema"])
    assert schema in check.evidence["declared"]
    assert found.verdict is Verdict.PARTIALLY_VERIFIED


def test_a_fault_counts_for_every_profile_that_builds_on_the_generic_one() -> None:
    document = declaring(**ACCREDITED)
    del document["validFrom"]
    check = verified(sealed(credential=document)).check(CheckName.FORMAT)
    assert (check.status, check.code) == (ERROR, "profile_not_followed")


def test_nothing_is_wrong_by_a_profile_that_nobody_here_knows() -> None:
    document = declaring(**UNKNOWN)
    del document["displayParameter"]
    document["@context"] = ["https://example.org/another-family"]
    check = verified(sealed(credential=document)).check(CheckName.FORMAT)
    assert (check.status, check.code) == (WARNING, "judged_as_generic_only")
    assert check.evidence["findings"] > 0


def test_too_much_is_too_much_whatever_it_declares_to_be() -> None:
    document = declaring(**UNKNOWN)
    nested: dict[str, Any] = {}
    for _ in range(60):
        nested = {"hasPart": nested}
    document["attachment"] = nested
    check = verified(sealed(credential=document)).check(CheckName.FORMAT)
    assert (check.status, check.code) == (ERROR, "profile_not_followed")
