"""The file that says which seals there are."""

from pathlib import Path

import pytest

from app.adapters.edc.seal.seals import LocalSealKey, preflight
from app.adapters.issuing.keys import ConfiguredSeals, FolderSeals
from app.adapters.issuing.keys_csc import CscSealKey
from app.adapters.issuing.keys_file import read_seals
from app.adapters.issuing.keys_pkcs11 import Pkcs11SealKey
from app.adapters.issuing.trusted import SettingUnusable
from app.domain.credentials.seal import SealUnavailable
from tests.adapters.edc.seals import NOW
from tests.pki.authority import TestPki

EVERYTHING = """
[[seal]]
institution = "UNIOVI"
kind = "pkcs12"
file = "uniovi.p12"
password_file = "uniovi.password"
algorithm = "PS256"

[[seal]]
institution = "UNIOVI"
name = "rectorate"
default = true
kind = "local"
certificates = "rectorate.pem"

[[seal]]
institution = "HKA"
kind = "pkcs11"
module = "/usr/lib/libnone.so"
token = "seals"
id = "0a0B"
pin_env = "MC_TEST_PIN"
certificates = "rectorate.pem"

[[seal]]
institution = "UDA"
name = "provider"
kind = "csc"
url = "https://seals.example/csc/v2"
token_url = "https://seals.example/oauth2/token"
client_id = "uda"
client_secret_env = "MC_TEST_PIN"
"""


@pytest.fixture
def folder(tmp_path: Path, pki: TestPki, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "uniovi.p12").write_bytes(pki.pkcs12("seal-rsa", "of a test"))
    (tmp_path / "uniovi.password").write_text("of a test\n")
    (tmp_path / "rectorate.pem").write_bytes(pki.chain_pem("seal-ec"))
    monkeypatch.setenv("MC_TEST_PIN", "1234")
    return tmp_path


def seals(folder: Path, text: str = EVERYTHING) -> ConfiguredSeals:
    file = folder / "seals.toml"
    file.write_text(text)
    return ConfiguredSeals(read_seals(file))


def test_every_kind_of_seal_can_be_named(folder: Path) -> None:
    found = seals(folder)
    assert found.institutions() == ["HKA", "UDA", "UNIOVI"]
    assert {code: found.names(code) for code in found.institutions()} == {
        "HKA": ("default",),
        "UDA": ("provider",),
        "UNIOVI": ("rectorate", "default"),
    }
    assert isinstance(found.key("HKA"), Pkcs11SealKey)
    assert isinstance(found.key("UDA"), CscSealKey)
    assert isinstance(found.key("UNIOVI"), LocalSealKey)
    assert found.key("UNIOVI", "default").alg == "PS256"


def test_a_seal_that_stays_with_its_institution_is_fit_but_never_signs_here(folder: Path) -> None:
    local = seals(folder).key("UNIOVI", "rectorate")
    assert local.alg == "ES256"
    assert preflight(local, NOW) == []
    with pytest.raises(SealUnavailable, match="with its institution"):
        local.sign(b"data")


def test_a_name_that_is_not_there_is_refused(folder: Path) -> None:
    with pytest.raises(SealUnavailable, match="no seal of UNIOVI of the name second"):
        seals(folder).key("UNIOVI", "second")


def test_institutions_outside_the_file_keep_their_seals_of_before(
    folder: Path, pki: TestPki
) -> None:
    before = folder / "before"
    before.mkdir()
    for code in ("UNIOVI", "TUIASI"):
        (before / f"{code}.p12").write_bytes(pki.pkcs12("seal-rsa", "secret"))
    found = ConfiguredSeals(read_seals(_written(folder)), FolderSeals(before, "secret"))
    assert found.institutions() == ["HKA", "TUIASI", "UDA", "UNIOVI"]
    assert found.names("TUIASI") == ("default",)
    assert found.key("TUIASI").alg == "RS256"
    assert found.key("UNIOVI").alg == "ES256"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("no TOML", "cannot be read as TOML"),
        ("", "seal: Field required"),
        (EVERYTHING + 'colour = "red"\n', "seal.3.csc.colour: Extra inputs are not permitted"),
        (EVERYTHING.replace('kind = "local"', 'kind = "paper"'), "does not match any of the"),
        (EVERYTHING.replace('id = "0a0B"\n', ""), "name the key by label or id"),
        (EVERYTHING.replace('name = "rectorate"\n', ""), "two seals named default"),
        (EVERYTHING.replace("MC_TEST_PIN", "MC_NOT_SET"), "MC_NOT_SET is not set"),
        (EVERYTHING.replace("uniovi.password", "gone"), "the secret in gone cannot be read"),
        (
            EVERYTHING.replace('file = "uniovi.p12"', 'file = "uniovi.p12"\ndefault = true'),
            "UNIOVI has more than one default seal",
        ),
    ],
)
def test_a_file_with_a_mistake_says_which(folder: Path, text: str, says: str) -> None:
    with pytest.raises(SettingUnusable, match=says):
        seals(folder, text)


def _written(folder: Path) -> Path:
    file = folder / "seals.toml"
    file.write_text(EVERYTHING)
    return file
