"""Which seals a deployment has, by its settings."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from app.adapters.issuing.keys import key_here
from app.adapters.issuing.trusted import SettingUnusable
from app.domain.clock import SystemClock
from app.domain.credentials.seal import NoKeyHere, SealUnavailable
from app.settings import Settings, read_settings
from app.wiring_credentials import status_lists
from app.wiring_seals import seal_keys
from tests.pki.authority import TestPki

PRODUCTION = {
    "DATABASE_URL": "postgresql+asyncpg://db.example/mc",
    "MC_MODE": "production",
    "MC_PUBLIC_URL": "https://micro.example",
    "MC_OIDC_ISSUERS": "https://id.example=micro",
    "MC_SECRET": "x" * 32,
    "MC_SMTP_URL": "smtp://mail.example",
    "MC_TRUST_ANCHORS": "anchors.pem",
    "MC_STATUS_LIST_SEAL": "UNIOVI",
}
FILE = """
[[seal]]
institution = "UNIOVI"
name = "rectorate"
kind = "local"
certificates = "rectorate.pem"
"""

pytestmark = pytest.mark.filterwarnings("ignore:.* seals with a development seal:UserWarning")


@pytest.fixture
def folder(tmp_path: Path, pki: TestPki) -> Path:
    (tmp_path / "rectorate.pem").write_bytes(pki.chain_pem("seal-ec"))
    (tmp_path / "seals.toml").write_text(FILE)
    (tmp_path / "HKA.p12").write_bytes(pki.pkcs12("seal-rsa", "secret"))
    return tmp_path


def keys(folder: Path, settings: Settings):
    return seal_keys(settings, SystemClock())


def test_production_has_the_seals_that_are_named_and_no_others(folder: Path) -> None:
    found = keys(
        folder,
        read_settings(
            {
                **PRODUCTION,
                "MC_SEALS": str(folder / "seals.toml"),
                "MC_SEAL_PKCS12": str(folder),
                "MC_SEAL_PASSWORD": "secret",
            }
        ),
    )
    assert found.institutions() == ["HKA", "UNIOVI"]
    assert (found.names("UNIOVI"), found.names("HKA")) == (("rectorate",), ("default",))
    with pytest.raises(SealUnavailable):
        found.key("UDA")


def test_production_needs_seals_of_one_kind_or_the_other(folder: Path) -> None:
    with pytest.raises(ValidationError, match="MC_SEALS or MC_SEAL_PKCS12"):
        read_settings(PRODUCTION)
    for given in ({"MC_SEALS": "seals.toml"}, {"MC_SEAL_PKCS12": "seals"}):
        assert read_settings({**PRODUCTION, **given}).is_production


def test_development_makes_stand_ins_for_whom_no_seal_is_named(folder: Path) -> None:
    found = keys(folder, read_settings({"MC_SEALS": str(folder / "seals.toml")}))
    assert found.names("UNIOVI") == ("rectorate",)
    assert found.key("HKA").certificate_chain[0] is not None


def test_a_file_that_is_not_what_it_should_be_stops_the_start(folder: Path) -> None:
    (folder / "seals.toml").write_text("[[seal]]\n")
    with pytest.raises(SettingUnusable):
        keys(folder, read_settings({"MC_SEALS": str(folder / "seals.toml")}))


def test_production_takes_qualified_certificates_unless_told_otherwise() -> None:
    production = {**PRODUCTION, "MC_SEALS": "seals.toml"}
    chosen = {
        (mode.get("MC_MODE", "development"), setting): read_settings(
            mode | ({"MC_SEAL_QUALIFICATION": setting} if setting else {})
        ).qualified_seals_only
        for mode in (production, {})
        for setting in ("", "any", "qualified")
    }
    assert chosen == {
        ("production", ""): True,
        ("production", "any"): False,
        ("production", "qualified"): True,
        ("development", ""): False,
        ("development", "any"): False,
        ("development", "qualified"): True,
    }


def test_production_does_not_publish_lists_of_revocations_that_nobody_sealed() -> None:
    unsealed = {**PRODUCTION, "MC_SEALS": "seals.toml", "MC_STATUS_LIST_SEAL": ""}
    with pytest.raises(ValidationError, match="set MC_STATUS_LIST_SEAL"):
        read_settings(unsealed)
    development = read_settings({**unsealed, "MC_MODE": "development"})
    assert development.status_list_seal is None


@pytest.mark.parametrize(
    ("named", "why"), [("UDA", "has no seal here"), ("UNIOVI", "keeps its keys to itself")]
)
def test_who_could_never_seal_the_lists_stops_the_start(folder: Path, named: str, why: str) -> None:
    settings = read_settings(
        {
            **PRODUCTION,
            "MC_SEALS": str(folder / "seals.toml"),
            "MC_SEAL_PKCS12": str(folder),
            "MC_SEAL_PASSWORD": "secret",
            "MC_STATUS_LIST_SEAL": named,
        }
    )
    with pytest.raises(SettingUnusable, match=why):
        status_lists(settings, keys(folder, settings))


def test_what_is_signed_at_once_takes_a_seal_whose_key_is_here(folder: Path, pki: TestPki) -> None:
    (folder / "dean.p12").write_bytes(pki.pkcs12("seal-rsa", "secret"))
    (folder / "password").write_text("secret")
    dean = """
[[seal]]
institution = "UNIOVI"
name = "dean"
kind = "pkcs12"
file = "dean.p12"
password_file = "password"
"""
    (folder / "seals.toml").write_text(FILE + dean)
    found = keys(folder, read_settings({"MC_SEALS": str(folder / "seals.toml")}))
    assert found.names("UNIOVI") == ("rectorate", "dean")
    for name in (None, "rectorate", "dean", "retired"):
        assert key_here(found, "UNIOVI", name).sign(b"now")

    (folder / "seals.toml").write_text(FILE)
    alone = keys(folder, read_settings({"MC_SEALS": str(folder / "seals.toml")}))
    with pytest.raises(NoKeyHere):
        key_here(alone, "UNIOVI")
    with pytest.raises(NoKeyHere):
        key_here(alone, "UNIOVI", "retired")
    with pytest.raises(SealUnavailable):
        key_here(alone, "NOBODY")
