"""Which seals are fit for sealing, and what a credential says of its issuer."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from app.adapters.edc.pki.authorities import as_pkcs12, new_rsa_key
from app.adapters.edc.pki.certificates import certificate_facts, issuer_from_certificate
from app.adapters.edc.seal.seals import SoftwareSealKey, load_pkcs12, preflight
from app.domain.credentials.seal import SealUnavailable
from app.domain.vocabulary.lists import country_concept
from tests.adapters.edc.material import ISSUED, OVIEDO
from tests.adapters.edc.seals import (
    SUBJECT,
    a_seal,
    ec_key,
    rsa_key,
    the_authority,
    with_subject,
)


def codes(key: SoftwareSealKey, alg: str | None = None) -> list[str]:
    return [finding.code for finding in preflight(replace(key, alg=alg or key.alg), ISSUED)]


@pytest.mark.parametrize("alg", ["RS256", "PS256", "ES256"])
def test_a_proper_seal_gives_no_doubt(alg: str) -> None:
    assert codes(a_seal(alg=alg)) == []


@pytest.mark.parametrize(
    ("changed", "attribute"),
    [
        ({"organisation": " "}, "O"),
        ({"common_name": " "}, "CN"),
        ({"organisation_identifier": " "}, "organizationIdentifier"),
    ],
)
def test_a_certificate_that_lacks_a_name_is_refused(
    changed: dict[str, str], attribute: str
) -> None:
    [finding] = preflight(a_seal(subject=with_subject(**changed)), ISSUED)
    assert (finding.code, finding.params["attribute"]) == ("certificate_incomplete", attribute)


def test_a_country_that_does_not_exist_is_refused() -> None:
    assert codes(a_seal(subject=with_subject(country="QQ"))) == ["certificate_country_unknown"]


def test_an_expired_certificate_is_refused() -> None:
    assert codes(a_seal(valid_until=ISSUED - timedelta(seconds=1))) == ["certificate_expired"]


def test_a_certificate_is_refused_before_its_time() -> None:
    assert codes(a_seal(valid_from=ISSUED + timedelta(hours=1))) == ["certificate_not_yet_valid"]


def test_a_certificate_for_another_use_is_refused() -> None:
    assert codes(a_seal(for_sealing=False)) == ["certificate_not_for_sealing"]


def test_the_certificate_of_an_authority_is_refused() -> None:
    root = the_authority()
    found = codes(SoftwareSealKey("RS256", (root.certificate,), root.key))
    assert "certificate_not_for_sealing" in found


def test_a_key_that_belongs_to_another_certificate_is_refused() -> None:
    honest = a_seal()
    stolen = SoftwareSealKey("RS256", honest.certificate_chain, new_rsa_key())
    assert codes(stolen) == ["key_of_other_certificate"]


def test_a_weak_key_is_refused() -> None:
    assert codes(a_seal(key=new_rsa_key(1024))) == ["key_too_weak"]


def test_an_algorithm_for_another_kind_of_key_is_refused() -> None:
    assert codes(a_seal(), alg="ES256") == ["algorithm_of_other_key", "key_does_not_sign"]


def test_a_seal_without_certificate_is_refused() -> None:
    assert codes(SoftwareSealKey("RS256", (), rsa_key())) == ["certificate_missing"]


def test_the_issuer_is_what_the_certificate_says() -> None:
    subject = with_subject(organisation="Universidad de Oviedo", common_name="Sello", country="PT")
    issuer = issuer_from_certificate(a_seal(subject=subject).certificate_chain[0], OVIEDO)
    assert issuer == replace(
        OVIEDO,
        legal_name={"es": "Universidad de Oviedo"},
        alternative_name={"es": "Sello"},
        country=country_concept("PT"),
        identifiers={**OVIEDO.identifiers, "eidas": "VATES-Q0000000X"},
    )


def test_a_legal_name_that_we_do_not_know_is_marked_with_the_language_given() -> None:
    subject = with_subject(organisation="UNIVERSIDAD DE OVIEDO")
    certificate = a_seal(subject=subject).certificate_chain[0]
    assert issuer_from_certificate(certificate, OVIEDO, "es").legal_name == {
        "es": "UNIVERSIDAD DE OVIEDO"
    }


def test_no_issuer_comes_out_of_an_incomplete_certificate() -> None:
    certificate = a_seal(subject=with_subject(organisation_identifier=" ")).certificate_chain[0]
    with pytest.raises(ValueError, match="organizationIdentifier"):
        issuer_from_certificate(certificate, OVIEDO)


def test_a_long_legal_name_survives() -> None:
    name = "Università degli Studi “G. d’Annunzio” Chieti-Pescara, Dipartimento di Scienze"
    facts = certificate_facts(a_seal(subject=with_subject(organisation=name)).certificate_chain[0])
    assert facts.organisation == name


@pytest.mark.parametrize("kind", ["rsa", "ec"])
def test_a_pkcs12_file_gives_the_seal_back(kind: str, tmp_path: Path) -> None:
    key = rsa_key() if kind == "rsa" else ec_key()
    root = the_authority()
    between = root.subordinate("Between", valid_from=ISSUED, valid_until=ISSUED)
    leaf = a_seal(key=key, between=between).certificate_chain[0]
    file = tmp_path / "seal.p12"
    # The order of the other certificates in a file means nothing.
    file.write_bytes(as_pkcs12(key, leaf, [root.certificate, between.certificate], "secret"))
    loaded = load_pkcs12(file, "secret")
    assert loaded.alg == ("RS256" if kind == "rsa" else "ES256")
    assert loaded.certificate_chain == (leaf, between.certificate, root.certificate)
    assert "certificate_expired" not in [f.code for f in preflight(loaded, ISSUED)]


def test_ps256_can_be_asked_for(tmp_path: Path) -> None:
    file = tmp_path / "seal.p12"
    file.write_bytes(as_pkcs12(rsa_key(), a_seal().certificate_chain[0], [], "secret"))
    assert load_pkcs12(file, "secret", "PS256").alg == "PS256"


def test_a_wrong_password_is_told_apart_without_repeating_it(tmp_path: Path) -> None:
    file = tmp_path / "seal.p12"
    file.write_bytes(as_pkcs12(rsa_key(), a_seal().certificate_chain[0], [], "secret"))
    with pytest.raises(SealUnavailable, match="wrong password") as refused:
        load_pkcs12(file, "s3same")
    assert "s3same" not in str(refused.value)


def test_a_file_that_is_not_there_is_told_apart(tmp_path: Path) -> None:
    with pytest.raises(SealUnavailable, match=r"gone\.p12"):
        load_pkcs12(tmp_path / "gone.p12", "secret")


def test_a_private_key_never_shows_in_a_trace() -> None:
    assert "_private_key" not in repr(a_seal())
    assert SUBJECT.organisation in repr(a_seal())
