"""Development seals: made once, for everybody, and never mistaken for real ones."""

import stat
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app.adapters.edc.pki.certificates import certificate_facts
from app.adapters.edc.pki.trust import TrustStore
from app.adapters.edc.seal.development_seal import (
    DevelopmentSealWarning,
    development_anchor,
    development_seal,
    root_pem,
)
from app.adapters.edc.seal.seals import preflight
from app.domain.credentials.verification import CheckName, CheckStatus, Verdict
from tests.adapters.edc.material import CHIETI, CRETE, KARLSRUHE, OVIEDO
from tests.adapters.edc.seals import sealed, verified, warned

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


def test_making_one_warns(tmp_path: Path) -> None:
    with pytest.warns(DevelopmentSealWarning, match="UNIOVI seals with a development seal"):
        development_seal(tmp_path, OVIEDO, NOW)


def test_it_cannot_be_mistaken_for_a_real_one(tmp_path: Path) -> None:
    with warned():
        facts = certificate_facts(development_seal(tmp_path, OVIEDO, NOW).certificate_chain[0])
    assert facts.organisation == "Universidad de Oviedo"
    assert facts.common_name == "UNIOVI seal - DEVELOPMENT ONLY"
    assert facts.organisation_identifier == "NTRXX-DEVELOPMENT-UNIOVI"
    assert facts.country == "ES"
    assert "DEVELOPMENT ONLY" in facts.issuer
    assert facts.development
    assert facts.key == "RSA 3072"


@pytest.mark.parametrize("organisation", [OVIEDO, KARLSRUHE, CHIETI, CRETE], ids=lambda o: o.code)
def test_it_is_fit_for_sealing_and_verifies_as_what_it_is(
    organisation: object, tmp_path: Path
) -> None:
    with warned():
        key = development_seal(tmp_path, organisation, NOW)  # type: ignore[arg-type]
    assert preflight(key, NOW) == []
    trust = TrustStore((development_anchor(tmp_path, NOW),))
    verification = verified(sealed(key, at=NOW), trust=trust, now=NOW)
    assert verification.verdict is Verdict.VERIFIED
    assert verification.development
    assert verification.check(CheckName.ISSUER_TRUST).code == "development_issuer"
    recognition = verification.check(CheckName.RECOGNISED_INSTITUTION)
    assert (recognition.status, recognition.code) == (
        CheckStatus.WARNING,
        "development_identifier",
    )


def test_the_reserved_identifier_is_never_recognised_whatever_a_register_says(
    tmp_path: Path,
) -> None:
    with warned():
        key = development_seal(tmp_path, OVIEDO, NOW)
    trust = TrustStore((development_anchor(tmp_path, NOW),))
    verification = verified(sealed(key, at=NOW), trust=trust, now=NOW, recognised=True)
    assert verification.check(CheckName.RECOGNISED_INSTITUTION).status is CheckStatus.WARNING


def test_elsewhere_its_issuer_is_unknown(tmp_path: Path) -> None:
    with warned():
        key = development_seal(tmp_path / "here", OVIEDO, NOW)
    elsewhere = TrustStore((development_anchor(tmp_path / "there", NOW),))
    verification = verified(sealed(key, at=NOW), trust=elsewhere, now=NOW)
    assert verification.check(CheckName.ISSUER_TRUST).code == "unknown_issuer"
    assert verification.verdict is Verdict.PARTIALLY_VERIFIED


def test_it_stays_the_same_and_belongs_to_its_owner_alone(tmp_path: Path) -> None:
    with warned():
        first = development_seal(tmp_path, OVIEDO, NOW)
        second = development_seal(tmp_path, OVIEDO, NOW + timedelta(days=100))
    assert first.certificate_chain == second.certificate_chain
    for file in tmp_path.iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600, file.name


def test_it_is_renewed_by_the_same_authority_before_it_ends(tmp_path: Path) -> None:
    with warned():
        first = development_seal(tmp_path, OVIEDO, NOW)
        later = NOW + timedelta(days=710)
        second = development_seal(tmp_path, OVIEDO, later)
    assert first.certificate_chain[0] != second.certificate_chain[0]
    assert first.certificate_chain[1] == second.certificate_chain[1]
    assert preflight(second, later) == []


def test_all_institutions_hang_on_one_root_that_openssl_reads(tmp_path: Path) -> None:
    with warned():
        for organisation in (OVIEDO, CRETE):
            development_seal(tmp_path, organisation, NOW)
    pem = root_pem(tmp_path, NOW)
    shown = subprocess.run(
        ["openssl", "x509", "-noout", "-subject", "-ext", "basicConstraints"],
        input=pem, capture_output=True, check=True,
    ).stdout.decode()  # fmt: skip
    assert "DEVELOPMENT ONLY" in shown
    assert "CA:TRUE" in shown


PROGRAM = """
import sys, warnings
from datetime import datetime
from hashlib import sha256
from pathlib import Path
sys.path.insert(0, sys.argv[1])
warnings.simplefilter("ignore")
from app.adapters.edc.seal.development_seal import development_seal
from tests.adapters.edc.material import OVIEDO
key = development_seal(Path(sys.argv[2]), OVIEDO, datetime.fromisoformat(sys.argv[3]))
print([f"{certificate.serial_number:x}" for certificate in key.certificate_chain])
"""


def test_processes_that_ask_at_once_get_the_same_seal(tmp_path: Path) -> None:
    root = Path(__file__).parents[3]
    asking = [
        subprocess.Popen(
            [sys.executable, "-c", PROGRAM, str(root), str(tmp_path / "seals"), NOW.isoformat()],
            stdout=subprocess.PIPE, text=True,
        )
        for _ in range(4)
    ]  # fmt: skip
    answers = {process.communicate(timeout=60)[0] for process in asking}
    assert [process.returncode for process in asking] == [0, 0, 0, 0]
    assert len(answers) == 1
